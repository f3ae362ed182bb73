"""A history read back from the rows is the history that was taken in."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings

from hepledger.clinical.facts import Version, microseconds
from hepledger.log.port import Entry, NewEntry
from hepledger.projection.arrivals import read_entries
from hepledger.state.facts import load_histories
from tests.support.builders import Submitted, lab, one_of_each
from tests.support.projecting import FIRST_CLOCK, State, entries_of, shipped, state_with
from tests.support.raw_log import RawLog
from tests.support.streams import streams


def projected(entries: list[NewEntry]) -> State:
    state = state_with([shipped("hegade-2011")])
    state.project(RawLog(entries))
    return state


def offsets(state: State, until: dict[int, int], recorded_by: int | None = None) -> list[list[int]]:
    with state.begin() as uow:
        found = load_histories(uow.connection, None, until, recorded_by=recorded_by)
        return [[version.offset for version in versions] for _, versions in found]


def of_two() -> list[Submitted]:
    return [lab("LEE-001", "2024-03-01"), lab("LEE-002"), lab("LEE-001", "2024-02-01"), lab("LEE-002", "2024-05-01")]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(entries=streams())
def test_a_history_comes_back_as_it_was_taken_in(entries: list[NewEntry]) -> None:
    expected: dict[str, list[Version | None]] = {}
    seen = set()
    for offset, new in enumerate(entries):
        (arrival,) = read_entries([Entry(0, offset, new.event_id, new.key, new.payload)])
        if new.event_id not in seen:
            expected.setdefault(new.key, []).append(arrival.version)
        seen.add(new.event_id)
    state = projected(entries)
    with state.begin() as uow:
        loaded = [versions for _, versions in load_histories(uow.connection, None, {0: len(entries)})]
    assert loaded == list(expected.values())  # patients are numbered in the order in which they were heard of


def test_every_kind_of_fact_comes_back() -> None:
    entries = entries_of(one_of_each())
    assert offsets(projected(entries), {0: len(entries)}) == [list(range(len(entries)))]


def test_only_what_stands_below_an_offset_is_read() -> None:
    assert offsets(projected(entries_of(of_two())), {0: 3}) == [[0, 2], [1]]


def test_of_a_partition_that_is_not_named_nothing_is_read() -> None:
    assert offsets(projected(entries_of(of_two())), {1: 3}) == []


def test_only_what_was_recorded_by_then_is_read() -> None:
    state = projected(entries_of(of_two()))
    assert offsets(state, {0: 4}, recorded_by=microseconds(FIRST_CLOCK)) == [[0]]


def test_only_the_patients_asked_for_are_read() -> None:
    state = projected(entries_of(of_two()))
    with state.begin() as uow:
        assert [patient_id for patient_id, _ in load_histories(uow.connection, [2, 77], {0: 4})] == [2]
