"""The database says who may: whoever lost a partition changes nothing more, whatever it thinks."""

from __future__ import annotations

import pytest

from hepledger.state.checkpoints import Fenced
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
