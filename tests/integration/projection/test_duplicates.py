"""A record that stands in the log twice has no effect the second time; another statement about the same fact has."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hepledger.log.port import NewEntry
from hepledger.projection.doubles import PROBLEM
from tests.support.builders import correction, lab, prescription
from tests.support.projecting import State, entries_of, shipped, state_with
from tests.support.raw_log import RawLog

SAID = [prescription(), lab(day="2023-12-20"), lab(day="2024-02-01", alt="100"), lab(day="2024-03-01", alt="35")]


def projected(log: RawLog, limit: int, sets: tuple[str, ...] = ("hegade-2011",)) -> State:
    state = state_with([shipped(name) for name in sets])
    state.project(log, limit=limit)
    return state


def without_positions(state: State) -> dict[str, object]:
    return {name: rows for name, rows in state.rows().items() if name != "checkpoint"}


@pytest.mark.parametrize("limit", [1, 3, 100])
def test_a_record_that_comes_twice_changes_nothing(limit: int) -> None:
    entries = entries_of(SAID)
    once = projected(RawLog(entries), limit)
    twice = projected(RawLog([*entries, entries[2], entries[0], *entries]), limit)
    assert without_positions(twice) == without_positions(once)


def test_a_set_that_is_behind_sees_the_first_of_two_records() -> None:
    entries = entries_of(SAID)
    log = RawLog([entries[0], entries[1], entries[1], *entries[1:]])
    state = state_with([shipped("hegade-2011"), shipped("iaihg-2022")])
    ahead, behind = state.sets
    state.project(log, [ahead])
    state.project(log, [behind], limit=1)
    assert sorted(row["offset"] for row in state.rows()["fact"]) == [0, 1, 4, 5]


def test_another_statement_about_the_same_fact_is_not_a_duplicate() -> None:
    entries = entries_of([*SAID, correction(day="2024-03-01", alt="90")])
    state = projected(RawLog(entries), 100)
    assert len(state.rows()["fact"]) == 5


def queries(state: State) -> list[tuple[str, int]]:
    return [(row["problem"], row["known_from"]) for row in state.rows()["data_query"]]


def under_the_id_of(first: NewEntry, other: NewEntry) -> NewEntry:
    return NewEntry(first.event_id, other.key, other.content_hash, other.payload)


@pytest.mark.parametrize("limit", [1, 4, 100])
def test_a_record_that_comes_again_with_other_content_is_left_out_and_told(limit: int) -> None:
    entries = entries_of(SAID)
    (other,) = entries_of([lab(day="2024-03-01", alt="90")])
    log = RawLog([*entries, under_the_id_of(entries[3], other), entries[3]])
    state = projected(log, limit, ("hegade-2011", "iaihg-2022"))
    assert queries(state) == [(PROBLEM, 4)]
    assert state.rows()["fact"] == projected(RawLog(entries), 100).rows()["fact"]


def test_a_record_that_comes_again_recorded_later_is_no_contradiction() -> None:
    first, later = entries_of(SAID), entries_of(SAID, every=timedelta(hours=2))
    assert queries(projected(RawLog([*first, *later]), 100)) == []
