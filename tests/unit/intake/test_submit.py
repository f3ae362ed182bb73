"""Valid records become events; what the log does not take for new is told apart exactly."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import pytest

from hepledger.intake.identity import event_id_of
from hepledger.intake.normalise import Accepted, Normal
from hepledger.intake.records import Context, Ignored, RawRecord, Rejection
from hepledger.intake.rehearsal import Rehearsal
from hepledger.intake.submit import Doors, Verdict, new_entry, submit
from hepledger.log.memory import MemoryLog
from hepledger.state.quarantine import RefusedRecord
from hepledger_events.codec import decode
from hepledger_events.reported import parse_submission
from hepledger_events.streams import REPORTED
from tests.support.builders import Submitted, correction, lab
from tests.support.intake import NOON

RECORD = RawRecord(door="ndjson", file="in.ndjson", row=1, raw=b"{}", context=Context())


def accepted(*submissions: Submitted) -> list[Normal]:
    return [Accepted(RECORD, parse_submission(submission)) for submission in submissions]


def id_of(submission: Submitted) -> UUID:
    said = parse_submission(submission)
    return event_id_of(said, said.content())


def doors(log: MemoryLog, kept: list[RefusedRecord]) -> Doors:
    def keep(records: Sequence[RefusedRecord]) -> int:
        kept.extend(records)
        return len(kept)

    return Doors(lambda entries: [receipt.outcome for receipt in log.append(entries)], keep)


def test_the_same_statement_is_the_same_event_in_every_registry_for_ever() -> None:
    assert str(id_of(lab(result_id="4711", source="lims/4711/1"))) == "99db0dc5-8fd3-5af3-9133-6d9e43d63f66"
    assert str(id_of(lab(result_id="4711"))) == "1655f2d3-89dd-5da7-9942-a632fbef4ddb"


def test_with_a_message_identity_the_identity_decides_and_not_the_content() -> None:
    assert id_of(lab(source="m1")) == id_of(lab(alt="9", source="m1"))
    assert id_of(lab(source="m1")) != id_of(lab(source="m2"))
    assert id_of(lab(source="m1", centre="LEE")) != id_of(lab(source="m1", centre="YRK"))


@pytest.mark.parametrize(
    "other",
    [
        lab(alt="413"),
        lab(day="2024-03-02", result_id="ALT-2024-03-01"),
        lab(patient="LEE-002"),
        lab(centre="YRK"),
        correction(),
        lab(limit=None),
        lab(source="m1"),
    ],
)
def test_without_one_whatever_differs_is_another_event(other: Submitted) -> None:
    assert id_of(lab()) != id_of(other)


def test_a_default_that_is_written_out_is_no_difference() -> None:
    short = lab()
    for key in ("comparator", "status", "flags"):
        del short["data"][key]
    short["data"]["reference_high"] = {"value": "40"}
    assert id_of(short) == id_of(lab())


def test_an_event_carries_both_times_its_centre_and_the_senders_identity() -> None:
    entry = new_entry(parse_submission(lab(source="m1")), NOON)
    event = decode(entry.payload)
    assert (event.key, entry.key, event.source) == ("LEE/LEE-001", "LEE/LEE-001", "/centres/LEE")
    assert (event.occurred_at, event.recorded_at, event.source_id) == ("2024-03-01", NOON, "m1")
    assert UUID(event.id).bytes == entry.event_id


def test_when_it_was_recorded_is_no_part_of_what_was_said() -> None:
    said = parse_submission(lab())
    later = new_entry(said, datetime(2025, 1, 1, tzinfo=UTC))
    assert (later.event_id, later.content_hash) == (new_entry(said, NOON).event_id, new_entry(said, NOON).content_hash)


def test_every_record_of_a_batch_gets_its_verdict_in_order() -> None:
    log, kept = MemoryLog(REPORTED), list[RefusedRecord]()
    rejection = Rejection(RECORD, (RECORD.fault("value", "x", "y"),), "LEE")
    batch = [*accepted(lab(source="m1")), rejection, *accepted(lab(source="m1"), lab(alt="9", source="m1"), lab())]
    settled, _ = submit([*batch, Ignored(RECORD, "why not")], doors(log, kept), NOON)
    assert [item.verdict for item in settled] == [
        Verdict.APPENDED,
        Verdict.QUARANTINED,
        Verdict.ALREADY,
        Verdict.CONFLICT,
        Verdict.APPENDED,
        Verdict.IGNORED,
    ]
    assert [(record.reasons[0].column, record.raw, record.centre) for record in kept] == [
        ("value", b"{}", "LEE"),
        ("source", b"{}", "LEE"),
    ]
    assert log.heads() == {0: 2}


def test_a_rehearsal_decides_as_the_log_would_and_writes_nothing() -> None:
    log = MemoryLog(REPORTED)
    submit(accepted(lab(source="m1")), doors(log, []), NOON)
    batch = accepted(
        lab(source="m1"), lab(alt="9", source="m1"), lab(), lab(), lab(source="m2"), lab(alt="9", source="m2")
    )
    rehearsed, stored = submit(batch, Rehearsal(log).doors, NOON)
    assert (log.heads(), stored) == ({0: 1}, 0)
    real, _ = submit(batch, doors(log, []), NOON)
    assert [item.verdict for item in rehearsed] == [item.verdict for item in real]
    assert [str(item.verdict) for item in real] == [
        "already",
        "conflict",
        "appended",
        "already",
        "appended",
        "conflict",
    ]
