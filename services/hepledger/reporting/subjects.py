"""What reporting speaks of, as plain values: patients, extents of the log, consumers, what waits for a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple


class Patient(NamedTuple):
    """Who is spoken of; the number never leaves the database."""

    patient_id: int
    centre: str
    patient: str
    partition: int

    @property
    def key(self) -> str:
        """The name under which a user asks for the patient."""
        return f"{self.centre}/{self.patient}"


@dataclass(frozen=True, slots=True)
class Extent:
    """Which facts an answer is made of: those below an offset of each partition, and recorded by a time if there is one.

    ``until`` is the last clinical day (ordinal), if there is one. ``ends`` are the offsets from which on nothing of certain
    patients, by their keys, is in it: they were parked.
    """

    below: Mapping[int, int]
    recorded_by: datetime | None = None
    until: int | None = None
    ends: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How far a projection has come on one partition, and who holds it."""

    criteria: str
    version: int
    fingerprint: str
    partition: int
    next_offset: int
    epoch: int
    owner: str
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkedPatient:
    """A patient that a projection could not go on with: how many events wait, and the first with the reason."""

    projection_id: int
    fingerprint: str
    criteria: str
    version: int
    key: str
    events: int
    partition: int
    offset: int
    event_id: bytes
    reason: str
    parked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DataQuery:
    """Something a centre should look at: a result outside plausible limits, or versions that nothing can order.

    ``fact`` is the stored row of the version in doubt, ``since_offset`` where in the log the doubt arose.
    """

    who: Patient
    problem: str
    since_offset: int
    fact: Any
