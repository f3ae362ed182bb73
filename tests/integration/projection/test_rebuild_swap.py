"""A rebuild leaves what the log says, whatever was stored before, and what told the world of a belief goes on telling of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hepledger.database import make_engine
from hepledger.log.port import EventLog, NewEntry
from hepledger.projection.rebuild_swap import LogTooShort, Rebuild, Rebuilt
from hepledger.state.checkpoints import BeingReplayed, Fenced
from hepledger.state.unit_of_work import begin_on
from hepledger.tables import METADATA
from tests.support.cohort_of_many import new_entries
from tests.support.projecting import LATER, State, shipped, state_with
from tests.support.raw_log import RawLog
from tests.support.replaying import begin_replay
from tests.support.streams import streams

DOCUMENTS = [shipped(name) for name in ("hegade-2011", "relapse-3uln", "ctcae-v5-alt")]


def rebuilt(state: State, log: EventLog) -> Rebuilt:
    @contextmanager
    def progress(_label: str, _total: int) -> Iterator[Any]:
        yield lambda _: None

    aside = make_engine("sqlite://")
    METADATA.create_all(aside)
    return Rebuild(log, state.begin, begin_on(aside), clock=lambda: LATER, progress=progress).run()


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(entries=streams(patients=4), places=st.tuples(*[st.integers(0, 40)] * 3), bad=st.integers(0, 40))
def test_a_rebuild_of_what_is_sound_changes_no_row(
    entries: list[NewEntry], places: tuple[int, int, int], bad: int
) -> None:
    state, log = state_with(DOCUMENTS), RawLog(entries)
    if bad < len(entries):
        log.replace(bad, b"not an event")
    for projected, place in zip(state.sets, places, strict=True):
        part = RawLog(entries[:place])
        if bad < min(place, len(entries)):
            part.replace(bad, b"not an event")
        state.project(part, [projected], parked_percent=100)
    before = state.rows()
    done = rebuilt(state, log)
    assert done.orphans == 0
    assert state.rows() == before


def test_what_was_damaged_is_as_the_log_says_afterwards_and_what_is_believed_keeps_what_told_it() -> None:
    state, log = state_with(DOCUMENTS), RawLog(new_entries(8, 50))
    state.project(log)
    before = state.rows()
    assert len([row for row in before["transition"] if row["announced_id"]]) > 10
    with state.begin() as uow:
        for statement in (
            "DELETE FROM fact WHERE patient_id = 3 AND day % 2 = 0",
            "UPDATE course SET state = 'NR' WHERE patient_id = 4",
            "UPDATE episode SET known_to = 7",
            "UPDATE patient SET centre = 'ELSEWHERE' WHERE patient_id = 5",
            "DELETE FROM landmark",
        ):
            uow.connection.exec_driver_sql(statement)
        uow.commit()
    done = rebuilt(state, log)
    after = state.rows()
    assert done.orphans > 0  # what the renamed patient was told of is not found again
    lost = {"transition", "episode"}
    assert {name: rows for name, rows in after.items() if name not in lost} == {
        name: rows for name, rows in before.items() if name not in lost
    }
    kept = [row for row in before["transition"] if row in after["transition"]]
    assert len([row for row in kept if row["announced_id"]]) > 10


def test_a_worker_that_was_at_work_is_fenced_and_one_that_claims_anew_goes_on() -> None:
    entries = list(new_entries(4, 30))
    state, log = state_with(DOCUMENTS), RawLog(entries)
    worker = state.consumer(log, limit=50)
    worker.step()
    rebuilt(state, log)
    with pytest.raises(Fenced):
        worker.step()
    worker.claim()
    worker.drain()
    whole = state_with(DOCUMENTS)
    whole.project(log)
    assert state.rows() == whole.rows()


def test_what_waits_to_be_told_is_left_as_it_is() -> None:
    state, log = state_with(DOCUMENTS), RawLog(new_entries(4, 30))
    state.project(log)
    before = state.rows("outbox")
    assert before["outbox"]
    rebuilt(state, log)
    assert state.rows("outbox") == before


def test_a_log_that_ends_before_what_was_projected_is_refused_and_nothing_is_changed() -> None:
    entries = list(new_entries(4, 30))
    state = state_with(DOCUMENTS)
    state.project(RawLog(entries))
    before = state.rows()
    with pytest.raises(LogTooShort, match="partition 0"):
        rebuilt(state, RawLog(entries[:-1]))
    assert state.rows() == before


def test_while_a_replay_is_under_way_nothing_is_rebuilt() -> None:
    state, log = state_with(DOCUMENTS), RawLog(new_entries(4, 30))
    state.project(log, state.sets[:1])
    begin_replay(state, log, state.sets[1:2])
    with pytest.raises(BeingReplayed, match="relapse-3uln"):
        rebuilt(state, log)


def test_events_that_come_while_the_log_is_read_are_taken_along() -> None:
    entries = list(new_entries(6, 40))
    state, log = state_with(DOCUMENTS), RawLog(entries)
    worker = state.consumer(log, limit=60)
    worker.step()
    calls = []

    @contextmanager
    def progress(label: str, total: int) -> Iterator[Any]:
        calls.append((label, total))
        if len(calls) == 1:
            worker.step()
        yield lambda _: None

    aside = make_engine("sqlite://")
    METADATA.create_all(aside)
    Rebuild(log, state.begin, begin_on(aside), clock=lambda: LATER, progress=progress).run()
    whole = state_with(DOCUMENTS)
    whole.project(RawLog(entries[:120]))
    assert state.rows() == whole.rows()
    assert [label for label, _ in calls] == ["deriving from nothing"] * 2 + ["exchanging"]
