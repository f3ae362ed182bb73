"""What is written in bulk comes out the same on both engines, whether a handful of rows or many."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, select

from hepledger.database import make_engine, writing
from hepledger.state import bulk, bulk_postgresql
from hepledger.tables import METADATA, course, data_query, fact, outbox, patient, transition
from tests.support.databases import opened

SIZES = pytest.mark.parametrize("number", [1, bulk_postgresql.FEW, bulk_postgresql.FEW + 1, 1_000])
COURSE = ("projection_id", "patient_id", "state", "last_day", "snapshot")
DOUBT = ("patient_id", "kind", "identity", "event_id", "problem")

Work = Callable[[Connection], object]


def rows_after(engine: Engine, table: str, *steps: Work) -> list[tuple[Any, ...]]:
    """The rows of a table after each step was taken in a transaction of its own."""
    for step in steps:
        with writing(engine) as connection:
            step(connection)
    with writing(engine) as connection:
        return sorted(map(tuple, connection.execute(select(METADATA.tables[table]))), key=repr)


def alike(url: str, table: str, *steps: Work) -> list[tuple[Any, ...]]:
    """The rows, which both engines agree on."""
    embedded = make_engine("sqlite://")
    METADATA.create_all(embedded)
    with opened(url) as engine:
        found = rows_after(engine, table, *steps)
        assert found == rows_after(embedded, table, *steps)
    embedded.dispose()
    return found


def courses(numbers: Sequence[int], state: str) -> list[tuple[Any, ...]]:
    return [(1, number, state, number, f"{state} {number}".encode()) for number in numbers]


def fact_rows(number: int) -> list[tuple[Any, ...]]:
    known = dict.fromkeys(column.name for column in fact.columns)
    said = {
        "kind": 1,
        "partition": 0,
        "type": "lab_result_recorded",
        "version_time": 2**40,
        "recorded_at": 2**50,
        "rank": 3,
    }
    return [
        tuple({**known, **said, "patient_id": at % 7, "identity": f"ÄLT {at // 2} µ", "event_id": bytes([at % 256] * 16), "offset": at}.values())
        for at in range(number)
    ]  # fmt: skip


@SIZES
def test_rows_that_are_there_already_are_left_as_they_are(number: int, postgresql_url: str) -> None:
    columns = tuple(column.name for column in fact.columns)
    said = fact_rows(number)
    found = alike(
        postgresql_url,
        "fact",
        lambda c: bulk.insert(c, fact, columns, said[: number // 2]),
        lambda c: bulk.insert(c, fact, columns, [*said, *said]),
    )
    assert found == sorted(said, key=repr)


@SIZES
def test_an_upsert_overwrites_what_has_the_key(number: int, postgresql_url: str) -> None:
    found = alike(
        postgresql_url,
        "course",
        lambda c: bulk.upsert(c, course, COURSE, courses(range(number), "PR")),
        lambda c: bulk.upsert(c, course, COURSE, courses(range(0, number * 2, 2), "CR")),
    )
    assert {row[3] for row in found if row[1] % 2 == 0} == {"CR"}


@SIZES
def test_an_update_changes_what_has_the_key_and_nothing_else(number: int, postgresql_url: str) -> None:
    moved = [(None if at % 3 else at + 1, b"moved", 1, at) for at in range(0, number + 5, 2)]
    alike(
        postgresql_url,
        "course",
        lambda c: bulk.upsert(c, course, COURSE, courses(range(number), "PR")),
        lambda c: bulk.update(c, course, ("last_day", "snapshot"), ("projection_id", "patient_id"), moved),
    )


@SIZES
def test_beliefs_are_opened_and_given_their_fate(number: int, postgresql_url: str) -> None:
    columns = ("projection_id", "patient_id", "confirmed_day", "known_from", "from_state", "to_state")
    more = ("onset_day", "relapse", "rule", "evidence", "known_to", "announced_id")
    opened_rows = [(1, at, 7, at, "PR", "CR", 5, at % 2 == 0, 2, "a|b", None, None) for at in range(number)]
    fates = [(at + 9, b"x" * 16, 1, at, 7, at) for at in range(0, number, 2)]
    key = ("projection_id", "patient_id", "confirmed_day", "known_from")
    found = alike(
        postgresql_url,
        "transition",
        lambda c: bulk.insert(c, transition, (*columns, *more), opened_rows),
        lambda c: bulk.update(c, transition, ("known_to", "announced_id"), key, fates),
    )
    assert len(found) == number


@SIZES
def test_a_doubt_that_comes_and_goes_twice_is_closed_twice(number: int, postgresql_url: str) -> None:
    doubts = [(at, 1, f"ALT {at}", b"e" * 16, "not plausible") for at in range(number)]
    opened_rows = [(*doubt, at) for doubt, at in product(doubts, (3, 7, 11))]
    closed = [(at, *doubt, at) for doubt, at in product(doubts, (5, 9))]
    found = alike(
        postgresql_url,
        "data_query",
        lambda c: bulk.insert(c, data_query, (*DOUBT, "known_from"), opened_rows),
        lambda c: bulk.close(c, data_query, DOUBT, closed),
    )
    assert [row[5:] for row in found][:3] in [[(11, None), (3, 5), (7, 9)], [(3, 5), (7, 9), (11, None)]]


@SIZES
def test_what_is_removed_is_gone_and_what_was_never_there_is_no_matter(number: int, postgresql_url: str) -> None:
    key = ("projection_id", "patient_id")
    gone = [(1, at) for at in range(0, number * 2, 2)]
    found = alike(
        postgresql_url,
        "course",
        lambda c: bulk.upsert(c, course, COURSE, courses(range(number), "PR")),
        lambda c: bulk.remove(c, course, key, gone),
    )
    assert [row[1] % 2 for row in found] == [1] * len(found)


@SIZES
def test_events_wait_in_the_order_in_which_they_were_put(number: int, postgresql_url: str) -> None:
    said = [(bytes([at % 256] * 16), 0, f"LEE/{number - at}", b"payload") for at in range(number)]
    found = alike(
        postgresql_url, "outbox", lambda c: bulk.insert(c, outbox, ("event_id", "partition", "key", "payload"), said)
    )
    assert [row[1:] for row in sorted(found)] == said


@SIZES
def test_versions_of_identities_are_found_set_based(number: int, postgresql_url: str) -> None:
    columns = tuple(column.name for column in fact.columns)
    said = fact_rows(number)
    wanted = [(place, row[0], row[1], row[2]) for place, row in enumerate([*said[::3], *said[:2]])]
    wanted.append((len(wanted), 99, 1, "never heard of"))
    with opened(postgresql_url) as engine, writing(engine) as connection:
        bulk.insert(connection, fact, columns, said)
        for _ in range(2):
            found = sorted(bulk.known_versions(connection, wanted))
            assert found == sorted(
                (place, row[3], row[5]) for place, *who in wanted for row in said if list(row[:3]) == who
            )
        assert list(bulk.known_versions(connection, [])) == []


@pytest.mark.parametrize("values", [[], [2, 4], range(5_000)])
def test_among_any_number_of_values(values: Sequence[int], postgresql_url: str) -> None:
    with opened(postgresql_url) as engine, writing(engine) as connection:
        bulk.upsert(connection, course, COURSE, courses(range(6), "PR"))
        asked = select(course.c.patient_id).where(bulk.among(connection, course.c.patient_id, values))
        assert set(connection.execute(asked).scalars()) == set(range(6)) & set(values)
        named = select(course.c.state).where(bulk.among(connection, course.c.state, ["PR", "CR"]))
        assert len(connection.execute(named).all()) == 6


def test_new_patients_are_written_in_one_order_whoever_meets_them_first() -> None:
    said = [("LEE", f"LEE-{at}", 0) for at in range(20)]
    columns = ("centre", "patient", "partition")
    in_order = bulk_postgresql.in_one_order(patient, columns, said)
    assert in_order == bulk_postgresql.in_one_order(patient, columns, said[::-1])
    assert in_order != said


def test_what_is_left_in_a_temporary_table_by_a_transaction_that_failed_is_gone(postgresql_url: str) -> None:
    def fail(connection: Connection) -> None:
        bulk.upsert(connection, course, COURSE, courses(range(100), "PR"))
        raise ArithmeticError

    with opened(postgresql_url) as engine:
        for _ in range(2):
            with pytest.raises(ArithmeticError):
                rows_after(engine, "course", fail)
        numbers = range(60)
        assert len(rows_after(engine, "course", lambda c: bulk.upsert(c, course, COURSE, courses(numbers, "CR")))) == 60
