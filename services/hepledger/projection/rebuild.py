"""Projections derived from nothing: the ordinary consumer, from the beginning of the log, into an empty state. The proof."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from hepledger.log.bounded import BoundedLog
from hepledger.log.port import EventLog
from hepledger.projection.consumer import Consumer, Habits
from hepledger.projection.sets import Projected, set_up
from hepledger.state.catalogue import KnownCriteria
from hepledger.state.unit_of_work import Begin

EVERYBODY = 100
"""A proof is not stopped by parked patients: they are what it is to show."""


def rebuild(
    log: EventLog,
    begin: Begin,
    known: Sequence[KnownCriteria],
    until: Mapping[int, int],
    clock: Callable[[], datetime],
    tell: Callable[[int], None] = lambda _: None,
) -> list[Projected]:
    """Take the log below some offsets (by partition) into the state that ``begin`` opens, under these sets.

    ``tell`` hears the number of events of each batch.
    """
    with begin() as uow:
        sets = [set_up(uow, each) for each in known]
        uow.commit()
    habits = Habits(parked_percent=EVERYBODY)
    consumer = Consumer(BoundedLog(log, until), begin, sets, clock=clock, owner="rebuild", habits=habits)
    try:
        consumer.claim()
        consumer.drain(tell)
    finally:
        consumer.close()
    return sets
