"""The door for CSV. A table says nothing by itself: the mapping of the centre says which column is what."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import BinaryIO, Final

from hepledger.intake.block_reader import BlockReader
from hepledger.intake.blocks import Block
from hepledger.intake.lines import Encoding, decode_line, detect_encoding, read_lines
from hepledger.intake.mapping import CentreMapping, parse_mapping
from hepledger.intake.recognise import DELIMITERS
from hepledger.intake.records import Context, FileRefused, Ignored, RawRecord, Reading, Rejection, RowFault
from hepledger.intake.rows import CsvRows, Row
from hepledger_events.canonical import canonical_json
from hepledger_events.faults import NOTHING, describe, one_of

DOOR: Final = "csv"


@dataclass(frozen=True, slots=True)
class Table:
    """A CSV file whose header was understood: its rows can be read once."""

    file: str
    rows: CsvRows
    readers: tuple[BlockReader, ...]
    context: Context

    def read(self) -> Iterator[Reading]:
        """What each row says under each block, in order. Every row gives at least one reading."""
        for row in self.rows:
            yield from _readings(self.file, row, self.readers, self.context)


def open_table(stream: BinaryIO, file: str, sample: bytes, mapping: CentreMapping) -> Table:
    """The table in a stream that begins with ``sample``; ``file`` is its name, of which the mapping sees the last part.

    Raises FileRefused with every reason why the mapping cannot be applied to it.
    """
    blocks = mapping.blocks_for(PurePath(file).name)
    if not blocks:
        patterns = [pattern for block in mapping.file for pattern in block.match]
        raise FileRefused(RowFault(file, None, None, "a file that no block of the mapping matches", one_of(patterns)))
    encoding = detect_encoding(sample, _agreed(file, "encoding", [block.encoding for block in blocks]))
    delimiter = _agreed(file, "delimiter", [block.delimiter for block in blocks])
    delimiter = delimiter or _likely_delimiter(sample, encoding, blocks)
    rows = CsvRows(read_lines(stream, encoding, sample), delimiter)
    header = _header(file, rows, blocks)
    rows.width = len(header)
    context = _context(encoding, delimiter, header, mapping.model_copy(update={"file": blocks}))
    return Table(file, rows, tuple(BlockReader(block, header) for block in blocks), context)


def reread(record: RawRecord, mapping: CentreMapping | None = None) -> Iterator[Reading]:
    """Read a kept row again, under the mapping of its time or another one. Raises FileRefused if it cannot be applied."""
    kept = record.context.load()
    blocks = (mapping or parse_mapping(kept["mapping"])).blocks_for(PurePath(record.file).name)
    wanted = [block for block in blocks if record.part in ("", block.name)]
    if not wanted:
        found = f"no block {record.part!r}" if record.part else "no block"
        raise FileRefused(record.fault(None, found, "a block of the mapping that reads this row"))
    header: list[str] = kept["header"]
    if faults := _missing_columns(record.file, header, wanted):
        raise FileRefused(*faults)
    stated = None if kept["marked"] else wanted[0].encoding
    line = decode_line(record.row, record.raw, detect_encoding(b"", stated).name if stated else kept["encoding"])
    rows = CsvRows(iter([line]), kept["delimiter"])
    rows.width = len(header)
    for row in rows:
        yield from _readings(record.file, row, [BlockReader(block, header) for block in wanted], record.context)


def _readings(file: str, row: Row, readers: Sequence[BlockReader], context: Context) -> Iterator[Reading]:
    if row.trouble is not None:
        record = RawRecord(door=DOOR, file=file, row=row.number, raw=row.raw, context=context)
        yield Rejection(record, (record.fault(None, *row.trouble),))
        return
    said = False
    for reader in readers:
        part = reader.block.name
        record = RawRecord(door=DOOR, file=file, row=row.number, raw=row.raw, context=context, part=part)
        if (reading := reader.read(record, row.cells)) is not None:
            said = True
            yield reading
    if not said:
        record = RawRecord(door=DOOR, file=file, row=row.number, raw=row.raw, context=context)
        yield Ignored(record, "the columns of skip_when_empty are empty")


def _header(file: str, rows: CsvRows, blocks: Sequence[Block]) -> list[str]:
    first = next(rows, None)
    if first is None:
        raise FileRefused(RowFault(file, None, None, NOTHING, "a header and rows"))
    if first.trouble is not None:
        raise FileRefused(RowFault(file, first.number, None, *first.trouble))
    header = [cell.strip() for cell in first.cells]
    if faults := _missing_columns(file, header, blocks):
        raise FileRefused(*faults)
    return header


def _missing_columns(file: str, header: Sequence[str], blocks: Sequence[Block]) -> list[RowFault]:
    faults = []
    for column in dict.fromkeys(column for block in blocks for column in block.needed_columns()):
        if (times := header.count(column)) != 1:
            found = f"{times} columns of that name" if times else f"no such column (there are {', '.join(header)})"
            faults.append(RowFault(file, 1, column, found, "one column of that name, as the mapping says"))
    return faults


def _likely_delimiter(sample: bytes, encoding: Encoding, blocks: Sequence[Block]) -> str:
    """The delimiter that finds most of the wanted columns in the first row; of equals the one that finds more cells."""
    wanted = {column for block in blocks for column in block.needed_columns()}
    text = sample[encoding.mark :].decode(encoding.name, errors="replace")

    def score(delimiter: str) -> tuple[int, int]:
        try:
            cells = next(csv.reader(io.StringIO(text.lstrip(), newline=""), delimiter=delimiter), [])
        except csv.Error:
            return (0, 0)
        return len(wanted & {cell.strip() for cell in cells}), len(cells)

    return max(DELIMITERS, key=score)


def _agreed(file: str, setting: str, stated: Sequence[str | None]) -> str | None:
    """What the blocks that read one file say about its bytes: all the same, or nothing. Raises FileRefused."""
    said = sorted({value for value in stated if value is not None})
    if len(said) > 1:
        found = f"blocks that differ: {', '.join(map(describe, said))}"
        raise FileRefused(RowFault(file, None, None, found, f"one {setting} for one file"))
    return said[0] if said else None


def _context(encoding: Encoding, delimiter: str, header: Sequence[str], mapping: CentreMapping) -> Context:
    meaning = {"delimiter": delimiter, "header": list(header)}
    how = {"encoding": encoding.name, "marked": encoding.mark > 0}
    document = {**meaning, **how, "mapping": mapping.model_dump(mode="json", exclude_defaults=True)}
    return Context(canonical_json(meaning), canonical_json(document))
