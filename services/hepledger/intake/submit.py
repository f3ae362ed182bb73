"""The last step in: valid records become events and are appended in batches; the others go to the quarantine.

The log decides what is new. A batch is appended before its bad records are kept: whatever is cut off in between is only
sent again, and an event that is there already has no effect.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol, assert_never

from hepledger.intake.identity import content_hash_of, event_id_of
from hepledger.intake.normalise import Accepted, Normal
from hepledger.intake.records import Ignored, RawRecord, Rejection, RowFault
from hepledger.log.port import EventLog, NewEntry, Outcome
from hepledger.state.quarantine import Reason, RefusedRecord
from hepledger_events.catalogue import CURRENT
from hepledger_events.codec import encode
from hepledger_events.envelope import Envelope, centre_source, patient_key
from hepledger_events.reported import Submission

BATCH = 1000
"""Records that go to the log together: one synchronisation of the disk for all of them."""


class Quarantine(Protocol):
    """Where refused records are kept."""

    def add(self, records: Sequence[RefusedRecord]) -> int:
        """Keep records, each with its bytes and reasons; the same bad record is kept once. How many were not there yet."""
        ...


@dataclass(frozen=True, slots=True)
class Intake:
    """What an ingest works on: the log of reported events, the quarantine, and the clock (aware)."""

    log: EventLog
    quarantine: Quarantine
    clock: Callable[[], datetime]


class Verdict(StrEnum):
    """What became of a record."""

    APPENDED = "appended"
    ALREADY = "already"
    CONFLICT = "conflict"
    QUARANTINED = "quarantined"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True)
class Settled:
    """A record and what became of it: ``faults`` of what was refused, ``reason`` of what was ignored."""

    record: RawRecord
    verdict: Verdict
    faults: tuple[RowFault, ...] = ()
    reason: str = ""


Append = Callable[[Sequence[NewEntry]], Sequence[Outcome]]
Keep = Callable[[Sequence[RefusedRecord]], int]


@dataclass(frozen=True, slots=True)
class Doors:
    """Where a batch goes: into the log, or into the quarantine. A dry run has doors that lead nowhere."""

    append: Append
    keep: Keep

    @classmethod
    def of(cls, intake: Intake) -> Doors:
        """The real ones."""
        return cls(lambda entries: [receipt.outcome for receipt in intake.log.append(entries)], intake.quarantine.add)


def new_entry(submission: Submission, recorded_at: datetime) -> NewEntry:
    """The event of a submission, ready for the log."""
    content = submission.content()
    event_id = event_id_of(submission, content)
    centre, patient, occurred_at = submission.centre, submission.patient, submission.occurred_at
    key = patient_key(centre, patient)
    envelope = Envelope(
        id=str(event_id),
        type=submission.type,
        version=CURRENT[submission.type],
        source=centre_source(centre),
        key=key,
        centre=centre,
        patient=patient,
        occurred_at=occurred_at,
        recorded_at=recorded_at,
        source_id=submission.source,
        data=content,
    )
    content_hash = content_hash_of(submission.type, centre, patient, occurred_at, content)
    return NewEntry(event_id.bytes, key, content_hash, encode(envelope))


def submit(batch: Sequence[Normal], doors: Doors, recorded_at: datetime) -> tuple[list[Settled], int]:
    """Append what is valid, keep what is not. What became of each record, in order, and how many are new in the quarantine."""
    entries = [new_entry(item.submission, recorded_at) for item in batch if isinstance(item, Accepted)]
    outcomes = iter(doors.append(entries) if entries else ())
    settled, refused = [], []
    for item in batch:
        match item:
            case Accepted(record, submission):
                outcome = next(outcomes)
                faults = _conflict(record, submission) if outcome is Outcome.CONFLICT else ()
                settled.append(Settled(record, Verdict(str(outcome)), faults))
                if faults:
                    refused.append(_refused(Rejection(record, faults, submission.centre), recorded_at))
            case Rejection(record, faults):
                settled.append(Settled(record, Verdict.QUARANTINED, faults))
                refused.append(_refused(item, recorded_at))
            case Ignored(record, reason):
                settled.append(Settled(record, Verdict.IGNORED, reason=reason))
            case unexpected:
                assert_never(unexpected)
    return settled, doors.keep(refused) if refused else 0


def reasons_of(faults: Sequence[RowFault]) -> tuple[Reason, ...]:
    """The reasons that the quarantine keeps beside a record."""
    return tuple(Reason(fault.column, fault.found, fault.expected) for fault in faults)


def _conflict(record: RawRecord, submission: Submission) -> tuple[RowFault, ...]:
    found = f"other content under the message identity {submission.source!r}"
    return (record.fault("source", found, "what the log has under it already, or an identity of its own"),)


def _refused(rejection: Rejection, recorded_at: datetime) -> RefusedRecord:
    record = rejection.record
    return RefusedRecord(
        centre=rejection.centre,
        door=record.door,
        origin=record.file,
        row=record.row,
        part=record.part,
        raw=record.raw,
        reasons=reasons_of(rejection.faults),
        meaning=record.context.key,
        context=record.context.document,
        received_at=recorded_at,
    )
