"""The log of a large cohort, written as intake would have written it, without asking again and again whether it may be said.

Every kind of event is taken in once, with words in the place of what varies; the others are made from its bytes. So an event has
the envelope, the id and the hash that intake gives, whatever they are, and a test holds them against it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha1, sha256
from itertools import islice
from multiprocessing import get_context
from typing import Any, Final, NamedTuple

import numpy as np

from hepledger.intake.identity import NAMESPACE
from hepledger.intake.submit import new_entry
from hepledger.log.port import NewEntry, Outcome
from hepledger.log.sql import open_stream
from hepledger.state.facts import uuid_text
from hepledger_events.canonical import canonical_json
from hepledger_events.reported import parse_submission
from hepledger_events.streams import REPORTED, partition_of
from tests.benchmarks.replay_cohort import (
    CORRECTION,
    DRUGS,
    PRESCRIBED,
    RECORDED,
    RETRACTION,
    Told,
    cohort,
    picked,
)
from tests.support import builders
from tests.support.databases import opened

CENTRE: Final = "LEE"
FIRST: Final = datetime(2015, 1, 1, tzinfo=UTC)
BATCH, AT_ONCE = 5_000, 100_000
WORDS: Final = {
    "patient": "PATIENT-X", "day": "1999-09-09", "value": "987654321", "limit": "123456789", "result": "RESULT-X",
    "moment": "1999-08-08T00:00:00+00:00", "source": "SOURCE-X",
}  # fmt: skip
"""What varies, and the word that stands for it where it is valid and nothing else is like it."""


class Mould(NamedTuple):
    """What is filled in to make an event: the text that names it, the text that says what it says, and the event."""

    identity: str
    content: str
    payload: str


def said(kind: int, drug: str, words: Mapping[str, str]) -> dict[str, Any]:
    """What a centre sends."""
    patient, day, result, source = (words[name] for name in ("patient", "day", "result", "source"))
    if kind == PRESCRIBED:
        return builders.prescription(patient, day, drug=drug, centre=CENTRE, source=source)
    if kind == RETRACTION:
        return builders.retraction(result, patient, CENTRE, source=source)
    build = builders.correction if kind == CORRECTION else builders.lab
    measured = {"alt": words["value"], "limit": words["limit"], "result_id": result}
    return build(patient=patient, day=day, centre=CENTRE, source=source, **measured)


def words_of(patient: int, kind: int, serial: int, day: str, recorded: str, value: int, limit: int) -> dict[str, str]:
    """What varies, of one event. A result is named after its visit, a message after what it is about."""
    name = f"P{patient:06d}"
    if kind == PRESCRIBED:
        source, result = f"{name}/{DRUGS[serial][0]}", ""
    else:
        result = f"{name}/{serial}"
        source = result if kind == RECORDED else f"{result}/{kind}"
    return {
        "patient": name, "day": day, "value": str(value), "limit": str(limit), "result": result, "moment": recorded,
        "source": source,
    }  # fmt: skip


def entries(told: Told) -> Iterator[NewEntry]:
    """The events, as they are to be appended."""
    moulds = {kind: _mould(kind, "") for kind in (RECORDED, CORRECTION, RETRACTION)}
    prescribed = [_mould(PRESCRIBED, drug) for drug, _ in DRUGS]
    last = int(max(told.day.max(), told.recorded.max())) + 1
    moments = [FIRST + timedelta(days=day) for day in range(last)]
    days, times = [each.date().isoformat() for each in moments], [each.isoformat() for each in moments]
    for patient, kind, serial, day, recorded, value, limit in _rows(told):
        words = words_of(patient, kind, serial, days[day], times[recorded], value, limit)
        mould = prescribed[serial] if kind == PRESCRIBED else moulds[kind]
        event_id = _event_id(mould.identity % words)
        words["id"] = uuid_text(event_id)
        content_hash = sha256((mould.content % words).encode()).digest()
        yield NewEntry(event_id, f"{CENTRE}/{words['patient']}", content_hash, (mould.payload % words).encode())


def _rows(told: Told) -> Iterator[tuple[int, ...]]:
    """Row by row in plain numbers, some at a time: all of them at once would be gigabytes."""
    for start in range(0, len(told.day), AT_ONCE):
        yield from zip(*(column[start : start + AT_ONCE].tolist() for column in told), strict=True)


def _mould(kind: int, drug: str) -> Mould:
    """Made from an event that was taken in as every other is."""
    submission = parse_submission(said(kind, drug, WORDS))
    entry = new_entry(submission, datetime.fromisoformat(WORDS["moment"]))
    content = [submission.type, CENTRE, submission.patient, submission.occurred_at, submission.content()]
    identity = canonical_json([CENTRE, submission.source])
    varying = {**WORDS, "id": uuid_text(entry.event_id)}
    return Mould(*(_hollow(text, varying) for text in (identity, canonical_json(content), entry.payload.decode())))


def _hollow(text: str, varying: Mapping[str, str]) -> str:
    text = text.replace("%", "%%")
    for name, word in varying.items():
        text = text.replace(word, f"%({name})s")
    return text


def _event_id(name: str) -> bytes:
    """As `uuid.uuid5`, which takes three times as long."""
    hashed = bytearray(sha1(NAMESPACE.bytes + name.encode(), usedforsecurity=False).digest()[:16])
    hashed[6] = hashed[6] & 0x0F | 0x50
    hashed[8] = hashed[8] & 0x3F | 0x80
    return bytes(hashed)


def fill(url: str, patients: int, results: int, writers: int) -> int:
    """Write the log, which is there and empty: each writer a part of its partitions. Gives the number of events."""
    with get_context("spawn").Pool(writers) as pool:
        return sum(pool.starmap(_write_share, [(url, patients, results, number, writers) for number in range(writers)]))


def _write_share(url: str, patients: int, results: int, number: int, writers: int) -> int:
    """Partitions are lists of their own: each comes out as if one writer had written all in the order of recording."""
    with opened(url, tables=False) as engine:
        log = open_stream(engine, REPORTED)
        keys = (f"{CENTRE}/P{patient:06d}" for patient in range(patients))
        mine = np.fromiter((partition_of(key, log.partitions) % writers == number for key in keys), bool, patients)
        told = cohort(patients, results)
        told = picked(told, mine[told.patient])
        left = entries(told)
        while batch := list(islice(left, BATCH)):
            receipts = log.append(batch)
            assert all(receipt.outcome is Outcome.APPENDED for receipt in receipts)
    return len(told.day)
