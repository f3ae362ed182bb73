"""Two roads lead to one schema, the revisions and tables.py, and a database that is on neither is told so."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Column, Engine, MetaData, Table, Text

from hepledger.database import DatabaseUnavailable, make_engine, reading, sqlite_url, writing
from hepledger.errors import RegistryMissing
from hepledger.log.sql import create_stream
from hepledger.state import migrate
from hepledger.tables import METADATA
from tests.support.log_contract import entry, payloads, read_all

UPGRADE = """
import sys
from hepledger.database import make_engine
from hepledger.state import migrate
migrate.upgrade(make_engine(sys.argv[1]))
"""


def database_in(folder: Path) -> Engine:
    return make_engine(sqlite_url(folder / "registry.sqlite"))


def migrated(folder: Path) -> Engine:
    engine = database_in(folder)
    migrate.upgrade(engine)
    return engine


def differences(engine: Engine, metadata: MetaData) -> list[object]:
    with reading(engine) as connection:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))


def statements(engine: Engine) -> dict[str, list[str]]:
    """What SQLite remembers of each table and index: all of it, also what the comparison of alembic does not look at."""
    with reading(engine) as connection:
        rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").all()
    return {
        name: sorted(line.strip().rstrip(",") for line in sql.splitlines())
        for name, sql in rows
        if name != "alembic_version"
    }


def column_orders(engine: Engine) -> dict[str, list[str]]:
    with reading(engine) as connection:
        return {
            name: [row[1] for row in connection.exec_driver_sql(f"PRAGMA table_info({name})")]
            for name in METADATA.tables
        }


def test_the_revisions_and_the_tables_do_not_differ(tmp_path: Path) -> None:
    assert differences(migrated(tmp_path), METADATA) == []


def test_a_table_without_a_revision_is_noticed(tmp_path: Path) -> None:
    wider = MetaData()
    for table in METADATA.tables.values():
        table.to_metadata(wider)
    Table("forgotten", wider, Column("word", Text))
    wider.tables["patient"].append_column(Column("forgotten", Text))
    kinds = [difference[0] for difference in differences(migrated(tmp_path), wider) if isinstance(difference, tuple)]
    assert sorted(kinds) == ["add_column", "add_table"]


def test_the_two_roads_give_the_same_statements(tmp_path: Path) -> None:
    created = make_engine(sqlite_url(tmp_path / "created.sqlite"))
    METADATA.create_all(created)
    assert statements(migrated(tmp_path)) == statements(created)
    assert column_orders(database_in(tmp_path)) == column_orders(created)


def test_a_database_is_current_after_an_upgrade_and_not_before(tmp_path: Path) -> None:
    engine = database_in(tmp_path)
    assert migrate.current_revision(engine) is None
    assert not migrate.is_current(engine)
    with pytest.raises(RegistryMissing):
        migrate.check_current(engine)
    migrate.upgrade(engine)
    assert migrate.current_revision(engine) == migrate.newest_revision()
    assert migrate.is_current(engine)
    migrate.check_current(engine)


def test_an_upgrade_of_a_current_database_keeps_what_is_in_it(tmp_path: Path) -> None:
    engine = migrated(tmp_path)
    log = create_stream(engine, "reported")
    log.append([entry("a")])
    migrate.upgrade(engine)
    assert payloads(read_all(log)) == [b"a says 412"]


def test_two_processes_that_create_a_database_at_once_make_one_schema(tmp_path: Path) -> None:
    url = str(sqlite_url(tmp_path / "registry.sqlite"))
    processes = [subprocess.Popen([sys.executable, "-c", UPGRADE, url]) for _ in range(2)]
    assert [process.wait() for process in processes] == [0, 0]
    assert migrate.is_current(make_engine(url))


def test_an_upgrade_that_fails_leaves_nothing_half_done(tmp_path: Path) -> None:
    engine = database_in(tmp_path)
    last = max(METADATA.tables)
    with writing(engine) as connection:
        connection.exec_driver_sql(f"CREATE TABLE {last} (in_the_way TEXT)")
    with pytest.raises(DatabaseUnavailable, match="already exists"):
        migrate.upgrade(engine)
    with reading(engine) as connection:
        assert connection.exec_driver_sql("SELECT name FROM sqlite_master").scalars().all() == [last]


@pytest.mark.parametrize("revision", ["from_the_future"])
def test_a_schema_of_a_newer_version_is_left_alone(revision: str, tmp_path: Path) -> None:
    engine = migrated(tmp_path)
    with writing(engine) as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = ?", (revision,))
    for ask in (migrate.upgrade, migrate.check_current):
        with pytest.raises(migrate.SchemaFromTheFuture, match=revision):
            ask(engine)
    assert not migrate.is_current(engine)


def test_the_revisions_the_code_knows_are_those_in_the_folder() -> None:
    folder = ScriptDirectory(str(migrate.migrations_folder()))
    assert [script.revision for script in reversed(list(folder.walk_revisions()))] == list(migrate.REVISIONS)
