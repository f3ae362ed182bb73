"""The database says who may: whoever lost a partition changes nothing more, whatever it thinks."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from hepledger.state import patients
from hepledger.state.checkpoints import Fenced
from hepledger.tables import checkpoint, course, episode, fact, landmark, patient, transition
from tests.support.builders import lab
from tests.support.projecting import State, entries_of, shipped, state_with
from tests.support.raw_log import RawLog

LOG = RawLog(entries_of(lab(f"P{number}") for number in range(6)))


def with_hegade() -> State:
    return state_with([shipped("hegade-2011")])


def test_a_worker_whose_partition_was_taken_over_changes_nothing() -> None:
    state = with_hegade()
    old = state.consumer(LOG, limit=2)
    old.step()
    state.consumer(LOG)
    before = state.rows()
    with pytest.raises(Fenced):
        old.step()
    assert state.rows() == before


def test_whoever_takes_over_goes_on_where_the_checkpoint_stands() -> None:
    state = with_hegade()
    state.consumer(LOG, limit=2).step()
    assert state.consumer(LOG).drain() == 4


def test_a_worker_that_comes_back_after_another_went_on_changes_nothing() -> None:
    state = with_hegade()
    paused = state.consumer(LOG, limit=2)
    state.project(LOG)
    before = state.rows()
    with pytest.raises(Fenced):
        paused.step()
    assert state.rows() == before


def test_a_fenced_worker_may_claim_anew() -> None:
    state = with_hegade()
    worker = state.consumer(LOG, limit=2)
    state.consumer(LOG, limit=3).step()
    with pytest.raises(Fenced):
        worker.step()
    worker.claim()
    assert worker.drain() == 3


def test_a_checkpoint_that_was_moved_by_hand_stops_the_worker() -> None:
    state = with_hegade()
    worker = state.consumer(LOG, limit=2)
    with state.begin() as uow:
        uow.connection.exec_driver_sql("UPDATE checkpoint SET next_offset = 1")
        uow.commit()
    with pytest.raises(Fenced):
        worker.step()
    assert state.rows("fact")["fact"] == []


def renumber_patients(state: State) -> None:
    """As an exchange of all that is remembered does: other numbers for everybody, and every worker fenced."""
    with state.begin() as uow:
        for table in (patient, fact, course, transition, episode, landmark):
            uow.connection.execute(update(table).values(patient_id=table.c.patient_id + 100))
        uow.connection.execute(update(checkpoint).values(epoch=checkpoint.c.epoch + 1))
        uow.commit()


def test_a_worker_that_was_fenced_has_forgotten_the_numbers_of_patients() -> None:
    log = RawLog(entries_of(lab(f"P{number % 3}", day=f"2024-01-{number + 1:02}") for number in range(12)))
    state, undisturbed = with_hegade(), with_hegade()
    undisturbed.project(log)
    worker = state.consumer(log, limit=4)
    worker.step()
    renumber_patients(state)
    with pytest.raises(Fenced):
        worker.step()
    worker.claim()
    assert worker.drain() == 8
    assert state.rows() == undisturbed.rows()


def test_numbers_that_a_failed_batch_gave_out_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(point: str) -> None:
        if point == "after-parked":
            raise ArithmeticError("the last moment")

    state, undisturbed = with_hegade(), with_hegade()
    undisturbed.project(LOG)
    worker = state.consumer(LOG)
    with monkeypatch.context() as patched:
        patched.setattr("hepledger.projection.project.crashpoint", fail)
        with pytest.raises(ArithmeticError):
            worker.step()
    with state.begin() as uow:
        patients.number(uow, {f"LEE/P{number}": 0 for number in reversed(range(6))})
        uow.commit()
    assert worker.drain() == 6
    assert state.rows() == undisturbed.rows()
