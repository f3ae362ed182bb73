"""What is particular to PostgreSQL, for the log and the state alike: how a session begins, and how rows go in by COPY.

The driver is imported with the first connection: whoever works with the embedded registry does not wait for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, Dialect, Engine, Table, event
from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import ExceptionContext

Row = tuple[Any, ...]

STATEMENT_SECONDS: Final = 120
"""No statement of ours works longer; a long reading is many short fetches."""

CONTENDED: Final = frozenset({"40001", "40P01", "55P03"})
"""Serialization failure, deadlock, lock timeout: another transaction was in the way, and a second attempt may go through."""

# An acknowledged append is on disk: `synchronous_commit` is taken as it is unless that were not so.
_SESSION: Final = """SELECT set_config('statement_timeout', '{statement}', false), set_config('lock_timeout', '{lock}', false),
    set_config('synchronous_commit', CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on'
        ELSE current_setting('synchronous_commit') END, false)"""

# A process that is stopped in the middle of a transaction keeps its locks, so the server ends one that writes and stands
# still, sooner than others give up waiting for the lock. One that reads holds up nobody, and may take its time.
_WRITING: Final = "SET LOCAL idle_in_transaction_session_timeout = {idle}"
CONNECT: Final = {
    "application_name": "hepledger",
    "client_encoding": "utf8",
    "connect_timeout": "10",
    "keepalives_idle": "30",
    "options": "-c client_min_messages=warning",
}
"""What libpq is told, unless the URL says otherwise."""


def prepare(engine: Engine, lock_seconds: float) -> None:
    """Give each session its limits, and each error its head alone: the details of the server name values of the row."""
    session = _SESSION.format(statement=STATEMENT_SECONDS * 1000, lock=round(lock_seconds * 1000))
    writing = _WRITING.format(idle=max(1_000, round(lock_seconds * 1000 * 2 / 3)))

    @event.listens_for(engine, "connect")
    def _on_connect(connection: Any, _record: Any) -> None:
        from psycopg.types.string import BytesBinaryDumper  # noqa: PLC0415 - the driver is there, or nobody would connect

        # Of what can write bytes the driver takes the last that was registered, which is in Python, a microsecond a value.
        connection.adapters.register_dumper(bytes, BytesBinaryDumper)
        connection.autocommit = True
        connection.execute(session)
        connection.autocommit = False

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        if connection.get_execution_options().get("hepledger_writes"):
            connection.exec_driver_sql(writing)

    @event.listens_for(engine, "handle_error")
    def _on_error(context: ExceptionContext) -> BaseException | None:
        original = context.original_exception
        if not isinstance(original, engine.dialect.loaded_dbapi.Error):
            return None
        return _wrapped(original, engine.dialect, context.statement, lost=context.is_disconnect)


def copy_into(connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[Row]) -> None:
    """Write rows by COPY in its binary form: nothing is faster, and no value has to be escaped. Raises as an INSERT does."""
    preparer = connection.dialect.identifier_preparer
    names = ", ".join(map(preparer.quote, columns))
    statement = f"COPY {preparer.format_table(table)} ({names}) FROM STDIN (FORMAT BINARY)"
    types = [_type_name(table, name, connection.dialect) for name in columns]
    with as_statement(connection), _cursor(connection) as cursor, cursor.copy(statement) as copy:
        copy.set_types(types)
        write = copy.write_row
        for row in rows:
            write(row)


def execute_many(connection: Connection, statement: str, rows: Sequence[Row]) -> None:
    """A statement once for each row, in their order, without waiting for one answer before the next is sent."""
    with as_statement(connection), _cursor(connection) as cursor:
        cursor.executemany(statement, rows)


def _cursor(connection: Connection) -> Any:
    """The driver's own cursor, in a transaction that SQLAlchemy knows of: it would not commit another."""
    if not connection.in_transaction():
        connection.begin()
    return connection.connection.cursor()


@contextmanager
def as_statement(connection: Connection) -> Iterator[None]:
    """Errors of the driver as SQLAlchemy would have wrapped them, a lost connection marked as lost."""
    try:
        yield
    except connection.dialect.loaded_dbapi.Error as error:
        lost = connection.dialect.is_disconnect(error, connection.connection.dbapi_connection, None)
        if lost:
            connection.invalidate(error)
        raise _wrapped(error, connection.dialect, None, lost=lost) from error


def is_contended(error: DBAPIError) -> bool:
    """Whether another transaction was in the way."""
    return getattr(error.orig, "sqlstate", None) in CONTENDED


def _wrapped(original: Exception, dialect: Dialect, statement: str | None, *, lost: bool) -> BaseException:
    head = getattr(getattr(original, "diag", None), "message_primary", None)
    if head:
        original.args = (head,)
    wrap: Callable[..., BaseException] = DBAPIError.instance
    return wrap(
        statement, None, original, dialect.loaded_dbapi.Error,
        hide_parameters=True, connection_invalidated=lost, dialect=dialect,
    )  # fmt: skip


def _type_name(table: Table, column: str, dialect: Dialect) -> str:
    """The server's name of a column's type: a binary value has no other."""
    return table.c[column].type.compile(dialect).partition(" ")[0].lower()
