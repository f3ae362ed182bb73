"""The log in the database.

Offsets are counted in a row per partition that stays locked until the append is committed. A sequence would hand out
numbers before commit: of two writers the later number could be committed first, and a reader that passes the hole never
sees the event that fills it. With the counter row commit order is offset order, offsets are dense, and the hash chain
costs one more hash.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Engine, Row, Select, select
from sqlalchemy.exc import IntegrityError

from hepledger.database import Contended, reading, writing
from hepledger.log import sql_statements as statements
from hepledger.log.chain import Head, Link, genesis
from hepledger.log.faults import LogDamaged, PartitionMissing, PartitionsFixed, StreamMissing
from hepledger.log.placing import Located, Placing, Prepared, locate, seal_all
from hepledger.log.polling import PollingSubscription
from hepledger.log.port import Entry, NewEntry, Receipt, Subscription
from hepledger.log.sql_statements import ENTRY
from hepledger.postgresql import AS_BYTES

ATTEMPTS: Final = 5

_ENTRIES: Final = select(ENTRY.partition, ENTRY.offset, ENTRY.event_id, ENTRY.key, ENTRY.payload)
_LINKS: Final = select(ENTRY.offset, ENTRY.event_id, ENTRY.content_hash, ENTRY.key, ENTRY.payload, ENTRY.chain_hash)


def create_stream(engine: Engine, stream: str, partitions: int = 1) -> SqlLog:
    """Create a stream, or find it as it is. Raises PartitionsFixed when it stands with another number of partitions."""
    if partitions < 1:
        raise ValueError("a stream has at least one partition")
    with writing(engine) as connection:
        statements.lock_creation(connection)
        standing = len(statements.read_offsets(connection, stream))
        if not standing:
            statements.create_heads(connection, stream, {at: Head(0, genesis(stream, at)) for at in range(partitions)})
    if standing not in {0, partitions}:
        raise PartitionsFixed(stream, standing, partitions)
    return SqlLog(engine, stream, partitions)


def open_stream(engine: Engine, stream: str) -> SqlLog:
    """The log of a stream that was created. Raises StreamMissing."""
    with reading(engine) as connection:
        partitions = len(statements.read_offsets(connection, stream))
    if not partitions:
        raise StreamMissing(stream)
    return SqlLog(engine, stream, partitions)


class SqlLog:
    """See EventLog. May be shared by threads; the engine belongs to whoever made it."""

    def __init__(self, engine: Engine, stream: str, partitions: int) -> None:
        self.stream = stream
        self.partitions = partitions
        self._engine = engine
        # A server takes in the first rows while the later ones are hashed; who writes by itself hashes before it has the lock.
        self._takes_rows_at_once = engine.dialect.name != "postgresql"

    def append(self, entries: Sequence[NewEntry]) -> list[Receipt]:
        """See EventLog.append. Raises DatabaseUnavailable, and LogDamaged when an offset is taken already."""
        batch = locate(entries, self.partitions)
        if not batch:
            return []
        # Few batches hold an event that stands already, and the unique index says so while it is written: to ask first
        # would search it twice. When it objects nothing was written, and the next attempt asks. On PostgreSQL another
        # writer may commit the same event on another partition in between, hence more than two attempts; and two that
        # each wait for an event of the other are told to begin again.
        sealed = list(seal_all(batch)) if self._takes_rows_at_once else None
        for attempt in range(ATTEMPTS):
            try:
                return self._write(batch, sealed or seal_all(batch), ask=attempt > 0)
            except IntegrityError:
                continue
            except Contended:
                if attempt + 1 == ATTEMPTS:
                    raise
        raise LogDamaged(self.stream, "the offset that is next is taken")

    def read(self, partition: int, start: int, limit: int) -> list[Entry]:
        """See EventLog.read."""
        return [Entry(*row) for row in self._page(_ENTRIES, partition, start, limit)]

    def heads(self) -> dict[int, int]:
        """See EventLog.heads."""
        with reading(self._engine) as connection:
            return statements.read_offsets(connection, self.stream)

    def earliest(self, partition: int) -> int:
        """See EventLog.earliest: nothing is ever dropped."""
        self._check(partition)
        return 0

    def subscribe(self, positions: Mapping[int, int]) -> Subscription:
        """See EventLog.subscribe."""
        return PollingSubscription(self, positions, dense=True)

    def find(self, event_id: bytes) -> Entry | None:
        """See EventLog.find."""
        query = _ENTRIES.where(ENTRY.event_id == event_id, ENTRY.stream == self.stream)
        with reading(self._engine) as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else Entry(*row)

    def close(self) -> None:
        """See EventLog.close: the connections are the engine's."""

    def head(self, partition: int) -> Head:
        """See ChainedLog.head."""
        self._check(partition)
        with reading(self._engine) as connection:
            return statements.read_heads(connection, self.stream, {partition})[partition]

    def read_links(self, partition: int, start: int, limit: int) -> list[Link]:
        """See ChainedLog.read_links."""
        return [Link(*row) for row in self._page(_LINKS, partition, start, limit)]

    def _write(self, batch: Sequence[Located], sealed: Iterable[Prepared], *, ask: bool) -> list[Receipt]:
        touched = {partition for _, partition in batch}
        with writing(self._engine) as connection:
            heads = statements.read_heads(connection, self.stream, touched, lock=True)
            ids = [entry.event_id for entry, _ in batch] if ask else []
            placing = Placing(self.stream, heads, statements.read_standing(connection, self.stream, ids))
            statements.insert_rows(connection, placing.rows(sealed))
            if placing.heads:
                statements.move_heads(connection, self.stream, placing.heads)
        return placing.receipts

    def _page(
        self, query: Select[*tuple[Any, ...]], partition: int, start: int, limit: int
    ) -> Sequence[Row[*tuple[Any, ...]]]:
        self._check(partition)
        with reading(self._engine) as connection:
            page = statements.page(query, self.stream, partition, start, limit)
            return connection.execute(page, execution_options=AS_BYTES).all()

    def _check(self, partition: int) -> None:
        if not 0 <= partition < self.partitions:
            raise PartitionMissing(self.stream, partition)
