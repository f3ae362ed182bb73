"""Reference limits as laboratories print them; only the upper one is a fact of the registry, and its comparator matters.

``≤40`` and ``10-40`` include 40, ``<40`` does not; a bare ``40`` includes it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from hepledger.intake.decimals import NumberStyle
from hepledger.intake.records import Unreadable

_NUMBER: Final = r"[+-]?[0-9][0-9.,'’ \u00a0\u2009\u202f]*?"
_BELOW: Final = r"<=|=<|[<≤⩽]"
_RANGE: Final = re.compile(rf"({_NUMBER})\s*(?:-|–|—|−|_|\.\.|to|bis|à)\s*({_BELOW})?\s*({_NUMBER})", re.IGNORECASE)
_UPPER: Final = re.compile(rf"({_BELOW})?\s*({_NUMBER})")
_LOWER: Final = re.compile(rf"(?:>=|=>|[>≥⩾])\s*({_NUMBER})")
_EXPECTED: Final = "an upper limit or a range, such as 45, <45, ≤45, 10-45 or 4.3 to 6.2"


@dataclass(frozen=True, slots=True)
class Limits:
    """What was printed: the lower number of a range if there was one, the upper and its comparator (``<`` or ``<=``)."""

    low: str | None
    high: str | None
    comparator: str = "<="


def parse_limits(text: str, style: NumberStyle) -> Limits:
    """The limits of a printed reference range; ``>60`` states no upper one. Raises Unreadable."""
    bare = _unbracketed(text)
    if span := _RANGE.fullmatch(bare):
        return Limits(style.number(span[1]), style.number(span[3]), _comparator(span[2]))
    if upper := _UPPER.fullmatch(bare):
        return Limits(None, style.number(upper[2]), _comparator(upper[1]))
    if lower := _LOWER.fullmatch(bare):
        return Limits(style.number(lower[1]), None)
    raise Unreadable(f"{_EXPECTED} ({style.described})")


def _comparator(written: str | None) -> str:
    return "<" if written == "<" else "<="


def _unbracketed(text: str) -> str:
    if text[:1] + text[-1:] in ("()", "[]"):
        return text[1:-1].strip()
    return text
