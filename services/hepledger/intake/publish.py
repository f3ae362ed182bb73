"""Publishing a criteria set: an event in the registry's own stream, so that every definition ever used stays on record."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from uuid import uuid5

from hepledger.errors import InputRefused
from hepledger.intake.criteria_files import CriteriaFile
from hepledger.intake.identity import NAMESPACE
from hepledger.log.port import EventLog, NewEntry, Outcome
from hepledger_events.canonical import canonical_json
from hepledger_events.codec import encode
from hepledger_events.envelope import registry_envelope

PUBLISHED = "criteria_published"


class VersionTaken(InputRefused):
    """A published document is never edited: a change is a new version."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"{name} is known with other content: a change is a new version, so raise `version`")


def publish(log: EventLog, file: CriteriaFile, clock: Callable[[], datetime]) -> bool:
    """Appends the document; false if the same one was published already. Raises VersionTaken."""
    event_id = uuid5(NAMESPACE, canonical_json([PUBLISHED, file.id, file.version]))
    data = {"id": file.id, "version": file.version, "fingerprint": file.fingerprint, "document": file.document}
    envelope = registry_envelope(event_id, PUBLISHED, file.id, clock(), data)
    content_hash = sha256(canonical_json(data).encode()).digest()
    (receipt,) = log.append([NewEntry(event_id.bytes, file.id, content_hash, encode(envelope))])
    if receipt.outcome is Outcome.CONFLICT:
        raise VersionTaken(f"{file.id}@{file.version}")
    return receipt.outcome is Outcome.APPENDED
