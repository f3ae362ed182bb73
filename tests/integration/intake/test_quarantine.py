"""The quarantine keeps a bad record once, with its bytes, until somebody decides."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from hepledger.state.quarantine import (
    EntryNotFound,
    EntryState,
    QuarantineStore,
    Reason,
    RefusedRecord,
    Settlement,
)
from tests.support.intake import NOON, desk_in

WHY = (Reason("ALT", "'high'", "a number"),)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[QuarantineStore]:
    with desk_in(tmp_path) as desk:
        yield desk.quarantine


def refused(**differing: Any) -> RefusedRecord:
    ordinary: dict[str, Any] = {
        "centre": "LEE",
        "door": "csv",
        "origin": "labs.csv",
        "row": 3,
        "part": "labs",
        "raw": b'P,"hi\r\ngh",\xff\0\n',
        "reasons": WHY,
        "meaning": "A,B",
        "context": '{"header":["A","B"]}',
        "received_at": NOON,
    }
    return RefusedRecord(**{**ordinary, **differing})


def test_a_refused_record_comes_back_as_it_was(store: QuarantineStore) -> None:
    assert store.add([refused()]) == 1
    (entry,) = store.list()
    assert (entry.raw, entry.reasons, entry.origin, entry.row) == (refused().raw, WHY, "labs.csv", 3)
    assert (entry.context, entry.received_at, entry.state, entry.note) == (refused().context, NOON, "open", "")
    assert store.get(entry.entry_id) == entry


def test_the_same_bad_record_sent_again_is_the_same_entry(store: QuarantineStore) -> None:
    again = refused(origin="copy.csv", row=9, received_at=NOON + timedelta(days=1))
    assert store.add([refused(), refused()]) == 1
    assert store.add([again]) == 0
    (entry,) = store.list()
    assert (entry.origin, entry.row, entry.received_at) == ("labs.csv", 3, NOON)


def test_whether_a_line_end_follows_is_no_difference(store: QuarantineStore) -> None:
    assert store.add([refused(raw=b"P,1"), refused(raw=b"P,1\n"), refused(raw=b"P,1\r\n")]) == 1


@pytest.mark.parametrize(
    "other", [{"raw": b"Q"}, {"centre": "YRK"}, {"door": "ndjson"}, {"part": "deaths"}, {"meaning": "B,A"}]
)
def test_equal_bytes_that_mean_something_else_are_another_entry(store: QuarantineStore, other: dict[str, Any]) -> None:
    assert store.add([refused(), refused(**other)]) == 2


def test_an_open_entry_takes_on_the_newest_reasons_and_a_settled_one_keeps_its_own(store: QuarantineStore) -> None:
    newest = (Reason(None, "x", "y"),)
    store.add([refused(), refused(raw=b"Q")])
    first, second = store.list()
    store.resolve(first.entry_id, "a test patient")
    store.add([refused(reasons=newest, context="{}"), refused(raw=b"Q", reasons=newest, context="{}")])
    assert (store.get(first.entry_id).reasons, store.get(first.entry_id).state) == (WHY, "resolved")
    assert (store.get(second.entry_id).reasons, store.get(second.entry_id).context) == (newest, "{}")


def test_a_resolved_entry_keeps_its_note_and_is_no_longer_open(store: QuarantineStore) -> None:
    store.add([refused(), refused(centre="YRK")])
    store.resolve(store.list(centre="LEE")[0].entry_id, "a test patient")
    assert [entry.centre for entry in store.list()] == ["YRK"]
    assert [entry.note for entry in store.list(state=EntryState.RESOLVED)] == ["a test patient"]
    assert len(store.list(state=None)) == 2
    assert store.counts() == {EntryState.OPEN: 1, EntryState.RESOLVED: 1, EntryState.REDRIVEN: 0}


def test_entries_are_settled_together(store: QuarantineStore) -> None:
    store.add([refused(), refused(raw=b"Q")])
    went, stayed = store.list()
    newest = (Reason(None, "x", "y"),)
    store.settle(
        [
            Settlement(went.entry_id, EntryState.REDRIVEN),
            Settlement(stayed.entry_id, EntryState.OPEN, reasons=newest),
        ]
    )
    assert store.get(went.entry_id).state == "redriven"
    assert (store.get(stayed.entry_id).state, store.get(stayed.entry_id).reasons) == ("open", newest)


def test_an_entry_that_is_not_there_is_said_so(store: QuarantineStore) -> None:
    assert store.find(7) is None
    with pytest.raises(EntryNotFound, match="7"):
        store.get(7)
    with pytest.raises(EntryNotFound):
        store.resolve(7, "why")


def test_thousands_of_records_go_in_at_once(store: QuarantineStore) -> None:
    many = [refused(raw=str(number).encode()) for number in range(3000)]
    assert store.add(many) == 3000
    assert store.add(many) == 0
    assert len(store.list(limit=10)) == 10
