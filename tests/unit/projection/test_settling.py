from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from hepledger.clinical.changes import StateChange
from hepledger.projection.announcements import Voice
from hepledger.projection.books import Book, of_change
from hepledger.projection.settling import settle
from hepledger.projection.shifts import Shift
from hepledger.state.beliefs import Held, Kind
from tests.support.projecting import shipped, state_with

NOW = datetime(2026, 1, 1, tzinfo=UTC)
EARLIER = StateChange("start", "NR", 738_000, 738_000, False, 5, ("e1",))
MOVED = StateChange("start", "NR", 738_007, 738_007, False, 5, ("e2",))
STANDING = StateChange("NR", "CR", 738_100, 738_130, False, 0, ("e3", "e4"))


def stored(change: StateChange, announced: int) -> Held:
    day = change.confirmed_day
    announced_id = UUID(int=announced).bytes
    return Held(Kind.TRANSITION, day, of_change(change), 0, announced_id=announced_id, stored=True)


def shift(withdrawn: list[StateChange], added: list[StateChange], standing: StateChange | None) -> Shift:
    return Shift(9, str(UUID(int=99)), withdrawn, added, [], [], [], [], standing)


def said(book: Book, shift_: Shift) -> list[dict[str, Any]]:
    (hegade,) = state_with([shipped("hegade-2011")]).sets
    voice = Voice(hegade, "LEE/LEE-001", 0, NOW)
    settle(book, shift_, voice)
    events = [json.loads(announcement.payload) for announcement in voice.said]
    return [{"id": event["id"], **event["data"]} for event in events]


def test_what_is_said_last_of_a_cause_ends_in_the_present_state_though_only_an_earlier_change_moved() -> None:
    book = Book([stored(EARLIER, 1), stored(STANDING, 2)])
    moved, restated = said(book, shift([EARLIER], [MOVED], STANDING))
    assert (moved["to"], moved["supersedes"]) == ("NR", str(UUID(int=1)))
    assert (restated["to"], restated["supersedes"]) == ("CR", str(UUID(int=2)))
    (standing,) = [held for held in book.entries if held.mark == STANDING.confirmed_day]
    assert standing.announced_id == UUID(restated["id"]).bytes
    assert standing.changed
    assert standing.known_to is None


def test_where_the_last_change_moved_nothing_is_said_again() -> None:
    later = StateChange("NR", "CR", 738_100, 738_140, False, 0, ("e3", "e4"))
    (told,) = said(Book([stored(EARLIER, 1), stored(STANDING, 2)]), shift([STANDING], [later], later))
    assert (told["to"], told["supersedes"]) == ("CR", str(UUID(int=2)))


def test_what_is_gone_without_a_successor_is_said_to_be_gone_before_anything_else_is_said() -> None:
    book = Book([stored(EARLIER, 1), stored(STANDING, 2)])
    gone, moved = said(book, shift([EARLIER, STANDING], [MOVED], MOVED))
    assert (gone["from"], gone["to"], gone["confirmed_on"], gone["supersedes"]) == ("CR", "NR", None, str(UUID(int=2)))
    assert (moved["to"], moved["supersedes"]) == ("NR", str(UUID(int=1)))


def test_without_a_voice_the_rows_open_and_close_all_the_same() -> None:
    book = Book([stored(EARLIER, 1)])
    settle(book, shift([EARLIER], [MOVED], MOVED), None)
    assert [(held.mark, held.known_from, held.known_to) for held in book.entries] == [
        (EARLIER.confirmed_day, 0, 9),
        (MOVED.confirmed_day, 9, None),
    ]
