"""A statement that is sent and not waited for: whatever comes next on the connection finds it done, or hears its error."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import Connection, Engine, select
from sqlalchemy.exc import IntegrityError

from hepledger.database import DatabaseUnavailable, reading, writing
from hepledger.postgresql import copy_into, execute_many, start
from hepledger.tables import patient
from tests.support.databases import opened

ADD = "INSERT INTO patient (centre, patient, partition) SELECT 'LEE', 'LEE-001', 0 FROM pg_sleep(0.2)"
COLUMNS = ("centre", "patient", "partition")
ANOTHER = ("LEE", "LEE-002", 0)


def names(connection: Connection) -> list[str]:
    return sorted(connection.execute(select(patient.c.patient)).scalars())


def another_by_copy(connection: Connection) -> None:
    copy_into(connection, patient, COLUMNS, [ANOTHER])


def another_by_executemany(connection: Connection) -> None:
    execute_many(connection, "INSERT INTO patient (centre, patient, partition) VALUES (%s, %s, %s)", [ANOTHER])


def another_one_started(connection: Connection) -> None:
    start(connection, ADD.replace("LEE-001", "LEE-002"))


NEXT: list[Callable[[Connection], None]] = [another_by_copy, another_by_executemany, another_one_started]


def test_a_query_sees_what_was_started_before_it(postgresql_url: str) -> None:
    with opened(postgresql_url) as engine, writing(engine) as connection:
        start(connection, ADD)
        assert names(connection) == ["LEE-001"]


def test_a_commit_takes_what_was_started_with_it(postgresql_url: str) -> None:
    with opened(postgresql_url) as engine:
        with writing(engine) as connection:
            start(connection, ADD)
        with reading(engine) as connection:
            assert names(connection) == ["LEE-001"]


@pytest.mark.parametrize("then", NEXT)
def test_whatever_writes_next_writes_after_it(then: Callable[[Connection], None], postgresql_url: str) -> None:
    with opened(postgresql_url) as engine, writing(engine) as connection:
        start(connection, ADD)
        then(connection)
        assert names(connection) == ["LEE-001", "LEE-002"]


@pytest.mark.parametrize("then", [names, another_by_copy, another_by_executemany, Connection.commit])
def test_an_error_is_raised_by_what_comes_next_and_nothing_stays(
    then: Callable[[Connection], object], postgresql_url: str
) -> None:
    with opened(postgresql_url) as engine:
        with writing(engine) as connection:
            start(connection, ADD)
            start(connection, ADD)
            with pytest.raises(IntegrityError):
                then(connection)
            connection.rollback()
        with reading(engine) as connection:
            assert names(connection) == []


def test_what_was_started_is_rolled_back_and_its_error_forgotten(postgresql_url: str) -> None:
    with opened(postgresql_url) as engine:
        with writing(engine) as connection:
            start(connection, ADD)
            connection.rollback()
        with writing(engine) as connection:
            start(connection, "SELECT 1 / 0")
            connection.rollback()
        with reading(engine) as connection:
            assert names(connection) == []


def cut_off_meanwhile(engine: Engine) -> None:
    """A statement is started, and the server ends the connection before it is done."""
    with writing(engine) as connection:
        number = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        start(connection, ADD.replace("0.2", "30"))
        with writing(engine) as other:
            other.exec_driver_sql(f"SELECT pg_terminate_backend({number})")


def test_a_connection_lost_meanwhile_is_told_and_the_next_one_works(postgresql_url: str) -> None:
    with opened(postgresql_url) as engine:
        with pytest.raises(DatabaseUnavailable):
            cut_off_meanwhile(engine)
        with reading(engine) as connection:
            assert names(connection) == []
