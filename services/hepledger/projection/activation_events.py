"""What is said to the world when something else becomes the registry's answer: that it did, and whose present state differs by it.

The ids follow from the activation, so that each is published once, and another activation of the same set says it anew.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from hepledger.projection.announcements import RESPONSE_CHANGED, derived_id
from hepledger.state.activations import Activation, Mover, Standing
from hepledger.state.catalogue import KnownCriteria
from hepledger.state.facts import uuid_text
from hepledger_events.codec import encode
from hepledger_events.envelope import REGISTRY_SOURCE, Envelope

CRITERIA_ACTIVATED: Final = "criteria.activated"
CAUSE: Final = "criteria"
"""The cause of a change that follows from no event of a patient."""

Waiting = tuple[bytes, int, str, bytes]
"""A row of the outbox: event id, partition, key, payload."""


class Herald:
    """Speaks of one activation. ``now`` is when it was decided."""

    def __init__(self, known: KnownCriteria, activation: Activation, now: datetime) -> None:
        self._known, self._activation, self._now = known, activation, now
        self._id = self._derived(known.id, CRITERIA_ACTIVATED)

    def activated(self) -> Waiting:
        """Something else is the registry's answer. It has a key of its own: it is about no patient."""
        data = {**self._named(), "version": self._known.version, "previous": self._activation.previous}
        return self._waiting(self._id, CRITERIA_ACTIVATED, 0, self._known.id, data, None)

    def changed(self, mover: Mover, now: Standing | None, told: bytes | None) -> Waiting:
        """A patient's present state differs. ``now`` is the transition that stands for it, ``told`` what the world was told last."""
        confirmed_on = None if now is None else date.fromordinal(now.confirmed_day).isoformat()
        data = {
            **self._named(),
            "from": mover.before,
            "to": mover.after,
            "onset_on": None if now is None else date.fromordinal(now.onset_day).isoformat(),
            "confirmed_on": confirmed_on,
            "cause": CAUSE,
            "supersedes": None if told is None else uuid_text(told),
        }
        event_id = self._derived(mover.key, RESPONSE_CHANGED)
        return self._waiting(event_id, RESPONSE_CHANGED, mover.partition, mover.key, data, confirmed_on)

    def _named(self) -> dict[str, Any]:
        return {"criteria": self._known.id, "fingerprint": self._known.fingerprint}

    def _derived(self, key: str, kind: str) -> UUID:
        """The time is in it because numbers begin again where a database was lost and made anew beside its log."""
        cause = f"activation/{self._activation.number}/{self._activation.activated_at}"
        return derived_id(self._known.fingerprint, key, cause, kind, 0)

    def _waiting(
        self, event_id: UUID, kind: str, partition: int, key: str, data: dict[str, Any], occurred_at: str | None
    ) -> Waiting:
        centre, _, patient = key.rpartition("/")
        envelope = Envelope(
            id=str(event_id),
            type=kind,
            version=1,
            source=REGISTRY_SOURCE,
            key=key,
            centre=centre,
            patient=patient if centre else "",
            occurred_at=occurred_at,
            recorded_at=self._now,
            causation_id=None if event_id == self._id else str(self._id),
            data=data,
        )
        return (event_id.bytes, partition, key, encode(envelope))
