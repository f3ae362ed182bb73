"""From the outbox to the derived stream: in order, at least once, under ids that do not change."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from hepledger.log.memory import MemoryLog
from hepledger.log.port import NewEntry, Receipt
from hepledger.projection.relay import AnnouncedOtherwise, relay, relay_all
from hepledger.state import outbox
from hepledger_events.streams import DERIVED
from tests.support.builders import lab, prescription
from tests.support.projecting import State, entries_of, shipped, state_with
from tests.support.raw_log import RawLog


class Interrupted(Exception):
    """The connection went away."""


class LogThatForgetsToAnswer(MemoryLog):
    """What is appended stands in it, but nobody is told."""

    def append(self, entries: Sequence[NewEntry]) -> list[Receipt]:
        super().append(entries)
        raise Interrupted


def with_announcements() -> State:
    state = state_with([shipped("hegade-2011")])
    said = [
        each
        for patient in ("LEE-001", "LEE-002")
        for each in (prescription(patient), lab(patient, "2023-12-20"), lab(patient, "2024-02-01", "100"))
    ]
    state.project(RawLog(entries_of(said)))
    return state


def waiting(state: State) -> list[outbox.Waiting]:
    with state.begin() as uow:
        return outbox.first(uow, 100)


def test_what_waits_is_published_in_order_and_then_forgotten() -> None:
    state, derived = with_announcements(), MemoryLog(DERIVED)
    before = waiting(state)
    assert relay_all(state.begin, derived) == len(before) == 2
    assert [entry.payload for entry in derived.read(0, 0, 100)] == [each.payload for each in before]
    assert waiting(state) == []


def test_a_page_at_a_time_is_published() -> None:
    state, derived = with_announcements(), MemoryLog(DERIVED)
    assert [relay(state.begin, derived, limit=1) for _ in range(3)] == [1, 1, 0]


def test_what_may_or_may_not_have_been_published_is_published_again_and_stands_once() -> None:
    state, derived = with_announcements(), MemoryLog(DERIVED)
    before = waiting(state)
    silent = LogThatForgetsToAnswer(DERIVED)
    with pytest.raises(Interrupted):
        relay(state.begin, silent)
    assert waiting(state) == before
    relay_all(state.begin, derived)
    assert derived.heads() == {0: 2} == silent.heads()


def test_another_content_under_a_published_id_stops_the_relay_and_loses_nothing() -> None:
    state, derived = with_announcements(), MemoryLog(DERIVED)
    first = waiting(state)[0]
    derived.append([NewEntry(first.event_id, first.key, bytes(32), b"something else")])
    with pytest.raises(AnnouncedOtherwise):
        relay(state.begin, derived)
    assert len(waiting(state)) == 2


def test_a_number_in_the_outbox_is_never_given_out_twice() -> None:
    state, derived = with_announcements(), MemoryLog(DERIVED)
    last = waiting(state)[-1].seq
    relay_all(state.begin, derived)
    with state.begin() as uow:
        outbox.add(uow, [(bytes(16), 0, "LEE/LEE-001", b"")])
        assert outbox.first(uow, 1)[0].seq > last
