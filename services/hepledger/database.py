"""One database, opened the same way by the log and by the state: durability and locks are decided here, once.

Readers and writers begin differently: on SQLite the first statement of a transaction says which lock it gets.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, DBAPIError, InterfaceError, OperationalError

from hepledger import postgresql
from hepledger.errors import ServiceUnreachable, WrongUsage

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import DBAPIConnection

FOR_WRITING: Final = {"hepledger_writes": True}
FOR_READING: Final[dict[str, dict[str, Any]]] = {
    "postgresql": {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
}
"""By engine, what gives one consistent view. What writes there reads what others committed meanwhile: it locks first."""

# WAL lets readers go on beside the writer. FULL syncs the WAL at each commit: an acknowledged append is on disk. The
# cache keeps the index of event ids, whose pages are hit at random, in memory; a checkpoint every 4000 pages writes each
# of them back once where SQLite's 1000 would four times. A WAL that a long reader made grow is cut back to 64 MB.
PRAGMAS: Final = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA cache_size=-65536",
    "PRAGMA wal_autocheckpoint=4000",
    "PRAGMA journal_size_limit=67108864",
    "PRAGMA temp_store=MEMORY",
)

# SQLite's own words say what happened to it, not what a person can do.
_ADVICE: Final = (
    (
        "unable to open",
        "the folder must be there and open for writing, for SQLite writes beside the file even to read it",
    ),
    ("readonly", "the file and its folder must be open for writing"),
    ("disk I/O error", "is the disk full, or the folder out of reach?"),
    ("disk is full", "make room: what was not committed is not in it, and the same command can be given again"),
    ("not a database", "the file is damaged, or not one of hepledger: restore it from a copy"),
    ("malformed", "the file is damaged: restore it from a copy"),
    ("locked", "another program has held it for too long: try again when that one is done"),
)


class DatabaseUnavailable(ServiceUnreachable):
    """The database could not be used."""

    def __init__(self, reason: str, where: str | Path | None = None) -> None:
        advice = next((f" ({said})" for sign, said in _ADVICE if sign in reason), "")
        super().__init__(f"The database{f' {where}' if where else ''} could not be used: {reason}{advice}")
        self.reason, self.where = reason, where


class Contended(DatabaseUnavailable):
    """Another transaction was in the way: nothing was written, and a second attempt may go through."""


def sqlite_url(path: Path) -> URL:
    """The URL of a database file."""
    return URL.create("sqlite", database=str(path))


def make_engine(url: URL | str, *, busy_seconds: float = 30.0) -> Engine:
    """An engine for the registry's database; a writer waits `busy_seconds` for another one to finish.

    It connects to nothing yet. Raises WrongUsage for a URL that cannot be read.
    """
    try:
        place = make_url(url)
    except (ArgumentError, ValueError):
        raise WrongUsage(
            "the URL of the database cannot be read"
        ) from None  # and is not repeated: it may hold a password
    if place.get_backend_name() == "postgresql":
        return _postgresql_engine(place, busy_seconds)
    engine = create_engine(place, hide_parameters=True)  # an error must not carry what a patient's row holds
    if engine.dialect.name == "sqlite":
        _prepare_sqlite(engine, round(busy_seconds * 1000))
    return engine


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection with one consistent view, which takes no write lock. Raises DatabaseUnavailable."""
    with (
        faults_told(engine.url.database),
        engine.connect().execution_options(**FOR_READING.get(engine.dialect.name, {})) as connection,
    ):
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A connection in one write transaction: committed when the block ends, rolled back when it raises.

    On SQLite it holds the write lock from the beginning, so that what it read cannot have become old when it writes.
    Raises DatabaseUnavailable, also when the lock was not had in time.
    """
    with (
        faults_told(engine.url.database),
        engine.connect().execution_options(**FOR_WRITING) as connection,
        connection.begin(),
    ):
        yield connection


@contextmanager
def faults_told(where: str | Path | None = None) -> Iterator[None]:
    """The driver's errors about the server or the file, as ours; ``where`` is the file. Raises DatabaseUnavailable."""
    try:
        yield
    except DBAPIError as error:
        # Of the driver's errors these are about the server or the file; the others are about what was asked of it.
        if postgresql.is_contended(error):
            raise Contended(str(error.orig), where) from error
        about_the_server = isinstance(error, OperationalError | InterfaceError) or type(error) is DatabaseError
        if about_the_server or error.connection_invalidated:
            raise DatabaseUnavailable(str(error.orig), where) from error
        raise


def _postgresql_engine(place: URL, busy_seconds: float) -> Engine:
    told = {name: value for name, value in postgresql.CONNECT.items() if name not in place.query}
    # A plan that the server keeps would be the one for the first, small batch. A connection that the server has closed
    # since it was last used is noticed before it is used again.
    engine = create_engine(
        place.set(drivername="postgresql+psycopg"),
        hide_parameters=True,
        pool_pre_ping=True,
        connect_args={**told, "prepare_threshold": None},
    )
    postgresql.prepare(engine, busy_seconds)
    return engine


def _prepare_sqlite(engine: Engine, busy_milliseconds: int) -> None:
    @event.listens_for(engine, "connect")
    def _on_connect(connection: DBAPIConnection, _record: Any) -> None:
        connection.isolation_level = None  # the driver's own BEGIN would come late, and always DEFERRED
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={busy_milliseconds}")
        for pragma in PRAGMAS:
            _patiently(partial(cursor.execute, pragma), busy_milliseconds / 1000)
        cursor.close()

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("hepledger_writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN DEFERRED")


def _patiently(execute: Callable[[], object], seconds: float) -> None:
    """Two that open a new file at once both want to switch it to WAL, and there SQLite does not wait: it says busy at once."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            execute()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() >= deadline:
                raise
            time.sleep(0.01)
        else:
            return
