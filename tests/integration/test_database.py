"""How the database is opened: what is on disk when a commit returns, who waits for whom, and what a user is told."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from hepledger.database import DatabaseUnavailable, _patiently, make_engine, reading, sqlite_url, writing


def engine_with_a_table(folder: Path, *, busy_seconds: float = 30.0) -> Engine:
    engine = make_engine(sqlite_url(folder / "trial.sqlite"), busy_seconds=busy_seconds)
    with writing(engine) as connection:
        connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS said (word TEXT UNIQUE)")
    return engine


def words(engine: Engine) -> list[str]:
    with reading(engine) as connection:
        return [str(row[0]) for row in connection.exec_driver_sql("SELECT word FROM said ORDER BY word")]


def say(engine: Engine, *some: str) -> None:
    with writing(engine) as connection:
        for word in some:
            connection.exec_driver_sql("INSERT INTO said VALUES (?)", (word,))


def test_a_commit_is_on_disk_before_it_returns(tmp_path: Path) -> None:
    with reading(engine_with_a_table(tmp_path)) as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2


def test_a_block_that_ends_is_committed_and_one_that_raises_is_not(tmp_path: Path) -> None:
    engine = engine_with_a_table(tmp_path)
    say(engine, "one")
    with pytest.raises(IntegrityError):
        say(engine, "two", "one")
    assert words(engine) == ["one"]


def test_a_reader_goes_on_beside_a_writer_and_sees_what_was_committed(tmp_path: Path) -> None:
    engine, other = engine_with_a_table(tmp_path), engine_with_a_table(tmp_path, busy_seconds=0)
    with writing(engine) as connection:
        connection.exec_driver_sql("INSERT INTO said VALUES ('one')")
        assert words(other) == []
    assert words(other) == ["one"]


def test_a_writer_goes_on_beside_a_reader_who_keeps_one_view(tmp_path: Path) -> None:
    engine, other = engine_with_a_table(tmp_path), engine_with_a_table(tmp_path, busy_seconds=0)
    with reading(engine) as connection:
        count = "SELECT count(*) FROM said"
        assert connection.exec_driver_sql(count).scalar_one() == 0
        say(other, "one")
        assert connection.exec_driver_sql(count).scalar_one() == 0
    assert words(engine) == ["one"]


def test_a_second_writer_is_kept_out_from_its_first_statement_on(tmp_path: Path) -> None:
    engine, other = engine_with_a_table(tmp_path), engine_with_a_table(tmp_path, busy_seconds=0)
    with writing(engine), pytest.raises(DatabaseUnavailable, match="locked"), writing(other):
        raise AssertionError


@pytest.mark.parametrize("content", [b"not a database" * 500, None], ids=["another file", "a folder"])
def test_a_database_that_is_none_is_told_without_a_traceback(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "trial.sqlite"
    path.mkdir() if content is None else path.write_bytes(content)
    with pytest.raises(DatabaseUnavailable), reading(make_engine(sqlite_url(path))):
        raise AssertionError


def test_a_statement_that_breaks_a_rule_of_the_schema_is_not_called_an_outage(tmp_path: Path) -> None:
    engine = engine_with_a_table(tmp_path)
    say(engine, "one")
    with pytest.raises(IntegrityError):
        say(engine, "one")


def test_a_database_that_cannot_be_used_is_named_with_what_a_person_can_do(tmp_path: Path) -> None:
    path = tmp_path / "trial.sqlite"
    path.write_bytes(b"not a database" * 500)
    with pytest.raises(DatabaseUnavailable) as told, reading(make_engine(sqlite_url(path))):
        raise AssertionError
    assert f"The database {path} could not be used: file is not a database (" in str(told.value)
    assert "restore it from a copy" in str(told.value)


def test_words_of_the_driver_that_nobody_foresaw_are_told_as_they_are() -> None:
    assert (
        str(DatabaseUnavailable("the moon is full", "a.db")) == "The database a.db could not be used: the moon is full"
    )


def busy(code: int = sqlite3.SQLITE_BUSY) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("database is locked")
    error.sqlite_errorcode = code
    return error


def test_a_file_that_another_one_is_just_making_is_waited_for_but_not_for_ever() -> None:
    answers: list[sqlite3.OperationalError | None] = [busy(), busy(sqlite3.SQLITE_BUSY_RECOVERY), None]

    def execute() -> None:
        if (error := answers.pop(0)) is not None:
            raise error

    _patiently(execute, 30.0)
    assert answers == []
    answers += [busy(), None]
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        _patiently(execute, 0.0)


def test_a_fault_that_waiting_does_not_mend_is_told_at_once() -> None:
    answers = [busy(sqlite3.SQLITE_CANTOPEN), busy()]

    def execute() -> None:
        raise answers.pop(0)

    with pytest.raises(sqlite3.OperationalError):
        _patiently(execute, 30.0)
    assert len(answers) == 1
