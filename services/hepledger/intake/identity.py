"""Who is who among events: the same statement has the same id however often it is sent, and equal content has an equal hash."""

from __future__ import annotations

from hashlib import sha256
from typing import Any, Final
from uuid import UUID, uuid5

from hepledger_events.canonical import canonical_json
from hepledger_events.reported import Submission

NAMESPACE: Final = UUID("6f0d1c0e-6f3b-5d0a-9a54-0d5a0c1f7b63")
"""Of all reported events, in all registries, for ever: another one would make every file new."""


def event_id_of(submission: Submission, content: dict[str, Any]) -> UUID:
    """The id of an event: the sender's own identity of the message in its centre, else all that the submission says."""
    if submission.source is not None:
        return uuid5(NAMESPACE, canonical_json([submission.centre, submission.source]))
    said = [submission.centre, submission.patient, submission.type, submission.occurred_at, content]
    return uuid5(NAMESPACE, canonical_json(said))


def content_hash_of(kind: str, centre: str, patient: str, occurred_at: str | None, content: dict[str, Any]) -> bytes:
    """The hash of what is said, 32 bytes. When it was recorded is no part of it."""
    return sha256(canonical_json([kind, centre, patient, occurred_at, content]).encode()).digest()
