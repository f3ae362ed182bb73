"""Rows become a file: CSV, NDJSON or Parquet by the file's name, in steady memory, and whole or not at all."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO

from hepledger.errors import HepledgerError, WrongUsage
from hepledger.reporting.columns import Cell, Column, Row

Writer = Callable[[BinaryIO, Sequence[Column], Iterable[Row]], int]


class NotWritten(HepledgerError):
    """The file could not be written."""

    def __init__(self, path: Path, error: OSError) -> None:
        self.path = path
        super().__init__(f"{path} could not be written: {error.strerror or error}; a file that was there is as it was")


def write_table(path: Path, columns: Sequence[Column], rows: Iterable[Row]) -> int:
    """Writes the rows in the format of the file's extension and gives their number. Raises WrongUsage for any other.

    The file appears under its name only when it is complete.
    """
    writer = writer_for(path)
    with replacing(path) as file:
        return writer(file, columns, rows)


def writer_for(path: Path) -> Writer:
    """The writer of a file name's extension; raises WrongUsage with the list of those there are."""
    try:
        return WRITERS[path.suffix.lower()]
    except KeyError:
        known = ", ".join(WRITERS)
        raise WrongUsage(f"{path}: the end of the file's name says its format, and is one of {known}") from None


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A file that appears under its name when it is complete, and not before. Raises WrongUsage, NotWritten."""
    if path.is_dir():
        raise WrongUsage(f"{path} is a folder: name a file in it")
    if not path.parent.is_dir():
        raise WrongUsage(f"there is no folder {path.parent}")
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with partial.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        raise NotWritten(path, error) from error
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def _write_csv(file: BinaryIO, columns: Sequence[Column], rows: Iterable[Row]) -> int:
    file.write(csv_line(column.name for column in columns))
    count = 0
    for row in rows:
        file.write(csv_line(row))
        count += 1
    return count


def csv_line(cells: Iterable[Cell]) -> bytes:
    """One line of a CSV file, byte for byte: what is hashed of a table is what stands in its file."""
    line: str = _LINES.writerow([_csv_text(cell) for cell in cells])
    return line.encode()


class _Echo:
    """Takes a line and gives it back: `csv` wants something to write to, and returns what that returned."""

    def write(self, line: str) -> str:
        return line


_LINES = csv.writer(_Echo(), lineterminator="\n")


def _write_ndjson(file: BinaryIO, columns: Sequence[Column], rows: Iterable[Row]) -> int:
    names = [column.name for column in columns]
    count = 0
    for row in rows:
        record = {name: _json_value(cell) for name, cell in zip(names, row, strict=True)}
        file.write(json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
        count += 1
    return count


def _write_parquet(file: BinaryIO, columns: Sequence[Column], rows: Iterable[Row]) -> int:
    from hepledger.reporting.parquet import write_parquet  # noqa: PLC0415  pyarrow costs a third of a second, and most commands never need it

    return write_parquet(file, columns, rows)


def _csv_text(cell: Cell) -> str:
    match cell:
        case str():
            return cell
        case None:
            return ""
        case bool():
            return "true" if cell else "false"
        case date():  # a datetime is one, too
            return cell.isoformat()
        case Decimal():
            return f"{cell:f}"
        case int():
            return str(cell)


def _json_value(cell: Cell) -> str | int | bool | None:
    match cell:
        case datetime() | date():
            return cell.isoformat()
        case Decimal():
            return f"{cell:f}"
        case _:
            return cell


WRITERS: Mapping[str, Writer] = MappingProxyType(
    {".csv": _write_csv, ".parquet": _write_parquet, ".ndjson": _write_ndjson}
)
