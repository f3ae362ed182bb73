"""The sample reporting consumer: what it keeps is what stands, whatever came twice."""

from __future__ import annotations

import ast
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from hepledger_events.codec import UnknownEvent, encode
from hepledger_events.envelope import Envelope
from tests.support.derived_stream import activated, believed_after, changed, erased, relapse_withdrawn, relapsed
from tests.support.present_states import PROGRAM, positions, sample, told

consumer: Any = sample()


class Record(NamedTuple):
    """What a consumer of Kafka is handed."""

    offset: int
    value: bytes


def records(*events: Envelope, start: int = 0) -> list[Record]:
    return [Record(offset, encode(event)) for offset, event in enumerate(events, start)]


def stored(file: Path, *batches: list[Record]) -> None:
    with closing(consumer.open_file(str(file))) as connection:
        for batch in batches:
            consumer.store(connection, 0, batch)


def test_it_needs_nothing_but_the_published_language_a_client_of_kafka_and_python() -> None:
    named = [
        name.partition(".")[0]
        for node in ast.walk(ast.parse(PROGRAM.read_text("utf-8")))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    ]
    assert set(named) - sys.stdlib_module_names == {"hepledger_events", "kafka"}


def test_the_present_state_is_the_last_one_said(tmp_path: Path) -> None:
    stored(tmp_path / "f", records(changed(1, "a", "PR"), changed(2, "b", "NR"), changed(3, "a", "CR")))

    assert told(tmp_path / "f").states == {"a": "CR", "b": "NR"}


def test_an_event_that_comes_again_changes_nothing(tmp_path: Path) -> None:
    events = [changed(1, "a", "PR"), changed(2, "a", "CR"), relapsed(3, "a"), changed(4, "a", "RP")]
    stored(tmp_path / "f", records(*events, *events[:2]), records(*events[:1], start=6))

    assert told(tmp_path / "f") == believed_after(events)
    assert told(tmp_path / "f").states == {"a": "RP"}


def test_a_change_that_is_superseded_stands_no_longer_and_what_is_only_taken_back_adds_nothing(tmp_path: Path) -> None:
    first, relapse = changed(1, "a", "PR"), relapsed(3, "a")
    revised = changed(2, "a", "NR", supersedes=first.id)
    stored(tmp_path / "f", records(first, revised, relapse))
    assert set(told(tmp_path / "f").beliefs) == {revised.id, relapse.id}

    back = [relapse_withdrawn(4, "a", relapse.id), changed(5, "a", "start", day=None, supersedes=revised.id)]
    stored(tmp_path / "f", records(*back, start=3))
    assert told(tmp_path / "f").beliefs == {}
    assert told(tmp_path / "f").states == {"a": "start"}


def test_of_a_patient_who_was_erased_no_byte_stays(tmp_path: Path) -> None:
    rows = [b"LEEaPR", b"LEEarelapse"]  # as SQLite lays them out
    stored(tmp_path / "f", records(changed(1, "a", "PR"), relapsed(2, "a"), changed(3, "b", "NR")))
    assert [row in (tmp_path / "f").read_bytes() for row in rows] == [True, True]
    stored(tmp_path / "f", records(erased(4, "a"), start=3))

    assert told(tmp_path / "f").states == {"b": "NR"}
    assert set(told(tmp_path / "f").beliefs.values()) == {"b"}
    assert [row in (tmp_path / "f").read_bytes() for row in rows] == [False, False]


def test_the_criteria_activated_last_are_the_active_ones_whatever_came_first(tmp_path: Path) -> None:
    stored(tmp_path / "f", records(activated(2, "iaihg-2022"), activated(1, "hegade-2011")))

    assert told(tmp_path / "f").active == ("iaihg-2022", 1)


def test_an_event_from_the_future_stops_it_before_that_event_and_undoes_the_batch(tmp_path: Path) -> None:
    known = records(changed(1, "a", "PR"))
    future = Record(2, records(changed(3, "a", "NR"))[0].value.replace(b"changed.v1", b"changed.v9"))
    stored(tmp_path / "f", known)

    with pytest.raises(UnknownEvent):
        stored(tmp_path / "f", [*records(changed(2, "a", "CR"), start=1), future])
    assert told(tmp_path / "f").states == {"a": "PR"}
    assert positions(tmp_path / "f") == 1


def test_two_copies_on_one_file_do_each_event_once(tmp_path: Path) -> None:
    batch = records(changed(1, "a", "PR"), changed(2, "a", "CR"))
    stored(tmp_path / "f", batch, records(changed(3, "a", "NR"), start=2), batch)

    assert told(tmp_path / "f").states == {"a": "NR"}
    assert positions(tmp_path / "f") == 3
    with closing(sqlite3.connect(tmp_path / "f")) as read:
        assert read.execute("SELECT count(*) FROM seen").fetchone() == (3,)
