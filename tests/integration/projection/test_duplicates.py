"""A record that stands in the log twice has no effect the second time; another statement about the same fact has."""

from __future__ import annotations

import pytest

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
