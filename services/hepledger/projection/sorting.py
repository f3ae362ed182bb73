"""Who goes on and who is parked; what is new, what was stored, what came twice. Decided for a whole batch by three look-ups."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from hepledger.clinical.facts import Version, fact_key
from hepledger.clinical.history import Versions
from hepledger.projection.arrivals import Arrival
from hepledger.projection.batch import Batch
from hepledger.projection.doubles import Double
from hepledger.projection.numbers import Numbers
from hepledger.projection.poison import Poison
from hepledger.state import facts, parked
from hepledger.state.parked import Parked
from hepledger.state.unit_of_work import UnitOfWork


class Said(Protocol):
    """What tells one version of a fact from another: the event that said it, and its place in the log."""

    @property
    def event_id(self) -> str:
        """The id of the event."""
        ...

    @property
    def offset(self) -> int:
        """Its place in the patient's partition."""
        ...


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
            (patient.patient_id, *event.arrival.row)
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


def sort_out(
    uow: UnitOfWork, batch: Batch, poison: Poison, remembered: Remembered, numbers: Numbers, now: int
) -> Sorted:
    """Sort a batch out. ``remembered`` gives what was said before of a patient, if it is at hand; ``now`` is µs since 1970 UTC."""
    everywhere = [projected.projection_id for projected in batch.sets]
    stops = poison.parked_before(parked.keys(uow, everywhere))
    if not stops.stops:
        touched, doubles = _touched(uow, batch.arrivals, remembered, numbers)
        return Sorted(touched, stops, (), doubles)
    going, rows = [], []
    for arrival in batch.arrivals:
        key, offset = arrival.entry.key, arrival.entry.offset
        stopped = [each for each in everywhere if _is_stopped(stops, each, key, offset)]
        rows += [arrival.parked(each, stops.reason(each, key, offset), now) for each in stopped]
        if len(stopped) < len(everywhere):
            going.append(arrival)
    touched, doubles = _touched(uow, going, remembered, numbers)
    return Sorted(touched, stops, rows, doubles)


def _is_stopped(stops: Poison, projection_id: int, key: str, offset: int) -> bool:
    stop = stops.stops_at(projection_id, key)
    return stop is not None and offset >= stop


def _touched(
    uow: UnitOfWork, going: Iterable[Arrival], remembered: Remembered, numbers: Numbers
) -> tuple[list[Touched], list[Double]]:
    mine: dict[str, list[Arrival]] = {}
    for arrival in going:
        known = mine.get(key := arrival.entry.key)
        if known is None:
            mine[key] = [arrival]
        else:
            known.append(arrival)
    number_of = numbers.find(uow, {key: arrivals[0].entry.partition for key, arrivals in mine.items()})
    said_of = _said_of(uow, mine, number_of, remembered)
    touched: list[Touched] = []
    doubles: list[Double] = []
    for key in sorted(mine):
        patient = Touched(number_of[key], key, mine[key][0].entry.partition, [])
        doubles += _take_in(patient, mine[key], said_of[key])
        if patient.events:
            touched.append(patient)
    doubles.sort(key=lambda double: double.arrival.entry[:2])
    return touched, doubles


def _said_of(
    uow: UnitOfWork, mine: Mapping[str, Sequence[Arrival]], number_of: Mapping[str, int], remembered: Remembered
) -> dict[str, Mapping[str, Sequence[Said]]]:
    """What is stored of the facts that events are about, by patient and fact. Of who is remembered it is known without looking."""
    said_of: dict[str, Mapping[str, Sequence[Said]]] = {}
    wanted: dict[tuple[int, int, str], dict[str, Sequence[Said]]] = {}
    for key, arrivals in mine.items():
        said: Mapping[str, Sequence[Said]] | None = remembered(key)
        if said is None:
            found: dict[str, Sequence[Said]] = {}
            number, said = number_of[key], found
            wanted |= {(number, each.version.kind, each.version.identity): found for each in arrivals if each.version}
        said_of[key] = said
    asked = [(place, *whose) for place, whose in enumerate(wanted)]
    into = list(wanted.values())
    for place, stored in facts.find_versions(uow, asked).items():
        into[place][fact_key(*asked[place][2:])] = stored
    return said_of


def _take_in(patient: Touched, arrivals: Iterable[Arrival], said: Mapping[str, Sequence[Said]]) -> list[Double]:
    """Give a patient the events that are to be taken in, and back those that came twice: a record that did has no effect."""
    doubles = []
    heard_of: set[str] = set()
    taken: set[str] = set()
    for arrival in arrivals:
        version = arrival.version
        if version is None:
            continue
        event_id, fact, offset = version.event_id, version.key, version.offset
        fresh, new, double = fact not in heard_of, True, event_id in taken
        if fact in said:
            known = said[fact]
            places = [each.offset for each in known if each.event_id == event_id]
            fresh = fresh and not any(each.offset < offset for each in known)
            new, double = not places, double or any(place != offset for place in places)
        if double:
            doubles.append(Double(arrival, patient.patient_id))
            continue
        patient.events.append(
            tuple.__new__(Taken, (arrival, version, fresh, new))
        )  # a constructor with names is a call into Python
        heard_of.add(fact)
        taken.add(event_id)
    return doubles
