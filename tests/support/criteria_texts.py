"""A small criteria document for tests: what a test does not say is ordinary."""

from __future__ import annotations

from typing import Any

from hepledger_events.criteria import read_toml

CONDITION = '{ analyte = "ALT", normal = true }'


def document(
    when: str = CONDITION,
    head: str = 'id = "trial"\nversion = 1\ntitle = "A trial"',
    index: str = 'drugs = ["tacrolimus"]',
    sources: str = 'from = ["start"]',
    more: str = "",
) -> dict[str, Any]:
    """A small document, from TOML; what a test does not say is ordinary."""
    return read_toml(
        f"{head}\n[index]\n{index}\n[baseline]\nwindow = [-28, 0]\n[[state]]\ncode = 'CR'\nlabel = 'Complete'\n"
        f"[[transition]]\nto = 'CR'\n{sources}\nwhen = {when}\n{more}"
    )
