"""Numbers as laboratories write them, kept as text: a value never passes through a binary float on its way in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from hepledger.intake.records import Unreadable

COMPARATORS: Final = {
    "<": "<",
    "<=": "<=",
    "=<": "<=",
    "≤": "<=",
    "⩽": "<=",
    "=": "=",
    ">": ">",
    ">=": ">=",
    "=>": ">=",
    "≥": ">=",
    "⩾": ">=",
}
_COMPARED: Final = re.compile(r"(<=|>=|=<|=>|[<>=≤≥⩽⩾])\s*(.*)", re.DOTALL)
_PLAIN: Final = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")
_DIGITS: Final = re.compile(r"[0-9]+")
_SPACES: Final = " \u00a0\u2009\u202f"

Decimal = Literal[".", ","]


class Measured(NamedTuple):
    """A number and the comparator written before it, if one was."""

    comparator: str | None
    number: str


@dataclass(frozen=True, slots=True)
class NumberStyle:
    """How a file writes numbers: its decimal mark, and what it puts between thousands (nothing, unless it says so)."""

    decimal: Decimal = "."
    thousands: str = ""

    @property
    def described(self) -> str:
        """What a number of this style looks like, for a message."""
        grouped = f" and {self.thousands!r} between thousands" if self.thousands else " and nothing between thousands"
        return f"a number with {self.decimal!r} as decimal mark{grouped}"

    def number(self, text: str) -> str:
        """The plain decimal of a text, its digits as received. Raises Unreadable."""
        if self.decimal == "." and _PLAIN.fullmatch(text):
            return text
        sign, digits = (text[0], text[1:]) if text[:1] in ("+", "-") else ("", text)
        whole, mark, fraction = digits.partition(self.decimal)
        plain = [self._ungrouped(whole), fraction] if mark else [self._ungrouped(whole)]
        if not all(_DIGITS.fullmatch(part) for part in plain):
            raise Unreadable(self.described)
        return sign + ".".join(plain)

    def measured(self, text: str) -> Measured:
        """A number that may carry a comparator: ``<5``, ``> 1000``, ``≥5``. Raises Unreadable."""
        compared = _COMPARED.fullmatch(text)
        if compared is None:
            return Measured(None, self.number(text))
        return Measured(COMPARATORS[compared[1]], self.number(compared[2]))

    def _ungrouped(self, whole: str) -> str:
        if not self.thousands:
            return whole
        marks = _SPACES if self.thousands == " " else self.thousands
        first, *groups = re.split(f"[{re.escape(marks)}]", whole)
        if groups and not (1 <= len(first) <= 3 and all(len(group) == 3 for group in groups)):
            raise Unreadable(self.described)
        return first + "".join(groups)
