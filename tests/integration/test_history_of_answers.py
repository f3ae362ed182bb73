"""A registry that is older than the history of its answers begins it with the answer that it has."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config

from hepledger.database import make_engine, reading, sqlite_url, writing
from hepledger.state import migrate


def test_the_history_begins_with_what_is_the_answer_when_the_database_is_upgraded(tmp_path: Path) -> None:
    engine = make_engine(sqlite_url(tmp_path / "registry.sqlite"))
    config = Config()
    config.set_main_option("script_location", str(migrate.migrations_folder()))
    config.set_main_option("path_separator", "os")
    with writing(engine) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
        connection.exec_driver_sql("INSERT INTO active_criteria VALUES (1, 'f1', 1234)")
    migrate.upgrade(engine)
    with reading(engine) as connection:
        rows = connection.exec_driver_sql("SELECT fingerprint, previous, activated_at, kind FROM activation").all()
    assert [tuple(row) for row in rows] == [("f1", None, 1234, "first")]
