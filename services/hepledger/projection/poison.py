"""Events that a projection cannot go on with, and the patients they stop.

The event and all later ones of its patient are parked, for that criteria set; everybody else goes on.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from hepledger.projection.arrivals import Arrival
from hepledger.projection.sets import Projected

_PARKED_BEFORE: Final = (-1, "an earlier event of the patient is parked")


@dataclass(frozen=True, slots=True)
class Poison:
    """Where each projection has to stop for a patient: (projection, key) → the first event not to be taken in, and why."""

    stops: dict[tuple[int, str], tuple[int, str]] = field(default_factory=dict)

    def found(self, projection_id: int, key: str, offset: int, reason: str) -> None:
        """Note an event that cannot be taken in; the earliest of a patient counts."""
        standing = self.stops.get((projection_id, key))
        if standing is None or offset < standing[0]:
            self.stops[projection_id, key] = (offset, reason)

    def joined(self, other: Poison) -> Poison:
        """What stops either."""
        both = Poison(dict(self.stops))
        for (projection_id, key), (offset, reason) in other.stops.items():
            both.found(projection_id, key, offset, reason)
        return both

    def parked_before(self, whose: Iterable[tuple[int, str]]) -> Poison:
        """The same, and patients that are parked already: nothing of theirs is taken in."""
        return Poison(self.stops | dict.fromkeys(whose, _PARKED_BEFORE))

    def stops_at(self, projection_id: int, key: str) -> int | None:
        """The first offset that is not taken in of a patient; None if nothing stops it."""
        stop = self.stops.get((projection_id, key))
        return None if stop is None else stop[0]

    def reason(self, projection_id: int, key: str, offset: int) -> str:
        """Why an event is parked: what is wrong with it, or that one before it is parked."""
        at, reason = self.stops[projection_id, key]
        return reason if at in (offset, -1) else _PARKED_BEFORE[1]


def unreadable(arrivals: Iterable[Arrival], sets: Iterable[Projected]) -> Poison:
    """What cannot be read is poison for every set."""
    poison = Poison()
    for arrival in arrivals:
        if arrival.version is None:
            for projected in sets:
                poison.found(projected.projection_id, arrival.entry.key, arrival.entry.offset, arrival.reason)
    return poison
