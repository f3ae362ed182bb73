"""How each adapter is made for the conformance suite, and how one of its writers is held between writing and committing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from types import TracebackType

from sqlalchemy import Engine, event

from hepledger.database import make_engine, sqlite_url
from hepledger.log.memory import MemoryLog
from hepledger.log.port import EventLog
from hepledger.log.sql import SqlLog, create_stream, open_stream
from hepledger.tables import METADATA
from tests.support.log_contract import Gate

STREAM = "hepledger.reported"


class GatedLock:
    """A lock that its holder keeps until the gate opens."""

    def __init__(self, gate: Gate) -> None:
        self._lock, self._gate = Lock(), gate

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if not self._gate.reached.is_set():
            self._gate.stand()
        self._lock.release()


class MemoryMaker:
    """The log in memory: there is one handle, and the first to leave the lock stands at the gate."""

    def create(self, partitions: int = 1) -> EventLog:
        return MemoryLog(STREAM, partitions)

    def another_handle(self, log: EventLog) -> EventLog:
        return log

    def held_at(self, gate: Gate, log: EventLog) -> EventLog:
        assert isinstance(log, MemoryLog)
        log._lock = GatedLock(gate)
        return log


class SqlMaker:
    """The log in a database: each handle has its own engine, as another process would."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._engines: list[Engine] = []

    def create(self, partitions: int = 1) -> EventLog:
        engine = self._engine()
        METADATA.create_all(engine)
        return create_stream(engine, STREAM, partitions)

    def another_handle(self, log: EventLog) -> EventLog:
        return open_stream(self._engine(), log.stream)

    def held_at(self, gate: Gate, log: EventLog) -> EventLog:
        engine = self._engine()
        handle = SqlLog(engine, log.stream, log.partitions)
        event.listen(engine, "commit", lambda _: gate.stand())
        return handle

    def close(self) -> None:
        for engine in self._engines:
            engine.dispose()

    def _engine(self) -> Engine:
        self._engines.append(make_engine(self.url))
        return self._engines[-1]


@contextmanager
def sqlite_maker(folder: Path) -> Iterator[SqlMaker]:
    with sql_maker(str(sqlite_url(folder / "log.sqlite"))) as maker:
        yield maker


@contextmanager
def sql_maker(url: str, kind: type[SqlMaker] = SqlMaker) -> Iterator[SqlMaker]:
    maker = kind(url)
    try:
        yield maker
    finally:
        maker.close()
