"""From the outbox to the derived stream: in order, at least once, under ids that do not change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import pytest

from hepledger.log.memory import MemoryLog
from hepledger.log.port import NewEntry, Receipt
from hepledger.projection.relay import LEASE_SECONDS, AnnouncedOtherwise, Relay
from hepledger.state import outbox
from hepledger_events.streams import DERIVED
from tests.support.builders import lab, prescription
from tests.support.projecting import LATER, State, entries_of, shipped, state_with
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
    assert state.relay_all(derived) == len(before) == 2
    assert [entry.payload for entry in derived.read(0, 0, 100)] == [each.payload for each in before]
    assert waiting(state) == []


def test_a_page_at_a_time_is_published() -> None:
    state, derived = with_announcements(), MemoryLog(DERIVED)
    relay = state.relay(derived)
    assert [relay.publish(limit=1) for _ in range(3)] == [1, 1, 0]


def test_what_may_or_may_not_have_been_published_is_published_again_and_stands_once() -> None:
    state, derived = with_announcements(), MemoryLog(DERIVED)
    before = waiting(state)
    silent = LogThatForgetsToAnswer(DERIVED)
    with pytest.raises(Interrupted):
        state.relay(silent).publish()
    assert waiting(state) == before
    state.relay_all(derived)
    assert derived.heads() == {0: 2} == silent.heads()


def test_another_content_under_a_published_id_stops_the_relay_and_loses_nothing() -> None:
    state, derived = with_announcements(), MemoryLog(DERIVED)
    first = waiting(state)[0]
    derived.append([NewEntry(first.event_id, first.key, bytes(32), b"something else")])
    with pytest.raises(AnnouncedOtherwise):
        state.relay(derived).publish()
    assert len(waiting(state)) == 2


def test_a_number_in_the_outbox_is_never_given_out_twice() -> None:
    state, derived = with_announcements(), MemoryLog(DERIVED)
    last = waiting(state)[-1].seq
    state.relay_all(derived)
    with state.begin() as uow:
        outbox.add(uow, [(bytes(16), 0, "LEE/LEE-001", b"")])
        assert outbox.first(uow, 1)[0].seq > last


class Watch:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = LATER

    def __call__(self) -> datetime:
        return self.now


class LogThatTakesItsTime(MemoryLog):
    """While something is appended, something else happens."""

    def __init__(self, stream: str, meanwhile: Callable[[], object]) -> None:
        super().__init__(stream)
        self.meanwhile = meanwhile

    def append(self, entries: Sequence[NewEntry]) -> list[Receipt]:
        self.meanwhile()
        return super().append(entries)


def test_while_one_relay_is_at_work_another_stands_by() -> None:
    state, derived = with_announcements(), MemoryLog(DERIVED)
    one, other = state.relay(derived, "one"), state.relay(derived, "other")
    assert one.publish(limit=1) == 1
    assert other.publish() == 0
    one.close()
    assert other.publish() == 1


def test_a_relay_that_is_gone_is_replaced_when_its_time_is_over() -> None:
    state, derived, clock = with_announcements(), MemoryLog(DERIVED), Watch()
    gone, other = (Relay(state.begin, derived, clock=clock, owner=name) for name in ("gone", "other"))
    assert gone.publish(limit=1) == 1
    clock.now += timedelta(seconds=LEASE_SECONDS - 1)
    assert other.publish() == 0
    clock.now += timedelta(seconds=1)
    assert other.publish() == 1


def test_a_relay_at_work_keeps_its_lease() -> None:
    state, derived, clock = with_announcements(), MemoryLog(DERIVED), Watch()
    one, other = (Relay(state.begin, derived, clock=clock, owner=name) for name in ("one", "other"))
    assert one.publish(limit=1) == 1
    clock.now += timedelta(seconds=LEASE_SECONDS - 1)
    assert one.publish(limit=1) == 1
    with state.begin() as uow:
        outbox.add(uow, [(bytes(16), 0, "LEE/LEE-001", waiting_payload(derived))])
        uow.commit()
    clock.now += timedelta(seconds=LEASE_SECONDS - 1)
    assert other.publish() == 0
    assert one.publish() == 1


def waiting_payload(derived: MemoryLog) -> bytes:
    return derived.read(0, 0, 1)[0].payload


def test_a_relay_that_was_replaced_while_it_published_forgets_nothing() -> None:
    state, others = with_announcements(), MemoryLog(DERIVED)
    other = state.relay(others, "other")
    paused = state.relay(LogThatTakesItsTime(DERIVED, other.take_over), "paused")
    assert paused.publish() == 0
    assert len(waiting(state)) == 2
    assert paused.publish() == 0
    assert other.publish_all() == 2
    assert waiting(state) == []


def test_a_relay_that_was_replaced_gives_nothing_back() -> None:
    state, derived = with_announcements(), MemoryLog(DERIVED)
    one, other = state.relay(derived, "one"), state.relay(derived, "other")
    assert one.publish(limit=1) == 1
    other.take_over()
    one.close()
    assert state.relay(derived, "third").publish() == 0
    assert other.publish() == 1
