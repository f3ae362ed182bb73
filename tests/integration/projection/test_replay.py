"""A replay makes the rows that a rebuild makes, whatever happens on the way, and leaves everything else as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from hepledger.log.memory import MemoryLog
from hepledger.log.port import EventLog, NewEntry
from hepledger.projection.stopping import TooManyParked
from hepledger.state import catalogue
from hepledger.state.checkpoints import BeingReplayed, Fenced
from tests.support.builders import lab, prescription
from tests.support.cohort_of_many import new_entries
from tests.support.projecting import State, brittle, entries_of, shipped, state_with
from tests.support.raw_log import RawLog
from tests.support.replaying import begin_replay, replay, replayer
from tests.support.streams import streams

DOCUMENTS = [shipped(name) for name in ("hegade-2011", "relapse-3uln", "ctcae-v5-alt")]
PATIENTLY = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def log_of(entries: Sequence[NewEntry], partitions: int) -> MemoryLog:
    log = MemoryLog("hepledger.reported", partitions)
    log.append(entries)
    return log


def rebuilt(log: EventLog) -> State:
    """What one worker makes of everything, under all sets at once."""
    state = state_with(DOCUMENTS)
    state.project(log, parked_percent=100)
    return state


def live(log: EventLog) -> State:
    """A registry that was projected under the active set alone."""
    state = state_with(DOCUMENTS)
    state.project(log, state.sets[:1], parked_percent=100)
    return state


def live_rows(state: State) -> dict[str, list[Mapping[str, object]]]:
    """What belongs to the active set, or to all."""
    return {
        name: [row for row in rows if row.get("projection_id", 1) == state.sets[0].projection_id]
        for name, rows in state.rows().items()
    }


@PATIENTLY
@given(entries=streams(patients=5), until=st.integers(0, 60), page=st.integers(1, 4), stride=st.integers(1, 2))
def test_a_replay_makes_the_rows_of_a_rebuild(entries: list[NewEntry], until: int, page: int, stride: int) -> None:
    state = live(RawLog(entries[:until], stride=stride))
    log = RawLog(entries, stride=stride)
    replay(state, log, state.sets[1:], page=page)
    state.project(log, state.sets[:1])
    assert state.rows() == rebuilt(log).rows()


@PATIENTLY
@given(entries=streams(patients=4), until=st.integers(0, 60), bad=st.integers(0, 60), limit=st.integers(1, 40))
def test_whom_the_live_projection_has_parked_is_taken_in_if_it_can_be(
    entries: list[NewEntry], until: int, bad: int, limit: int
) -> None:
    log, state = RawLog(entries), state_with(DOCUMENTS)
    if bad < len(entries):
        log.replace(bad, b"not an event")
    hegade, *others = state.sets
    part = RawLog(entries[:until])
    if bad < min(until, len(entries)):
        part.replace(bad, b"not an event")
    state.project(part, [brittle(hegade, {"100", "200"})], limit=limit, parked_percent=100)
    replay(state, log, others)
    for key in state.parked(hegade):
        state.retry(hegade, key)
    state.project(log, [hegade], parked_percent=100)
    assert state.rows() == rebuilt(log).rows()


@PATIENTLY
@given(entries=streams(patients=4), page=st.integers(1, 3))
def test_whom_the_engine_cannot_take_is_parked_as_by_the_projector(entries: list[NewEntry], page: int) -> None:
    log, cursed = RawLog(entries), {"100", "40", "200"}
    state, expected = live(log), state_with(DOCUMENTS)
    hegade, relapse, ctcae = expected.sets
    replay(state, log, [ctcae, brittle(relapse, cursed)], page=page)
    expected.project(log, [hegade, brittle(relapse, cursed), ctcae], parked_percent=100)
    assert state.rows() == expected.rows()
    event("somebody is parked" if state.parked(relapse) else "nobody is parked")


@PATIENTLY
@given(entries=streams(patients=5), partitions=st.integers(1, 3), pages=st.lists(st.integers(0, 3), max_size=4))
def test_a_replay_that_is_taken_over_again_and_again_goes_on_where_it_stood(
    entries: list[NewEntry], partitions: int, pages: list[int]
) -> None:
    log = log_of(entries, partitions)
    state = live(log)
    begin_replay(state, log, state.sets[1:])
    for number in pages:
        worker = replayer(state, log, state.sets[1:], page=1)
        for _ in range(number):
            worker.step()
    replay(state, log, state.sets[1:], page=1)
    assert state.rows() == rebuilt(log).rows()


@PATIENTLY
@given(entries=streams(patients=5), joins=st.integers(0, 4), until=st.integers(0, 60))
def test_a_set_that_joins_another_replay_catches_up_and_then_shares_the_scan(
    entries: list[NewEntry], joins: int, until: int
) -> None:
    state, log = live(RawLog(entries[:until])), RawLog(entries)
    begin_replay(state, log, state.sets[1:2])
    first = replayer(state, log, state.sets[1:2], page=1)
    for _ in range(joins):
        first.step()
    state.project(log, state.sets[:1])  # the live projection goes on: the second one reaches further
    replay(state, log, state.sets[1:])
    assert state.rows() == rebuilt(log).rows()


def test_the_live_projection_and_its_outbox_are_not_disturbed_and_it_goes_on_meanwhile() -> None:
    entries = list(new_entries(6, 40))
    state, log = live(RawLog(entries[:200])), RawLog(entries)
    going_on = state.consumer(log, state.sets[:1], limit=10)
    begin_replay(state, log, state.sets[1:])
    worker = replayer(state, log, state.sets[1:])
    while not worker.is_done:
        before = live_rows(state)
        worker.step()
        assert live_rows(state) == before
        going_on.step()
    going_on.drain()
    replay(state, log, state.sets[1:])
    assert state.rows() == rebuilt(log).rows()


def test_a_set_that_is_being_replayed_is_not_among_those_that_are_projected_and_nobody_projects_it() -> None:
    log = RawLog(new_entries(4, 20))
    state = live(log)
    begin_replay(state, log, state.sets[1:2])
    with state.begin() as uow:
        assert [each.id for each in catalogue.projected(uow)] == ["hegade-2011", "ctcae-v5-alt"]
    with pytest.raises(BeingReplayed, match="hepledger replay relapse-3uln"):
        state.consumer(log, state.sets[1:2])
    replay(state, log, state.sets[1:2])
    with state.begin() as uow:
        assert [each.id for each in catalogue.projected(uow)] == ["hegade-2011", "relapse-3uln", "ctcae-v5-alt"]
    assert state.consumer(log, state.sets[1:2]).step() == 0


def test_whoever_was_taken_over_changes_nothing() -> None:
    log = RawLog(new_entries(6, 20))
    state = live(log)
    begin_replay(state, log, state.sets[1:2])
    old, new = (replayer(state, log, state.sets[1:2]) for _ in range(2))
    new.step()
    before = state.rows(*state.rows(), "replay")
    with pytest.raises(Fenced):
        old.step()
    assert state.rows(*state.rows(), "replay") == before
    assert old.is_done is False


def test_a_replay_stops_above_a_share_of_patients_that_the_engine_cannot_take() -> None:
    patients = [f"P{number}" for number in range(8)]
    said = [each for name in patients for each in (prescription(name), lab(name, "2023-12-20"), lab(name, alt="35"))]
    log = RawLog(entries_of(said))
    state = live(log)
    begin_replay(state, log, state.sets[1:2])
    worker = replayer(state, log, [brittle(state.sets[1], {"35"})], page=100, parked_percent=10)
    before = state.rows()
    with pytest.raises(TooManyParked, match="8 of 8"):
        worker.step()
    assert state.rows() == before


def test_where_nothing_was_projected_a_replay_leaves_all_to_the_consumer() -> None:
    log, state = RawLog(new_entries(3, 20)), state_with(DOCUMENTS)
    assert replay(state, log, state.sets) == 60
    assert state.rows() == rebuilt(log).rows()
