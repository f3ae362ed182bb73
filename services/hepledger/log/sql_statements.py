"""What the SQL log says to the database. What depends on the engine is `insert_rows` and `lock_creation`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, Final

from sqlalchemy import Connection, Select, bindparam, insert, select, update
from sqlalchemy.dialects import sqlite

from hepledger.log.chain import Head
from hepledger.log.faults import LogDamaged
from hepledger.log.placing import Row, Standing
from hepledger.postgresql import copy_into, execute_many
from hepledger.tables import log_entry, log_head

IDS_AT_ONCE: Final = 1_000  # in one query; SQLite takes 32 766 parameters

ENTRY: Final = log_entry.c
_HEAD: Final = log_head.c
_COLUMNS: Final = tuple(column.name for column in log_entry.columns)
_SQLITE_INSERT: Final = str(insert(log_entry).compile(dialect=sqlite.dialect(paramstyle="qmark")))

# Said with every batch, so that it is worth not to have them put together each time.
_POSTGRESQL_LOCK: Final = (
    "SELECT partition, next_offset, chain_hash FROM log_head WHERE stream = %s AND partition = ANY(%s)"
    " ORDER BY partition FOR UPDATE"
)
_POSTGRESQL_MOVE: Final = "UPDATE log_head SET next_offset = %s, chain_hash = %s WHERE stream = %s AND partition = %s"


def insert_rows(connection: Connection, rows: Iterable[Row]) -> None:
    """Write entries in bulk, straight through the driver: SQLAlchemy's own way takes twice as long, and more.

    The bulk of it is COPY into the table itself: a duplicate is an error there as it is to an INSERT.
    """
    if connection.dialect.name == "postgresql":
        copy_into(connection, log_entry, _COLUMNS, rows)
    else:
        written = list(rows)
        if written:
            connection.exec_driver_sql(_SQLITE_INSERT, written)


def lock_creation(connection: Connection) -> None:
    """Keep others from creating a stream until the transaction ends; on SQLite a write transaction does so by itself."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("LOCK TABLE log_head IN SHARE ROW EXCLUSIVE MODE")


def create_heads(connection: Connection, stream: str, heads: Mapping[int, Head]) -> None:
    """Write the heads of a new stream."""
    connection.execute(
        insert(log_head),
        [
            {"stream": stream, "partition": at, "next_offset": head.next_offset, "chain_hash": head.chain_hash}
            for at, head in heads.items()
        ],
    )


def move_heads(connection: Connection, stream: str, heads: Mapping[int, Head]) -> None:
    """Write the heads that a batch moved."""
    if connection.dialect.name == "postgresql":
        moved = [(head.next_offset, head.chain_hash, stream, at) for at, head in heads.items()]
        execute_many(connection, _POSTGRESQL_MOVE, moved)
        return
    statement = update(log_head).where(_HEAD.stream == stream, _HEAD.partition == bindparam("at"))
    connection.execute(
        statement,
        [{"at": at, "next_offset": head.next_offset, "chain_hash": head.chain_hash} for at, head in heads.items()],
    )


def read_heads(
    connection: Connection, stream: str, partitions: Collection[int], *, lock: bool = False
) -> dict[int, Head]:
    """The heads of some partitions. With `lock` nobody else counts on them until the transaction ends.

    They are locked in the order of the partitions, so that two writers cannot wait for each other. SQLite has no such
    lock and needs none: the write transaction has locked the database. Raises LogDamaged when one is gone.
    """
    found: Iterable[Sequence[Any]]
    if lock and connection.dialect.name == "postgresql":
        found = connection.exec_driver_sql(_POSTGRESQL_LOCK, (stream, list(partitions)))
    else:
        query = select(_HEAD.partition, _HEAD.next_offset, _HEAD.chain_hash)
        found = connection.execute(
            query.where(_HEAD.stream == stream, _HEAD.partition.in_(partitions)).order_by(_HEAD.partition)
        )
    heads = {partition: Head(next_offset, chain_hash) for partition, next_offset, chain_hash in found}
    if len(heads) != len(partitions):
        raise LogDamaged(stream, "the head of a partition is gone")
    return heads


def read_offsets(connection: Connection, stream: str) -> dict[int, int]:
    """The next offset of every partition, in their order; empty when there is no such stream."""
    query = select(_HEAD.partition, _HEAD.next_offset).where(_HEAD.stream == stream).order_by(_HEAD.partition)
    return dict(iter(connection.execute(query)))


def read_standing(connection: Connection, stream: str, event_ids: Sequence[bytes]) -> dict[bytes, Standing]:
    """Those of some events that stand in the log already."""
    standing: dict[bytes, Standing] = {}
    ids = iter(event_ids)
    query = select(ENTRY.event_id, ENTRY.content_hash, ENTRY.partition, ENTRY.offset).where(ENTRY.stream == stream)
    while some := list(islice(ids, IDS_AT_ONCE)):
        found = connection.execute(query.where(ENTRY.event_id.in_(some)))
        standing |= {event_id: (content_hash, at, offset) for event_id, content_hash, at, offset in found}
    return standing


def page(
    query: Select[*tuple[Any, ...]], stream: str, partition: int, start: int, limit: int
) -> Select[*tuple[Any, ...]]:
    """A query of entries, cut to one stretch of a partition."""
    return (
        query.where(ENTRY.stream == stream, ENTRY.partition == partition, ENTRY.offset >= start)
        .order_by(ENTRY.offset)
        .limit(max(limit, 0))
    )
