"""How PostgreSQL is opened: what a session may wait for, what a reader sees, and what a message says of a row."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event, Thread

import pytest
from sqlalchemy import Connection, Engine, insert
from sqlalchemy.exc import DataError, IntegrityError, InternalError, ProgrammingError

from hepledger.database import DatabaseUnavailable, make_engine, reading, writing
from hepledger.errors import WrongUsage
from hepledger.postgresql import copy_into, execute_many
from hepledger.tables import patient
from tests.support.databases import opened

Way = Callable[[Connection, str], None]
NAMES = ("centre", "patient", "partition")


def settings(engine: Engine, *names: str) -> list[str]:
    with reading(engine) as connection:
        return [str(connection.exec_driver_sql(f"SHOW {name}").scalar_one()) for name in names]


def names(engine: Engine) -> list[str]:
    with reading(engine) as connection:
        return list(connection.exec_driver_sql("SELECT patient FROM patient ORDER BY patient").scalars())


def add(engine: Engine, *rows: tuple[object, ...]) -> None:
    with writing(engine) as connection:
        copy_into(connection, patient, NAMES, rows)


def test_a_session_has_a_name_and_waits_for_nothing_without_end(postgresql_url: str) -> None:
    with opened(postgresql_url, busy_seconds=7) as engine:
        asked = ("application_name", "lock_timeout", "statement_timeout", "client_encoding", "synchronous_commit")
        assert settings(engine, *asked) == ["hepledger", "7s", "2min", "UTF8", "on"]


def test_a_name_in_the_url_stays_what_it_is(postgresql_url: str) -> None:
    with opened(f"{postgresql_url}?application_name=worker-7") as engine:
        assert settings(engine, "application_name") == ["worker-7"]


def test_a_commit_waits_for_the_disk_also_where_the_server_would_not(postgresql_url: str) -> None:
    with opened(f"{postgresql_url}?options=-c%20synchronous_commit%3Doff") as engine:
        assert settings(engine, "synchronous_commit") == ["on"]


def test_a_stricter_commit_is_left_as_it_is(postgresql_url: str) -> None:
    with opened(f"{postgresql_url}?options=-c%20synchronous_commit%3Dremote_apply") as engine:
        assert settings(engine, "synchronous_commit") == ["remote_apply"]


def test_a_reader_keeps_one_view_and_cannot_write(postgresql_url: str) -> None:
    with opened(postgresql_url) as engine, reading(engine) as connection:
        count = "SELECT count(*) FROM patient"
        assert connection.exec_driver_sql(count).scalar_one() == 0
        add(engine, ("LEE", "one", 0))
        assert connection.exec_driver_sql(count).scalar_one() == 0
        with pytest.raises(InternalError, match="read-only"):
            connection.exec_driver_sql("DELETE FROM patient")


def test_a_connection_that_was_read_with_writes_again(postgresql_url: str) -> None:
    with opened(postgresql_url) as engine:
        for number in range(3):
            assert len(names(engine)) == number
            add(engine, ("LEE", str(number), 0))


def test_a_block_that_raises_leaves_nothing_of_its_copy(postgresql_url: str) -> None:
    with opened(postgresql_url) as engine:
        add(engine, ("LEE", "one", 0))
        with pytest.raises(IntegrityError):
            add(engine, ("LEE", "two", 0), ("LEE", "one", 0))
        assert names(engine) == ["one"]


def test_a_writer_that_stands_still_is_ended_before_others_give_up_waiting(postgresql_url: str) -> None:
    with opened(postgresql_url, busy_seconds=1.5) as engine, opened(postgresql_url) as other:
        standing, told, faults = Event(), Event(), list[BaseException]()

        def stand_still() -> None:
            try:
                with writing(engine) as connection:
                    connection.exec_driver_sql("LOCK TABLE patient")
                    standing.set()
                    told.wait(10)
                    connection.exec_driver_sql("SELECT 1")
            except DatabaseUnavailable as fault:
                faults.append(fault)

        thread = Thread(target=stand_still)
        thread.start()
        assert standing.wait(10)
        add(other, ("LEE", "one", 0))
        told.set()
        thread.join(10)
        assert len(faults) == 1
        assert names(engine) == ["one"]


def test_a_connection_that_the_server_closed_is_replaced(postgresql_url: str) -> None:
    with opened(postgresql_url) as engine, opened(postgresql_url) as other:
        assert names(engine) == []
        with writing(other) as connection:
            ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()"
            connection.exec_driver_sql(ended)
        assert names(engine) == []


def by_copy(connection: Connection, name: str) -> None:
    copy_into(connection, patient, NAMES, [("LEE", name, 0)])


def by_statements(connection: Connection, name: str) -> None:
    execute_many(connection, "INSERT INTO patient (centre, patient, partition) VALUES (%s, %s, %s)", [("LEE", name, 0)])


def by_sqlalchemy(connection: Connection, name: str) -> None:
    connection.execute(insert(patient), {"centre": "LEE", "patient": name, "partition": 0})


WAYS = pytest.mark.parametrize("add_by", [by_copy, by_statements, by_sqlalchemy])


@WAYS
def test_a_connection_lost_on_the_way_is_an_outage_and_not_a_failure_of_ours(add_by: Way, postgresql_url: str) -> None:
    def lose_it() -> None:
        with writing(engine) as connection:
            backend = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
            with writing(other) as second:
                second.exec_driver_sql(f"SELECT pg_terminate_backend({backend}, 5000)")
            add_by(connection, "one")

    with opened(postgresql_url) as engine, opened(postgresql_url) as other:
        with pytest.raises(DatabaseUnavailable):
            lose_it()
        add(engine, ("LEE", "two", 0))
        assert names(engine) == ["two"]


@WAYS
def test_no_error_of_the_server_repeats_what_a_row_holds(add_by: Way, postgresql_url: str) -> None:
    def add_again() -> None:
        with writing(engine) as connection:
            add_by(connection, "PRIVATE-7")

    with opened(postgresql_url) as engine:
        add_again()
        with pytest.raises(IntegrityError, match="uq_patient") as fault:
            add_again()
        told = [fault.value, fault.value.orig, fault.value.__cause__]
        assert "PRIVATE-7" not in "".join(map(str, told))


def test_a_text_that_no_column_can_hold_is_refused_without_repeating_it(postgresql_url: str) -> None:
    with opened(postgresql_url) as engine, pytest.raises(DataError) as fault:
        add(engine, ("LEE", "PRIVATE-7\0", 0))
    assert "PRIVATE-7" not in str(fault.value)


def test_a_table_that_is_not_there_is_not_called_an_outage(postgresql_url: str) -> None:
    with opened(postgresql_url, tables=False) as engine, pytest.raises(ProgrammingError):
        names(engine)


@pytest.mark.parametrize("url", ["postgresql://user:secret@host:port/db", "postgresql"])
def test_a_url_that_cannot_be_read_is_told_without_repeating_it(url: str) -> None:
    with pytest.raises(WrongUsage) as refusal:
        make_engine(url)
    assert "secret" not in str(refusal.value)


def test_a_server_that_is_away_is_told_without_the_password() -> None:
    engine = make_engine("postgresql://user:secret@127.0.0.1:1/db")
    with pytest.raises(DatabaseUnavailable, match="refused") as fault, reading(engine):
        raise AssertionError
    assert "secret" not in str(fault.value)
