"""On PostgreSQL too, two roads lead to one schema; and an upgrade keeps what is in the database, whoever else is at work there."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, LargeBinary, MetaData, Table, Text, insert, inspect, select

from hepledger.database import DatabaseUnavailable, make_engine, reading, sqlite_url, writing
from hepledger.errors import RegistryMissing
from hepledger.state import migrate
from hepledger.tables import METADATA
from tests.integration.test_migrations import UPGRADE, differences
from tests.support.databases import opened


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An empty database of either engine."""
    file = sqlite_url(tmp_path / "registry.sqlite").render_as_string()
    url = file if request.param == "sqlite" else request.getfixturevalue("postgresql_url")
    with opened(url, tables=False) as made:
        yield made


@contextmanager
def asked_of_alembic(engine: Engine) -> Iterator[Config]:
    config = Config()
    config.set_main_option("script_location", str(migrate.migrations_folder()))
    config.set_main_option("path_separator", "os")
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        yield config
        connection.commit()


def columns(engine: Engine) -> dict[str, list[tuple[str, str, bool]]]:
    with reading(engine) as connection:
        looked = inspect(connection)
        return {
            name: [(each["name"], repr(each["type"]), each["nullable"]) for each in looked.get_columns(name)]
            for name in METADATA.tables
        }


def one_row_everywhere(connection: Connection) -> dict[str, tuple[object, ...]]:
    """Writes a row into each table as it stands, whatever its columns are, and gives it."""
    standing = MetaData()
    standing.reflect(connection)
    written = {}
    for name, table in standing.tables.items():
        if name != "alembic_version":
            row = {column.name: _value(column.type) for column in table.columns}
            connection.execute(insert(table), row)
            written[name] = tuple(row.values())
    return written


def _value(kind: object) -> object:
    if isinstance(kind, LargeBinary):
        return b"kept"
    return "kept" if isinstance(kind, Text) else True if "BOOL" in repr(kind).upper() else 1


def rows_of(engine: Engine, table: Table, names: list[str]) -> list[tuple[object, ...]]:
    with reading(engine) as connection:
        return [tuple(row) for row in connection.execute(select(*(table.c[name] for name in names)))]


def test_the_revisions_and_the_tables_do_not_differ(engine: Engine) -> None:
    migrate.upgrade(engine)
    assert differences(engine, METADATA) == []


def test_the_two_roads_give_the_same_columns_and_constraints(postgresql_url: str) -> None:
    with opened(postgresql_url, tables=False) as engine:
        migrate.upgrade(engine)
        migrated = columns(engine), constraints(engine)
        METADATA.drop_all(engine)
        METADATA.create_all(engine)
        assert (columns(engine), constraints(engine)) == migrated


def constraints(engine: Engine) -> list[tuple[object, ...]]:
    """What PostgreSQL remembers of each constraint, index and order of texts."""
    asked = """SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace
        AND conrelid <> 'alembic_version'::regclass
        UNION ALL SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
        UNION ALL SELECT table_name || '.' || column_name, collation_name FROM information_schema.columns
        WHERE table_schema = 'public' ORDER BY 1, 2"""
    with reading(engine) as connection:
        return [tuple(row) for row in connection.exec_driver_sql(asked)]


def test_every_text_is_ordered_by_its_bytes(postgresql_url: str) -> None:
    with opened(postgresql_url) as engine:
        asked = """SELECT table_name, column_name FROM information_schema.columns
            WHERE table_schema = 'public' AND data_type = 'text' AND collation_name IS DISTINCT FROM 'C'"""
        with reading(engine) as connection:
            assert connection.exec_driver_sql(asked).all() == []


def test_alembic_finds_nothing_to_do(engine: Engine) -> None:
    migrate.upgrade(engine)
    with asked_of_alembic(engine) as config:
        command.check(config)


def test_alembic_finds_what_was_left_undone(engine: Engine) -> None:
    migrate.upgrade(engine)
    with writing(engine) as connection:
        connection.exec_driver_sql("DROP TABLE parked")
    with asked_of_alembic(engine) as config, pytest.raises(CommandError, match="New upgrade operations"):
        command.check(config)


def test_an_upgrade_from_the_first_revision_keeps_every_row(engine: Engine) -> None:
    with asked_of_alembic(engine) as config:
        command.upgrade(config, migrate.REVISIONS[0])
    with writing(engine) as connection:
        written = one_row_everywhere(connection)
        names = {name: [each["name"] for each in inspect(connection).get_columns(name)] for name in written}
    assert len(written) >= 18
    migrate.upgrade(engine)
    assert differences(engine, METADATA) == []
    assert {name: rows_of(engine, METADATA.tables[name], names[name]) for name in written} == {
        name: [row] for name, row in written.items()
    }


def test_two_processes_that_create_a_database_at_once_make_one_schema(postgresql_url: str) -> None:
    processes = [subprocess.Popen([sys.executable, "-c", UPGRADE, postgresql_url]) for _ in range(2)]
    assert [process.wait() for process in processes] == [0, 0]
    with opened(postgresql_url, tables=False) as engine:
        assert migrate.is_current(engine)
        assert differences(engine, METADATA) == []


def test_an_upgrade_that_fails_leaves_nothing_half_done(postgresql_url: str) -> None:
    last = max(METADATA.tables)
    with opened(postgresql_url, tables=False) as engine:
        with writing(engine) as connection:
            connection.exec_driver_sql(f"CREATE TABLE {last} (in_the_way text)")
        with pytest.raises(Exception, match="already exists"):
            migrate.upgrade(engine)
        with reading(engine) as connection:
            assert inspect(connection).get_table_names() == [last]
        with writing(engine) as connection:
            connection.exec_driver_sql(f"DROP TABLE {last}")
        migrate.upgrade(engine)
        assert migrate.is_current(engine)


def test_an_upgrade_that_has_nothing_to_do_waits_for_no_table(postgresql_url: str) -> None:
    with opened(postgresql_url, tables=False) as engine:
        migrate.upgrade(engine)
        with writing(engine) as connection:
            connection.exec_driver_sql("LOCK TABLE parked")
            migrate.upgrade(engine)
        assert migrate.is_current(engine)


def test_a_session_that_migrated_is_not_used_again(postgresql_url: str) -> None:
    with opened(postgresql_url, tables=False, busy_seconds=9) as engine:
        migrate.upgrade(engine)
        with reading(engine) as connection:
            assert connection.exec_driver_sql("SHOW lock_timeout").scalar_one() == "9s"


def test_a_server_without_a_registry_is_told_so(postgresql_url: str) -> None:
    with opened(postgresql_url, tables=False) as engine, pytest.raises(RegistryMissing):
        migrate.check_current(engine)


def test_a_database_that_is_not_there_is_told(postgresql_url: str) -> None:
    engine = make_engine(f"{postgresql_url}_missing")
    with pytest.raises(DatabaseUnavailable, match="does not exist"):
        migrate.upgrade(engine)
