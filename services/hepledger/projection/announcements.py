"""Derived events: what is said to the world of a patient's course, with ids that a re-run yields again.

The id is made of what the event follows from, so that a reader who keeps the ids sees each change once, however often
it is published.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID, uuid5

from hepledger.clinical.changes import StateChange
from hepledger.projection.sets import Projected
from hepledger.projection.shifts import Relapse, Shift
from hepledger.state.facts import uuid_text
from hepledger_events.canonical import canonical_json
from hepledger_events.codec import encode
from hepledger_events.envelope import REGISTRY_SOURCE, Envelope

NAMESPACE: Final = UUID("6f1a4a5e-3b57-5a0c-9c7e-0d5d4f0b7a11")
"""Of the ids of derived events. It never changes: readers de-duplicate on the ids."""

RESPONSE_CHANGED: Final = "response.changed"
RELAPSE_DETECTED: Final = "relapse.detected"
RELAPSE_WITHDRAWN: Final = "relapse.withdrawn"


class Announcement(NamedTuple):
    """A derived event, ready for the outbox. ``partition`` and ``offset`` are those of the event that it follows from."""

    event_id: bytes
    partition: int
    offset: int
    key: str
    payload: bytes


class Voice:
    """Speaks of one patient under one set; counts the events of each kind that follow from one cause."""

    __slots__ = ("_counts", "key", "now", "partition", "projected", "said")

    def __init__(self, projected: Projected, key: str, partition: int, now: datetime) -> None:
        self.projected, self.key, self.partition, self.now = projected, key, partition, now
        self.said: list[Announcement] = []
        self._counts: dict[tuple[str, str], int] = {}

    def response_changed(self, shift: Shift, change: StateChange, supersedes: bytes | None) -> bytes:
        """A transition came to be believed, or is said again. Gives the id of the event."""
        states = {"from": change.from_state, "to": change.to_state}
        return self._say(shift, RESPONSE_CHANGED, states, change.onset_day, change.confirmed_day, supersedes)

    def response_withdrawn(self, shift: Shift, change: StateChange, supersedes: bytes | None) -> bytes:
        """A transition is not believed any more, and none stands for it. Gives the id of the event."""
        states = {"from": change.to_state, "to": shift.state}
        return self._say(shift, RESPONSE_CHANGED, states, None, None, supersedes)

    def relapse_detected(self, shift: Shift, relapse: Relapse) -> bytes:
        """A relapse episode began. Gives the id of the event."""
        return self._say(shift, RELAPSE_DETECTED, {}, relapse.onset_day, relapse.opened_day, None)

    def relapse_withdrawn(self, shift: Shift, supersedes: bytes) -> bytes:
        """A relapse episode that was announced never was. Gives the id of the event."""
        return self._say(shift, RELAPSE_WITHDRAWN, {}, None, None, supersedes)

    def _say(
        self,
        shift: Shift,
        kind: str,
        states: dict[str, str],
        onset_day: int | None,
        confirmed_day: int | None,
        supersedes: bytes | None,
    ) -> bytes:
        ordinal = self._counts.get((shift.cause, kind), 0)
        self._counts[shift.cause, kind] = ordinal + 1
        event_id = derived_id(self.projected.fingerprint, self.key, shift.cause, kind, ordinal)
        confirmed_on = _date(confirmed_day)
        data: dict[str, Any] = {
            "criteria": self.projected.criteria,
            "fingerprint": self.projected.fingerprint,
            **states,
            "onset_on": _date(onset_day),
            "confirmed_on": confirmed_on,
            "cause": shift.cause,
            "supersedes": None if supersedes is None else uuid_text(supersedes),
        }
        centre, _, patient = self.key.partition("/")
        envelope = Envelope(
            id=str(event_id),
            type=kind,
            version=1,
            source=REGISTRY_SOURCE,
            key=self.key,
            centre=centre,
            patient=patient,
            occurred_at=confirmed_on,
            recorded_at=self.now,
            causation_id=shift.cause,
            data=data,
        )
        self.said.append(Announcement(event_id.bytes, self.partition, shift.offset, self.key, encode(envelope)))
        return event_id.bytes


def derived_id(fingerprint: str, key: str, cause: str, kind: str, ordinal: int) -> UUID:
    """The id of the ``ordinal``-th event of a kind (from 0) that follows from a cause for a patient under a set."""
    return uuid5(NAMESPACE, canonical_json([fingerprint, key, cause, kind, ordinal]))


def _date(day: int | None) -> str | None:
    return None if day is None else date.fromordinal(day).isoformat()
