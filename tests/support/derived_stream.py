"""Derived events as the relay publishes them, and what a reader should believe who was told each of them once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from random import Random
from typing import Any
from uuid import UUID, uuid5

from hepledger.log.port import NewEntry
from hepledger_events.codec import encode
from hepledger_events.envelope import REGISTRY_SOURCE, Envelope

NAMESPACE = UUID(int=4)
RECORDED = datetime(2024, 1, 1, tzinfo=UTC)
CRITERIA = {"criteria": "hegade-2011", "fingerprint": "0" * 64}
STATES = ("PR", "CR", "NR", "RP")


def derived(number: int, kind: str, patient: str | None, **data: Any) -> Envelope:
    """The ``number``-th event of a stream: its id follows from the number."""
    key = f"LEE/{patient}" if patient else str(data["criteria"])
    return Envelope(
        id=str(uuid5(NAMESPACE, str(number))),
        type=kind,
        version=1,
        source=REGISTRY_SOURCE,
        key=key,
        centre="LEE" if patient else "",
        patient=patient or "",
        recorded_at=RECORDED + timedelta(seconds=number),
        data=data,
    )


def changed(number: int, patient: str, to: str, *, day: str | None = "2024-03-01", **said: Any) -> Envelope:
    """A response changed, or without a ``day`` a change is taken back."""
    days = {"onset_on": day, "confirmed_on": day, "cause": "a report", "supersedes": None}
    return derived(number, "response.changed", patient, **{**CRITERIA, "from": "start", "to": to, **days, **said})


def relapsed(number: int, patient: str, day: str = "2024-05-01") -> Envelope:
    """A relapse episode began."""
    days = {"onset_on": day, "confirmed_on": day, "cause": "a report", "supersedes": None}
    return derived(number, "relapse.detected", patient, **CRITERIA, **days)


def relapse_withdrawn(number: int, patient: str, supersedes: str) -> Envelope:
    """A relapse episode never was."""
    days = {"onset_on": None, "confirmed_on": None, "cause": "a report", "supersedes": supersedes}
    return derived(number, "relapse.withdrawn", patient, **CRITERIA, **days)


def activated(number: int, criteria: str = "hegade-2011", version: int = 1) -> Envelope:
    """Other criteria are the registry's answer."""
    said = {"criteria": criteria, "fingerprint": "0" * 64, "version": version, "previous": None}
    return derived(number, "criteria.activated", None, **said)


def erased(number: int, patient: str) -> Envelope:
    """A patient was made unreadable."""
    return derived(number, "patient.erased", patient, reason="on request")


def entry_of(event: Envelope) -> NewEntry:
    """The event as the log takes it."""
    return NewEntry(UUID(event.id).bytes, event.key, UUID(event.id).bytes * 2, encode(event))


@dataclass(slots=True)
class Believed:
    """What stands after some events, told once each and in order per patient."""

    states: dict[str, str] = field(default_factory=dict)
    beliefs: dict[str, str] = field(default_factory=dict)  # id of the event → patient
    active: tuple[str, int] | None = None

    def hear(self, event: Envelope) -> None:
        """One event more."""
        said: Any = event.data
        if event.type == "patient.erased":
            self.states.pop(event.patient, None)
            self.beliefs = {one: whom for one, whom in self.beliefs.items() if whom != event.patient}
        elif event.type == "criteria.activated":
            self.active = said["criteria"], said["version"]
        else:
            self.beliefs.pop(said["supersedes"], None)
            if event.type == "response.changed":
                self.states[event.patient] = said["to"]
            if said["confirmed_on"]:
                self.beliefs[event.id] = event.patient


def believed_after(events: Iterable[Envelope]) -> Believed:
    """The fold of the events, each once."""
    result = Believed()
    for event in events:
        result.hear(event)
    return result


def lives(dice: Random, patients: int, events: int) -> list[Envelope]:
    """A stream of things that happen to patients in turn: changes, revisions, relapses, withdrawals; few are erased."""
    numbers, told = count(1), Believed()
    alive = [f"LEE-{number:03}" for number in range(patients)]
    stream: list[Envelope] = []
    while len(stream) < events:
        event = _happening(dice, next(numbers), dice.choice(alive), told, stream)
        if event.type == "patient.erased" and len(alive) > 1:
            alive.remove(event.patient)
        told.hear(event)
        stream.append(event)
    return stream


def _happening(dice: Random, number: int, patient: str, told: Believed, stream: Sequence[Envelope]) -> Envelope:
    day = (date(2024, 1, 1) + timedelta(days=number)).isoformat()
    standing = [event for event in stream if event.id in told.beliefs and event.patient == patient]
    changes = [event.id for event in standing if event.type == "response.changed"]
    relapses = [event.id for event in standing if event.type == "relapse.detected"]
    chance = dice.random()
    if changes and chance < 0.2:
        return changed(number, patient, dice.choice(STATES), day=day, supersedes=changes[-1])
    if changes and chance < 0.3:
        return changed(number, patient, dice.choice(STATES), day=None, supersedes=changes[-1])
    if relapses and chance < 0.5:
        return relapse_withdrawn(number, patient, relapses[-1])
    if chance > 0.98:
        return erased(number, patient)
    if chance > 0.95:
        return activated(number, version=number)
    return relapsed(number, patient, day) if chance > 0.75 else changed(number, patient, dice.choice(STATES), day=day)
