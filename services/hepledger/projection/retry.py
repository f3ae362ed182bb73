"""Parked patients are taken in after all: their events in order, by the function that takes in everything else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from hepledger.errors import NotFound
from hepledger.projection.batch import retried
from hepledger.projection.crashpoint import crashpoint
from hepledger.projection.memory import Memory
from hepledger.projection.numbers import Numbers
from hepledger.projection.project import project
from hepledger.projection.sets import Projected
from hepledger.state import checkpoints, parked
from hepledger.state.checkpoints import Fenced
from hepledger.state.parked import Parked
from hepledger.state.unit_of_work import Begin

ALL_OF_THEM = 100
"""A retry parks nobody anew, so no share of parked patients stops it."""


ATTEMPTS = 10
"""The projection may move on between the look and the taking in; what was looked at is then looked at again."""


class NotParked(NotFound):
    """No event of this patient is parked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retried:
    """What became of a patient's parked events; ``reason`` says why those that are left are parked still."""

    taken: int
    left: int
    reason: str | None


def retry(begin: Begin, projected: Projected, key: str, clock: Callable[[], datetime]) -> Retried:
    """Take in the parked events of a patient (``centre/patient``), up to the first that still cannot be taken in.

    Raises NotParked; Fenced if the projection goes on so fast that no moment was found for it.
    """
    crashpoint("before-drain")
    for attempt in range(ATTEMPTS):
        with begin() as uow:
            events = parked.waiting(uow, projected.projection_id, key)
            standing = checkpoints.find_claim(uow, projected.projection_id, events[0].partition) if events else None
        if standing is None:
            raise NotParked
        try:
            batch = retried(events, projected, standing)
            project(begin, batch, Memory(0), Numbers(), clock=clock, parked_percent=ALL_OF_THEM)
            break
        except Fenced:
            if attempt + 1 == ATTEMPTS:
                raise
    crashpoint("after-drain")
    with begin() as uow:
        return _outcome(events, parked.waiting(uow, projected.projection_id, key))


def _outcome(before: list[Parked], after: list[Parked]) -> Retried:
    known = {event.offset for event in before}
    left = [event for event in after if event.offset in known]
    return Retried(taken=len(before) - len(left), left=len(left), reason=left[0].reason if left else None)
