"""Places where a test may kill the process, to see that nothing is lost and nothing doubled. They do nothing otherwise."""

from __future__ import annotations

import os
import signal
from collections import Counter
from typing import Final

SETTING: Final = "HEPLEDGER_CRASHPOINT"
"""``name`` or ``name:n``: the process kills itself at the n-th pass of the crash point of that name (the first, without n)."""

POINTS: Final = (
    "after-fence",
    "after-facts",
    "after-courses",
    "after-beliefs",
    "after-outbox",
    "after-parked",
    "after-commit",
    "before-publishing",
    "after-publishing",
    "before-forgetting",
    "after-forgetting",
    "before-drain",
    "after-drain",
    "before-packs",
    "after-packs",
    "before-page",
    "after-page",
    "before-activation",
    "after-activation",
    "before-swap",
    "after-swap",
)
"""Every crash point there is, in the order in which work passes them: those of the projector, the relay, a retry, packing, a
replay, an activation, a rebuild."""

_passes: Counter[str] = Counter()


def crashpoint(name: str) -> None:
    """Die here, without a word, if the environment says so."""
    asked = os.environ.get(SETTING)
    if asked is None:
        return
    wanted, _, pass_number = asked.partition(":")
    _passes[name] += 1
    if name == wanted and _passes[name] == int(pass_number or 1):
        os.kill(os.getpid(), signal.SIGKILL)
