"""A log on PostgreSQL with the fault that nearly every SQL event store has had: offsets from a sequence.

Sequences hand out numbers before commit. Of two writers the one with the later numbers may commit first, and a reader who passes
the hole never sees the event that fills it.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Engine, event

from hepledger.database import writing
from hepledger.log import sql_statements as statements
from hepledger.log.chain import Head, genesis
from hepledger.log.placing import place, prepare
from hepledger.log.port import EventLog, NewEntry, Receipt
from hepledger.log.sql import SqlLog
from tests.support.log_contract import Gate
from tests.support.log_makers import STREAM, SqlMaker


class SequenceLog(SqlLog):
    """Asks a sequence for offsets, and locks nothing."""

    def __init__(self, engine: Engine, stream: str, partitions: int) -> None:
        super().__init__(engine, stream, partitions)
        self._numbers = engine

    def append(self, entries: Sequence[NewEntry]) -> list[Receipt]:
        batch = prepare(entries, self.partitions)
        with writing(self._numbers) as connection:
            numbers = [int(connection.exec_driver_sql("SELECT nextval('offsets')").scalar_one()) for _ in batch]
            placement = place(self.stream, batch, {0: Head(min(numbers), genesis(self.stream, 0))}, {})
            statements.insert_rows(connection, placement.rows)
        return placement.receipts


class SequenceMaker(SqlMaker):
    """Makes such a log."""

    def create(self, partitions: int = 1) -> EventLog:
        super().create(partitions)
        with writing(engine := self._engine()) as connection:
            connection.exec_driver_sql("CREATE SEQUENCE offsets MINVALUE 0")
        return SequenceLog(engine, STREAM, partitions)

    def another_handle(self, log: EventLog) -> EventLog:
        return SequenceLog(self._engine(), log.stream, log.partitions)

    def held_at(self, gate: Gate, log: EventLog) -> EventLog:
        handle = SequenceLog(engine := self._engine(), log.stream, log.partitions)
        event.listen(engine, "commit", lambda _: gate.stand())
        return handle
