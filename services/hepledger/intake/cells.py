"""How the text of a cell is read, kind by kind: from what a centre writes to what a submission says."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, assert_never

from hepledger.intake.blocks import Block
from hepledger.intake.dates import date_reader, parse_zone
from hepledger.intake.decimals import NumberStyle
from hepledger.intake.fields import Field, Kind
from hepledger.intake.limits import Limits, parse_limits
from hepledger.intake.records import Unreadable
from hepledger_events.faults import one_of

CellParser = Callable[[str], Any]
"""The text of a cell, without blanks around it → what it says. Raises Unreadable."""


def cell_parser(field: Field, block: Block, name: str = "") -> CellParser:
    """The reader of a field's cells under a block of a mapping; ``name`` is the field's, for its codes."""
    style = NumberStyle(block.decimal, block.thousands)
    match field.kind:
        case Kind.TEXT:
            return _word_reader(field, block, name)
        case Kind.WORDS:
            word = _word_reader(field, block, name)
            return lambda text: [word(part.strip()) for part in text.split(block.list_separator) if part.strip()]
        case Kind.DATE:
            return date_reader(block.dates, None if block.timezone is None else parse_zone(block.timezone))
        case Kind.MEASURED:
            return style.measured
        case Kind.NUMBER:
            return style.number
        case Kind.LIMITS:
            return _limits_reader(style)
        case Kind.INTEGER:
            return _whole_number
        case unexpected:
            assert_never(unexpected)


def _word_reader(field: Field, block: Block, name: str) -> CellParser:
    codes = block.codes.get(name)
    here = f"[file.codes.{name}] of the mapping (block {block.name!r}), or its [file.ignore]"
    if codes is not None:

        def translate(text: str) -> str:
            try:
                return codes[text]
            except KeyError:
                raise Unreadable(f"a code known to the mapping: add it to {here}") from None

        return translate
    words = field.words
    if words is None:
        return str

    def check(text: str) -> str:
        if text not in words:
            raise Unreadable(f"{one_of(sorted(words))}: other codes are added to {here}")
        return text

    return check


def _limits_reader(style: NumberStyle) -> CellParser:
    @lru_cache(maxsize=4096)
    def read(text: str) -> Limits:
        return parse_limits(text, style)

    return read


def _whole_number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise Unreadable("a whole number")
    return int(text)
