"""Parquet, apart from the other writers because it alone needs pyarrow, which is slow to import."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from hepledger.reporting.columns import Column, Kind, Row

ROW_GROUP = 50_000


def write_parquet(file: BinaryIO, columns: Sequence[Column], rows: Iterable[Row]) -> int:
    """Writes the rows in row groups and gives their number; the schema is there also when there is no row."""
    schema = pa.schema([pa.field(column.name, _type_of(column.kind)) for column in columns])
    count = 0
    with pq.ParquetWriter(file, schema) as writer:
        for group in _groups(rows):
            cells = zip(*group, strict=True)
            arrays = [pa.array(column, field.type) for column, field in zip(cells, schema, strict=True)]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
            count += len(group)
    return count


def _groups(rows: Iterable[Row]) -> Iterator[list[Row]]:
    remaining = iter(rows)
    while group := list(islice(remaining, ROW_GROUP)):
        yield group


def _type_of(kind: Kind) -> Any:
    match kind:
        case Kind.TEXT:
            return pa.string()
        case Kind.WHOLE:
            return pa.int64()
        case Kind.TRUTH:
            return pa.bool_()
        case Kind.DATE:
            return pa.date32()
        case Kind.MOMENT:
            return pa.timestamp("us", tz="UTC")
        case Kind.DECIMAL:
            return pa.decimal128(38, 4)
