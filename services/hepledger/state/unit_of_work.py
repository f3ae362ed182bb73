"""One transaction. Only here is `commit` said; leaving without having said it rolls everything back.

Progress and result are written in one transaction or not at all, so everything that writes is handed a unit of work and
leaves the end of it to whoever opened it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial

from sqlalchemy import Connection, Engine

from hepledger.database import FOR_WRITING, faults_told, reading


class UnitOfWork:
    """An open transaction: a connection to write through, and the word that makes it last."""

    __slots__ = ("connection",)

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def need_not_wait_for_the_disk(self) -> None:
        """What is written may be lost by a crash of the server's machine, whole, and would be made again: PostgreSQL's commit does
        not wait. What commits later and waits carries it to the disk."""
        if self.connection.dialect.name == "postgresql":
            self.connection.exec_driver_sql("SET LOCAL synchronous_commit = off")

    def commit(self) -> None:
        """Make everything that was written last. A unit of work is committed once, at its end."""
        self.connection.commit()


Begin = Callable[[], AbstractContextManager[UnitOfWork]]
"""Opens a unit of work; this is what the projector is handed instead of an engine."""


@contextmanager
def unit_of_work(engine: Engine) -> Iterator[UnitOfWork]:
    """A transaction that writes (on SQLite it has the write lock from its first statement on), rolled back unless committed.

    Raises DatabaseUnavailable.
    """
    with faults_told(), engine.connect().execution_options(**FOR_WRITING) as connection:
        yield UnitOfWork(connection)


def begin_on(engine: Engine) -> Begin:
    """The way into units of work on an engine."""
    return partial(unit_of_work, engine)


@contextmanager
def look(engine: Engine) -> Iterator[UnitOfWork]:
    """One consistent view, which disturbs no writer and writes nothing. Raises DatabaseUnavailable."""
    with reading(engine) as connection:
        yield UnitOfWork(connection)


def look_on(engine: Engine) -> Begin:
    """The way into views of an engine."""
    return partial(look, engine)
