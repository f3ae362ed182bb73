"""The schema of a database is brought up to this version of the code here, and compared with it before anything else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, column, inspect, select, table

from hepledger.database import faults_told, reading, writing
from hepledger.errors import RegistryMissing, SchemaOutdated, WrongUsage

REVISIONS: Final = ("0001", "0002", "0003", "0004", "0005", "0006", "0007")
"""Every revision in ``migrations``, oldest first: what each command compares with, without starting alembic for it."""

_PACKAGE = Path(__file__).parents[1]


class SchemaFromTheFuture(WrongUsage):
    """The database was made by a newer version of hepledger."""

    def __init__(self, revision: str) -> None:
        super().__init__(
            f"The database was made by a newer version of hepledger (revision {revision}): install that one"
        )
        self.revision = revision


def migrations_folder() -> Path:
    """Where the revisions are: in the installed package, or beside the packages in a checkout."""
    inside = _PACKAGE / "migrations"
    return inside if inside.is_dir() else _PACKAGE.parents[1] / "migrations"


def upgrade(engine: Engine) -> None:
    """Bring the schema up to this version; nothing happens when it is. Raises SchemaFromTheFuture, DatabaseUnavailable.

    Several processes may call it at once, threads of one may not (alembic keeps its context in a global). When it
    fails, no revision is left half done.
    """
    _check_known(current_revision(engine))
    from alembic import command  # noqa: PLC0415 - a fifth of a second that only an upgrade needs to spend
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(migrations_folder()).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    with _connection_to_migrate(engine) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def current_revision(engine: Engine) -> str | None:
    """The revision that the database stands at; None when it holds no schema of ours."""
    with reading(engine) as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.scalar(select(column("version_num")).select_from(table("alembic_version")))


def newest_revision() -> str:
    """The revision that this version of the code needs."""
    return REVISIONS[-1]


def is_current(engine: Engine) -> bool:
    """Whether the database has the schema that this version of the code needs."""
    return current_revision(engine) == newest_revision()


def check_current(engine: Engine) -> None:
    """Raise RegistryMissing, SchemaOutdated or SchemaFromTheFuture unless the schema is the one we need."""
    revision = current_revision(engine)
    if revision is None:
        raise RegistryMissing
    _check_known(revision)
    if revision != newest_revision():
        raise SchemaOutdated


def _check_known(revision: str | None) -> None:
    if revision is not None and revision not in REVISIONS:
        raise SchemaFromTheFuture(revision)


@contextmanager
def _connection_to_migrate(engine: Engine) -> Iterator[Connection]:
    """On SQLite in the one write transaction of the whole upgrade; elsewhere env.py makes one per revision."""
    if engine.dialect.name == "sqlite":
        with writing(engine) as connection:
            yield connection
    else:
        with faults_told(), engine.connect() as connection:
            connection.detach()  # env.py sets limits of its own: the session ends with the upgrade
            yield connection
