"""Replays as tests make them: begun, gone on with and finished by the code that the command runs."""

from __future__ import annotations

from collections.abc import Sequence

from hepledger.log.port import EventLog
from hepledger.projection.packing import Packer
from hepledger.projection.replay import Replayer
from hepledger.projection.replay_parking import retry_parked
from hepledger.projection.sets import Projected
from hepledger.state import replays
from hepledger.state.unit_of_work import look_on
from tests.support.projecting import LATER, State


def begin_replay(state: State, log: EventLog, sets: Sequence[Projected]) -> None:
    """The replays of some sets begin."""
    with state.begin() as uow:
        for projected in sets:
            replays.begin(uow, projected.projection_id, range(log.partitions), "test", 0)
        uow.commit()


def pack_all(state: State, log: EventLog, *, page: int = 2) -> None:
    """Everything is packed that some projection has taken in."""
    packer = Packer(log, look_on(state.engine), state.begin, range(log.partitions), page=page)
    while not packer.is_done:
        packer.step()


def replayer(
    state: State, log: EventLog, sets: Sequence[Projected], *, page: int = 2, parked_percent: int = 100
) -> Replayer:
    """A worker that has taken over what is left of the replays of some sets."""
    look = look_on(state.engine)
    worker = Replayer(
        log, look, state.begin, sets, clock=lambda: LATER, owner="test", page=page, parked_percent=parked_percent
    )
    worker.claim(range(log.partitions))
    return worker


def replay(state: State, log: EventLog, sets: Sequence[Projected], *, page: int = 2) -> int:
    """Everything: the histories, those who were parked, and what came meanwhile. Gives the events taken in at the end."""
    begin_replay(state, log, sets)
    pack_all(state, log, page=page)
    worker = replayer(state, log, sets, page=page)
    while not worker.is_done:
        worker.step()
    for projected in sets:
        retry_parked(state.begin, projected, lambda: LATER)
    return state.project(log, sets, parked_percent=100)
