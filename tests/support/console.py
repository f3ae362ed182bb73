"""Sessions at a terminal as a document shows them: what is typed there, and whether what comes is what stands there.

A line of output that ends with `…` is the beginning of one; a line that is `…` stands for any number of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

MORE = "…"
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
HERE = re.compile(r"<<'(\w+)'")
"""A document that is typed in: it ends with a line that is the word."""


@dataclass(frozen=True, slots=True)
class Step:
    """A command as it is typed, and the lines that the document shows after it."""

    command: str
    shown: tuple[str, ...]


def steps_in(text: str) -> Iterator[Step]:
    """Every command of every `console` block, in order."""
    for block in BLOCK.findall(text):
        for typed in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            lines = typed.splitlines()
            here = HERE.search(lines[0])
            end = lines.index(here[1], 1) + 1 if here else 1
            yield Step("\n".join(lines[:end]), tuple(lines[end:]))


def difference(shown: Sequence[str], real: Sequence[str]) -> str | None:
    """The first line that is shown and does not come, or that comes and is not shown; None if there is none."""
    at, skipping = 0, False
    for line in shown:
        if line == MORE:
            skipping = True
            continue
        found = next((n for n in range(at, len(real)) if _is(line, real[n])), None)
        if found is None or (found > at and not skipping):
            return f"{line!r} is shown, and {_named(real, at)} comes"
        at, skipping = found + 1, False
    return None if skipping or at == len(real) else f"nothing more is shown, and {_named(real, at)} comes"


def _is(shown: str, real: str) -> bool:
    return real.startswith(shown.removesuffix(MORE)) if shown.endswith(MORE) else real == shown


def _named(real: Sequence[str], at: int) -> str:
    return repr(real[at]) if at < len(real) else "nothing more"
