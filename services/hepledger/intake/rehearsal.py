"""What an ingest would do, without doing it: the doors of a dry run ask the log and write nothing."""

from __future__ import annotations

from collections.abc import Sequence

from hepledger.intake.identity import content_hash_of
from hepledger.intake.submit import Doors
from hepledger.log.port import Entry, EventLog, NewEntry, Outcome
from hepledger_events.codec import decode


class Rehearsal:
    """Decides as the log would. It remembers every event it met, some hundred bytes each: the log is not there to do so."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self._met: dict[bytes, bytes | None] = {}

    @property
    def doors(self) -> Doors:
        """The doors that lead nowhere."""
        return Doors(self._append, lambda _: 0)

    def _append(self, entries: Sequence[NewEntry]) -> list[Outcome]:
        return [self._outcome(entry) for entry in entries]

    def _outcome(self, entry: NewEntry) -> Outcome:
        if entry.event_id not in self._met:
            standing = self._log.find(entry.event_id)
            if standing is None:
                self._met[entry.event_id] = entry.content_hash
                return Outcome.APPENDED
            self._met[entry.event_id] = _hash_of(standing)
        met = self._met[entry.event_id]
        return Outcome.ALREADY if met in (None, entry.content_hash) else Outcome.CONFLICT


def _hash_of(entry: Entry) -> bytes | None:
    """The content hash of an event in the log; None where its content is sealed or gone, and cannot be compared."""
    envelope = decode(entry.payload)
    if not isinstance(envelope.data, dict):
        return None
    return content_hash_of(envelope.type, envelope.centre, envelope.patient, envelope.occurred_at, envelope.data)
