"""Whom a replay cannot go on with: the event and all later ones of the patient are parked, as the projector would have done.

What is parked is the event as it stands in the log, so that it is read from there. It is rare, and costs a look through a part
of the partition.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Final

from hepledger.log.port import EventLog
from hepledger.projection.poison import Poison
from hepledger.projection.retry import NotParked, Retried, retry
from hepledger.projection.sets import Projected
from hepledger.projection.stopping import FEWEST, TooManyParked
from hepledger.state import parked
from hepledger.state.parked import Parked
from hepledger.state.unit_of_work import Begin, UnitOfWork

_AT_ONCE: Final = 10_000


def entries_from(log: EventLog, partition: int, until: Mapping[int, int], poison: Poison, now: int) -> list[Parked]:
    """The events to be parked: of each patient from where it stopped, up to where the replay of the projection ends."""
    if not poison.stops:
        return []
    end, position = max(until.values()), min(offset for offset, _ in poison.stops.values())
    whose: dict[str, list[int]] = {}
    for projection_id, key in poison.stops:
        whose.setdefault(key, []).append(projection_id)
    found = []
    while position < end and (entries := log.read(partition, position, _AT_ONCE)):
        for entry in entries:
            for projection_id in whose.get(entry.key, ()):
                if poison.stops[projection_id, entry.key][0] <= entry.offset < until[projection_id]:
                    reason = poison.reason(projection_id, entry.key, entry.offset)
                    place = (projection_id, partition, entry.offset)
                    found.append(Parked(*place, entry.key, entry.event_id, entry.payload, reason, now))
        position = entries[-1].next_offset
    return found


def check_share_of(uow: UnitOfWork, sets: Sequence[Projected], rows: Sequence[Parked], parked_percent: int) -> None:
    """Stop a page that parks where too many patients are parked with it. Raises TooManyParked."""
    for projected in sets if rows else ():
        waiting, known = parked.share(uow, projected.projection_id)
        if waiting >= FEWEST and waiting * 100 > known * parked_percent:
            raise TooManyParked(projected.criteria, waiting, known, rows[-1].reason)


def retry_parked(begin: Begin, projected: Projected, clock: Callable[[], datetime]) -> list[Retried]:
    """Try everybody who is parked: most were parked because another set had parked them, and may do well under this one."""
    with begin() as uow:
        waiting = sorted(key for _, key in parked.keys(uow, [projected.projection_id]))
    outcomes = []
    for key in waiting:
        with suppress(NotParked):  # somebody else was faster
            outcomes.append(retry(begin, projected, key, clock))
    return outcomes
