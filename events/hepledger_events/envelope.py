"""The envelope of every event: who said it, of whom, when it happened, when the registry heard of it, and what caused it.

What a centre wants to say (a submission) and what was said (an event in an envelope) are two types: the second knows its
identity and its two times. On the wire it is a CloudEvents 1.0 event in JSON (see ``codec``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Sealed:
    """A payload that is ciphertext: whoever holds the key named by ``key_id`` can open it."""

    ciphertext: bytes
    key_id: str


@dataclass(frozen=True, slots=True)
class Erased:
    """A payload that is gone for good; ``by`` is the id of the event that ordered it."""

    by: str


Payload = dict[str, Any] | Sealed | Erased


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """One event. Naive recording times are refused (ValueError)."""

    id: str
    """UUID as text; an event sent twice has the same one."""
    type: str
    """Short name: ``lab_result_recorded``, ``response.changed``."""
    version: int
    """Version of the contract that ``data`` follows."""
    source: str
    """Who says it: ``/centres/LEE`` or ``/hepledger``."""
    key: str
    """Partition key: ``LEE/LEE-001``. All events of a patient stand in one partition, in order."""
    centre: str
    """Empty where the event is about no patient."""
    patient: str
    """Empty where the event is about no patient."""
    occurred_at: str | None = None
    """Clinical time, as the source wrote it: date, date-time with offset, or only year or month."""
    recorded_at: datetime
    """When the registry heard of it; aware."""
    source_id: str | None = None
    """The sender's own identity of the message, where it gave one."""
    causation_id: str | None = None
    """The event that this one follows from."""
    correlation_id: str | None = None
    """What belongs together: the file, the request, the replay."""
    data: Payload

    def __post_init__(self) -> None:
        if self.recorded_at.tzinfo is None:
            raise ValueError("recorded_at is naive: a time without its offset is not a time")


def patient_key(centre: str, patient: str) -> str:
    """The partition key of a patient. A centre's code has no ``/``, so the key can be read back."""
    return f"{centre}/{patient}"


def centre_source(centre: str) -> str:
    """The CloudEvents ``source`` of what a centre reports."""
    return f"/centres/{centre}"


REGISTRY_SOURCE = "/hepledger"
"""The CloudEvents ``source`` of what the registry itself says."""


def registry_envelope(id_: UUID, type_: str, key: str, recorded_at: datetime, data: dict[str, Any]) -> Envelope:
    """What the registry says of itself, in the first version of its contract: it is about no patient."""
    return Envelope(
        id=str(id_),
        type=type_,
        version=1,
        source=REGISTRY_SOURCE,
        key=key,
        centre="",
        patient="",
        recorded_at=recorded_at,
        data=data,
    )
