"""On PostgreSQL the same log gives the same rows as on SQLite, whatever the batches; and whoever lost a partition changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

import pytest

from hepledger.log.port import NewEntry
from hepledger.log.sql import create_stream, open_stream
from hepledger.state.checkpoints import Fenced
from hepledger_events.streams import DERIVED, REPORTED
from tests.support.builders import lab, prescription
from tests.support.cohort_of_many import new_entries
from tests.support.databases import opened
from tests.support.log_contract import read_all
from tests.support.projecting import COMPARED, State, entries_of, shipped, state_on, state_with
from tests.support.raw_log import RawLog

SETS = ("hegade-2011", "iaihg-2022", "ctcae-v5-alt")
DOCUMENTS = [shipped(name) for name in SETS]


def cohort(patients: int = 12, events_of_each: int = 60) -> list[NewEntry]:
    entries = list(new_entries(patients, events_of_each))
    return [*entries, *entries[100:130]]  # a producer that sent again


def rows_of(state: State) -> dict[str, list[object]]:
    """The rows; the patients without their numbers, which each engine gives out as it likes."""
    found: dict[str, list[object]] = {name: list(rows) for name, rows in state.rows(*COMPARED).items()}
    found["patient"] = [*sorted(map(repr, state.rows("patient")["patient"]))]
    return found


def embedded_rows(entries: Sequence[NewEntry]) -> dict[str, list[object]]:
    state = state_with(DOCUMENTS)
    state.project(RawLog(entries))
    return rows_of(state)


@pytest.mark.parametrize(("limit", "remembered"), [(10_000, 1_000_000), (97, 0), (97, 200), (11, 0)])
def test_the_same_log_gives_the_same_rows_as_on_sqlite(limit: int, remembered: int, postgresql_url: str) -> None:
    entries = cohort()
    with opened(postgresql_url) as engine:
        state = state_on(engine, DOCUMENTS)
        state.project(RawLog(entries), limit=limit, remembered=remembered)
        found = rows_of(state)
    expected = embedded_rows(entries)
    assert [name for name in expected if expected[name] != found[name]] == []


def test_sets_that_are_projected_at_once_by_two_workers_store_each_fact_once(postgresql_url: str) -> None:
    entries = cohort()
    with opened(postgresql_url) as engine, opened(postgresql_url) as other:
        state = state_on(engine, DOCUMENTS)
        second = State(other, state_on(other, DOCUMENTS).begin, state.sets)
        with ThreadPoolExecutor(2) as threads:
            work = [
                threads.submit(state.project, RawLog(entries), state.sets[:1], limit=40, remembered=0),
                threads.submit(second.project, RawLog(entries), state.sets[1:], limit=70, remembered=0),
            ]
            assert [each.result(60) for each in work] == [len(entries)] * 2
        found = rows_of(state)
    expected = embedded_rows(entries)
    assert [name for name in expected if expected[name] != found[name]] == []


def test_a_worker_that_lost_its_partition_changes_nothing(postgresql_url: str) -> None:
    entries = cohort()
    with opened(postgresql_url) as engine, opened(postgresql_url) as other:
        state = state_on(engine, DOCUMENTS)
        log = RawLog(entries)
        zombie = state.consumer(log, limit=100)
        assert zombie.step() == 100
        successor = State(other, state_on(other, DOCUMENTS).begin, state.sets).consumer(log, limit=100)
        before = rows_of(state)
        with pytest.raises(Fenced):
            zombie.step()
        assert rows_of(state) == before
        successor.drain()
        found = rows_of(state)
    expected = embedded_rows(entries)
    assert [name for name in expected if expected[name] != found[name]] == []


def test_derived_events_are_relayed_in_order_and_once(postgresql_url: str) -> None:
    with opened(postgresql_url) as engine:
        state = state_on(engine, DOCUMENTS)
        reported, derived = create_stream(engine, REPORTED, 3), create_stream(engine, DERIVED, 3)
        reported.append(list(islice(new_entries(12, 60), 720)))
        state.project(open_stream(engine, REPORTED))
        waiting = state.rows("outbox")["outbox"]
        assert len(waiting) > 20
        assert state.relay_all(derived) == len(waiting)
        assert state.rows("outbox")["outbox"] == []
        told = [one.event_id for partition in range(3) for one in read_all(derived, partition)]
        assert sorted(told) == sorted(row["event_id"] for row in waiting)


def test_a_text_with_a_zero_character_stops_its_patient_and_nobody_else(postgresql_url: str) -> None:
    entries = entries_of([prescription("LEE-001"), lab("LEE-001"), lab("LEE-002"), prescription("LEE-002")])
    log = RawLog(entries)
    log.replace(1, entries[1].payload.replace(b"ALT-", b"ALT\\u0000"))
    log.replace(
        2, entries[2].payload.replace(b"ALT-", rb"ALT\\u0000")
    )  # a backslash, a u, four digits: a text like any other
    with opened(postgresql_url) as engine:
        state = state_on(engine, DOCUMENTS)
        state.project(log)
        assert state.parked(state.sets[0]) == ["LEE/LEE-001"]
        assert len(state.rows("fact")["fact"]) == 3
