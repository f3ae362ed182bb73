"""How results were said, apart from the number of each: what many results share, of one patient and of all of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from hepledger.clinical.measurement import Measurement, measure

_AT_MOST: Final = 4_096
"""So many of what was read before are kept at hand."""


class Said(NamedTuple):
    """What is kept of a manner. A number is written with so many ``decimals``; ``plausible``: no result said so has a problem."""

    type: str
    kind: int
    rank: int
    flags: tuple[str, ...]
    preliminary: bool
    plausible: bool
    decimals: int
    analyte: str
    comparator: str
    unit: str
    limit: str | None
    limit_comparator: str


class Manner:
    """A manner made ready. ``scale`` is what one of its last decimal is in short numbers, NO_SHORT where it is none or censored."""

    __slots__ = ("_measured", "flags", "limit_closed", "preliminary", "said", "scale", "short_limit")

    def __init__(self, said: Said) -> None:
        self.said, self.flags, self.preliminary = said, frozenset(said.flags), said.preliminary
        self._measured: dict[int, Measurement] = {}
        one = self.measurement(1)
        self.scale, self.short_limit, self.limit_closed = one.short, one.short_limit, one.limit_closed

    def measurement(self, number: int) -> Measurement:
        """The result whose digits make up a number."""
        found = self._measured.get(number)
        if found is None:
            if len(self._measured) >= _AT_MOST:
                self._measured.clear()
            said = self.said
            text = text_of(number, said.decimals)
            found = measure(said.analyte, text, said.comparator, said.unit, said.limit, said.limit_comparator)
            self._measured[number] = found
        return found


class Manners:
    """Those of one history, and the names of the drugs that it speaks of."""

    __slots__ = ("all", "drugs")

    def __init__(self, all_: list[Manner], drugs: list[str]) -> None:
        self.all, self.drugs = all_, drugs


_KNOWN: Final[dict[bytes, Manners]] = {}


def manners_in(written: bytes) -> Manners:
    """What `written_of` wrote. Few are different, and they are read once."""
    found = _KNOWN.get(written)
    if found is None:
        if len(_KNOWN) >= _AT_MOST:
            _KNOWN.clear()
        rows, drugs = json.loads(written)
        found = _KNOWN[written] = Manners([_manner(row) for row in rows], drugs)
    return found


def written_of(manners: Sequence[tuple[Any, ...]], drugs: list[str]) -> bytes:
    """Manners (the fields of `Said`) and drugs as bytes."""
    return json.dumps([manners, drugs], separators=(",", ":")).encode()


def text_of(number: int, decimals: int) -> str:
    """The digits of a number, a point before the last so many."""
    digits = str(number)
    if not decimals:
        return digits
    digits = digits.rjust(decimals + 1, "0")
    return f"{digits[:-decimals]}.{digits[-decimals:]}"


def _manner(row: list[Any]) -> Manner:
    type_, kind, rank, flags, *rest = row
    return Manner(Said(type_, kind, rank, tuple(flags), *rest))
