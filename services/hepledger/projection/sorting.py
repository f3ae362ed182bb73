"""Who goes on and who is parked; what is new, what was stored, what came twice. Decided for a whole batch by three look-ups."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from hepledger.clinical.facts import Version
from hepledger.clinical.history import Versions
from hepledger.log.port import Entry
from hepledger.projection.arrivals import Arrival
from hepledger.projection.batch import Batch
from hepledger.projection.doubles import Double
from hepledger.projection.poison import Poison
from hepledger.state import facts, parked, patients
from hepledger.state.parked import Parked
from hepledger.state.unit_of_work import UnitOfWork

Remembered = Callable[[str], Versions | None]
"""What was said before of a patient, by key; None if it has to be looked up."""


class Taken(NamedTuple):
    """An event to take in. ``fresh``: the first that is heard of its fact. ``new``: no other set has stored it yet."""

    arrival: Arrival
    version: Version
    fresh: bool
    new: bool


@dataclass(frozen=True, slots=True)
class Touched:
    """A patient of the batch, and the patient's events in log order."""

    patient_id: int
    key: str
    partition: int
    events: list[Taken]


@dataclass(frozen=True, slots=True)
class Sorted:
    """A batch sorted out: the patients in the order of their keys, where each set stops for whom, what is to be parked, what came twice."""

    touched: Sequence[Touched]
    stops: Poison
    parked: Sequence[Parked]
    doubles: Sequence[Double]

    def fact_rows(self) -> list[tuple[Any, ...]]:
        """The rows of the facts that are not stored yet."""
        return [
            event.arrival.fact_row(patient.patient_id)
            for patient in self.touched
            for event in patient.events
            if event.new
        ]

    def events_of(self, projection_id: int, patient: Touched) -> list[Taken]:
        """What a set takes in of a patient."""
        stop = self.stops.stops_at(projection_id, patient.key)
        if stop is None:
            return patient.events
        return [event for event in patient.events if event.version.offset < stop]


def sort_out(uow: UnitOfWork, batch: Batch, poison: Poison, remembered: Remembered, now: int) -> Sorted:
    """Sort a batch out. ``remembered`` gives what was said before of a patient, if it is at hand; ``now`` is µs since 1970 UTC."""
    everywhere = [projected.projection_id for projected in batch.sets]
    stops = poison.parked_before(parked.keys(uow, everywhere))
    if not stops.stops:
        touched, doubles = _touched(uow, batch.arrivals, remembered)
        return Sorted(touched, stops, (), doubles)
    going, rows = [], []
    for arrival in batch.arrivals:
        key, offset = arrival.entry.key, arrival.entry.offset
        stopped = [each for each in everywhere if _is_stopped(stops, each, key, offset)]
        rows += [arrival.parked(each, stops.reason(each, key, offset), now) for each in stopped]
        if len(stopped) < len(everywhere):
            going.append(arrival)
    touched, doubles = _touched(uow, going, remembered)
    return Sorted(touched, stops, rows, doubles)


def _is_stopped(stops: Poison, projection_id: int, key: str, offset: int) -> bool:
    stop = stops.stops_at(projection_id, key)
    return stop is not None and offset >= stop


def _touched(uow: UnitOfWork, going: Sequence[Arrival], remembered: Remembered) -> tuple[list[Touched], list[Double]]:
    numbers = patients.number(uow, {arrival.entry.key: arrival.entry.partition for arrival in going})
    stored = _stored(uow, going, numbers, remembered)
    touched: dict[str, Touched] = {}
    heard_of: set[tuple[str, str]] = set()
    taken: set[tuple[str, bytes]] = set()
    doubles: list[Double] = []
    for place, arrival in enumerate(going):
        entry, version, known = arrival.entry, arrival.version, stored.get(place)
        key = entry.key
        event = (key, entry.event_id)
        if version is None:
            continue
        if event in taken or (known and _is_double(entry, known)):
            doubles.append(Double(arrival, numbers[key]))
            continue
        fact = (key, version.key)
        fresh = fact not in heard_of and not (known and any(offset < entry.offset for _, offset in known))
        new = not (known and any(event_id == entry.event_id for event_id, _ in known))
        patient = touched.get(key)
        if patient is None:
            patient = touched[key] = Touched(numbers[key], key, entry.partition, [])
        patient.events.append(Taken(arrival, version, fresh, new))
        heard_of.add(fact)
        taken.add(event)
    return [touched[key] for key in sorted(touched)], doubles


def _stored(
    uow: UnitOfWork, going: Sequence[Arrival], numbers: Mapping[str, int], remembered: Remembered
) -> dict[int, list[tuple[bytes, int]]]:
    """What is stored of the facts that events are about, by the place of the event: the ids and offsets of versions.

    Of a patient who is remembered it is known without looking.
    """
    found: dict[int, list[tuple[bytes, int]]] = {}
    wanted = []
    said_of = {key: remembered(key) for key in numbers}
    for place, arrival in enumerate(going):
        version, key = arrival.version, arrival.entry.key
        if version is None:
            continue
        said = said_of[key]
        if said is None:
            wanted.append((place, numbers[key], version.kind, version.identity))
        elif version.key in said:
            found[place] = [(facts.uuid_bytes(each.event_id), each.offset) for each in said[version.key]]
    return found | facts.find_versions(uow, wanted)


def _is_double(entry: Entry, known: Iterable[tuple[bytes, int]]) -> bool:
    """Whether the event is stored with another place in the log: a record that came twice has no effect."""
    return any(event_id == entry.event_id and offset != entry.offset for event_id, offset in known)
