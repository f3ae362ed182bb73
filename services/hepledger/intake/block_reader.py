"""One block of a mapping, made ready for one header: it turns a row into a candidate for a submission."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from hepledger.intake.blocks import Block, is_template, template_parts
from hepledger.intake.cells import CellParser, cell_parser
from hepledger.intake.fields import FIELDS, assemble
from hepledger.intake.records import Candidate, Ignored, RawRecord, RowFault, Unreadable
from hepledger_events.faults import describe

_NO_CODES: Final[frozenset[str]] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cell:
    """Where one field is found in a row, and how it is read. ``translates_empty``: an empty cell is a code like another."""

    field: str
    column: str
    take: Callable[[Sequence[str]], str]
    parse: CellParser
    ignored: frozenset[str]
    translates_empty: bool


class BlockReader:
    """Reads the rows of one file under one block. The header must have every column that the block needs."""

    def __init__(self, block: Block, header: Sequence[str]) -> None:
        self.block = block
        self._fixed = _fixed_values(block)
        self._cells = tuple(_cell(block, field, written, header) for field, written in block.columns.items())
        self._columns = {cell.field: cell.column for cell in self._cells}
        self._skip = tuple(header.index(column) for column in block.skip_when_empty)

    def read(self, record: RawRecord, cells: Sequence[str]) -> Candidate | Ignored | None:
        """What the row says under this block; None where the mapping says that it then says nothing."""
        if self._skip and any(not cells[position].strip() for position in self._skip):
            return None
        filled: dict[str, Any] = dict(self._fixed)
        faults: dict[str, RowFault] = {}
        for cell in self._cells:
            text = cell.take(cells)
            if text in cell.ignored:
                return Ignored(record, f"{cell.column} is {text!r}")
            if text or cell.translates_empty:
                try:
                    filled[cell.field] = cell.parse(text)
                except Unreadable as error:
                    faults[cell.field] = record.fault(cell.column, describe(text), error.expected)
        submission, contradictions = assemble(self.block.type, filled)
        for field, found, expected in contradictions:
            faults[field] = record.fault(self._columns.get(field, field), found, expected)
        return Candidate(record, submission, faults, self._columns)


def _cell(block: Block, field: str, written: str, header: Sequence[str]) -> _Cell:
    return _Cell(
        field=field,
        column=written,
        take=_taker(written, header),
        parse=cell_parser(FIELDS[block.type][field], block, field),
        ignored=frozenset(block.ignore.get(field, ())) or _NO_CODES,
        translates_empty="" in block.codes.get(field, {}),
    )


def _taker(written: str, header: Sequence[str]) -> Callable[[Sequence[str]], str]:
    if not is_template(written):
        position = header.index(written)
        return lambda cells: cells[position].strip()
    parts = [(text, None if name is None else header.index(name)) for text, name in template_parts(written)]

    def fill(cells: Sequence[str]) -> str:
        """The template filled; empty where any of its columns is, for half an identity is none."""
        filled = []
        for text, position in parts:
            filled.append(text)
            if position is not None:
                if not (found := cells[position].strip()):
                    return ""
                filled.append(found)
        return "".join(filled)

    return fill


def _fixed_values(block: Block) -> dict[str, Any]:
    plain = Block(type=block.type, list_separator=block.list_separator)
    fields = FIELDS[block.type]
    return {name: cell_parser(fields[name], plain)(written) for name, written in block.fixed.items()}
