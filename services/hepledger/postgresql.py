"""What is particular to PostgreSQL, for the log and the state alike: how a session begins, and how rows go in by COPY.

The driver is imported with the first connection: whoever works with the embedded registry does not wait for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
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
_UNDER_WAY: Final = "hepledger_under_way"
CONNECT: Final = {
    "application_name": "hepledger",
    "client_encoding": "utf8",
    "connect_timeout": "10",
    "keepalives_idle": "30",
    "options": "-c client_min_messages=warning",
}
"""What libpq is told, unless the URL says otherwise."""

AS_BYTES: Final = {"hepledger_as_bytes": True}
"""Of a statement: its answer comes in binary form. As text each byte of a payload is two, written here and read there."""


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

    @event.listens_for(engine, "before_cursor_execute")
    def _on_execute(
        connection: Connection, cursor: Any, _statement: Any, _values: Any, context: Any, _many: Any
    ) -> None:
        if context is not None and context.execution_options.get("hepledger_as_bytes"):
            cursor.format = 1
        finish(connection)

    event.listen(engine, "commit", _finish_or_roll_back)
    event.listen(engine, "rollback", _abandon)

    @event.listens_for(engine, "handle_error")
    def _on_error(context: ExceptionContext) -> BaseException | None:
        original = context.original_exception
        if not isinstance(original, engine.dialect.loaded_dbapi.Error):
            return None
        return _wrapped(original, engine.dialect, context.statement, lost=context.is_disconnect)


def start(connection: Connection, statement: str) -> None:
    """Send a statement without waiting for its end: the server works on it while we do something else.

    Whatever is asked of the connection next, its commit included, waits for it, and an error of it is raised there.
    """
    with as_statement(connection):
        with _cursor(connection) as cursor:
            cursor.execute("")  # the driver begins its transaction
        # Not the driver's pipeline: while one is open the server does not notice that nothing comes any more.
        sent = _driver_connection(connection).pgconn
        sent.send_query(statement.encode())
        sent.flush()
        connection.info[_UNDER_WAY] = True


def finish(connection: Connection) -> None:
    """Wait for what was started. Raises as the statement would have."""
    if not connection.info.pop(_UNDER_WAY, False):
        return
    from psycopg import errors, generators, pq  # noqa: PLC0415 - as in `prepare`

    driver = _driver_connection(connection)
    with as_statement(connection):
        for result in driver.wait(generators.fetch_many(driver.pgconn)):
            if result.status == pq.ExecStatus.FATAL_ERROR:
                raise errors.error_from_result(result)


def _finish_or_roll_back(connection: Connection) -> None:
    """Before a commit. Where it raises SQLAlchemy takes the transaction for ended, so it has to be."""
    try:
        finish(connection)
    except DBAPIError:
        if not connection.invalidated:
            _driver_connection(connection).rollback()
        raise


def _abandon(connection: Connection) -> None:
    """Before a rollback: what becomes of what was started is no matter any more."""
    if not connection.invalidated:
        with suppress(DBAPIError):
            finish(connection)


def copy_into(connection: Connection, table: Table, columns: Sequence[str], rows: Iterable[Row]) -> None:
    """Write rows by COPY in its binary form: nothing is faster, and no value has to be escaped. Raises as an INSERT does.

    The server works on what it was sent while later rows are still being made.
    """
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
    """A statement once for each row, in their order.

    Not by the driver's `executemany`: it ends its pipeline with a message after which the server (15) waits for the next one
    without counting the time, and a process that is stopped there would keep its locks for good.
    """
    with as_statement(connection), _cursor(connection) as cursor:
        for row in rows:
            cursor.execute(statement, row)


def _cursor(connection: Connection) -> Any:
    """The driver's own cursor, in a transaction that SQLAlchemy knows of: it would not commit another."""
    if not connection.in_transaction():
        connection.begin()
    finish(connection)
    return connection.connection.cursor()


def _driver_connection(connection: Connection) -> Any:
    return connection.connection.dbapi_connection


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
