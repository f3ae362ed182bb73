"""How a migration runs: alone, with a limit on how long it waits and works, and in a transaction.

On PostgreSQL one advisory lock keeps a second migrator out, and each revision has a transaction of its own. On SQLite
the write lock does both: it ends with its transaction, so the revisions that are due share one, all of them or none.
Whoever upgrades hands over a connection; the `alembic` command takes `-x url=URL`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from alembic import context
from sqlalchemy import Connection

from hepledger.database import make_engine
from hepledger.tables import METADATA

ADVISORY_LOCK = 7_211_907_205  # a number of our own, the same in every version
WAIT_FOR_OTHERS = "60s"  # another migrator may be at work
LOCK_TIMEOUT = "5s"  # a migration that waits for a table holds up everybody behind it
STATEMENT_TIMEOUT = "300s"


def run(connection: Connection) -> None:
    """Run what alembic was asked for on a connection."""
    with alone(connection):
        context.configure(
            connection=connection,
            target_metadata=METADATA,
            transaction_per_migration=True,
            render_as_batch=connection.dialect.name == "sqlite",
        )
        with context.begin_transaction():
            context.run_migrations()


@contextmanager
def alone(connection: Connection) -> Iterator[None]:
    """Keep other migrators out, and give up rather than hold up the registry."""
    if connection.dialect.name != "postgresql":
        yield
        return
    limit(connection, lock=WAIT_FOR_OTHERS, statement=WAIT_FOR_OTHERS)
    connection.exec_driver_sql(f"SELECT pg_advisory_lock({ADVISORY_LOCK})")
    limit(connection, lock=LOCK_TIMEOUT, statement=STATEMENT_TIMEOUT)
    connection.commit()
    try:
        yield
    finally:
        connection.rollback()
        connection.exec_driver_sql(f"SELECT pg_advisory_unlock({ADVISORY_LOCK})")
        connection.exec_driver_sql("RESET lock_timeout")
        connection.exec_driver_sql("RESET statement_timeout")
        connection.commit()


def limit(connection: Connection, *, lock: str, statement: str) -> None:
    """Set the limits of the session: a transaction per revision would end those of a transaction."""
    connection.exec_driver_sql(f"SET lock_timeout = '{lock}'")
    connection.exec_driver_sql(f"SET statement_timeout = '{statement}'")


def run_on_url(url: str | None) -> None:
    """Run for the `alembic` command."""
    if url is None:
        raise SystemExit("say which database: alembic -x url=sqlite:///FILE …")
    engine = make_engine(url)
    with engine.connect() as connection:
        run(connection)
    engine.dispose()


if handed_over := context.config.attributes.get("connection"):
    run(handed_over)
else:
    run_on_url(context.get_x_argument(as_dictionary=True).get("url"))
