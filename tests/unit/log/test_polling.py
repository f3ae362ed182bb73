"""A subscription that polls sleeps only while nothing is there, and never longer than it was allowed."""

from __future__ import annotations

import pytest

from hepledger.log.faults import OffsetMissing
from hepledger.log.memory import MemoryLog
from hepledger.log.polling import PollingSubscription
from hepledger.log.port import NewEntry
from tests.support.log_contract import entry


class Clock:
    """A clock that goes on only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def subscription_to(log: MemoryLog, clock: Clock, position: int = 0) -> PollingSubscription:
    return PollingSubscription(log, {0: position}, sleep=clock.sleep, monotonic=clock.monotonic)


def test_what_is_there_is_given_without_sleep() -> None:
    log, clock = MemoryLog("trial"), Clock()
    log.append([entry("a")])
    assert [one.offset for one in subscription_to(log, clock).poll(10, 5.0)] == [0]
    assert clock.slept == []


def test_a_poll_that_finds_nothing_ends_at_its_timeout() -> None:
    clock = Clock()
    assert subscription_to(MemoryLog("trial"), clock).poll(10, 0.05) == []
    assert sum(clock.slept) == pytest.approx(0.05)


def test_a_poll_without_time_looks_once() -> None:
    clock = Clock()
    assert subscription_to(MemoryLog("trial"), clock).poll(10, 0.0) == []
    assert clock.slept == []


def test_what_comes_while_it_sleeps_is_given() -> None:
    log = MemoryLog("trial")

    class Arriving(Clock):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            log.append([entry("a")])

    assert len(subscription_to(log, Arriving()).poll(10, 60.0)) == 1


def test_a_log_that_was_cut_back_under_a_reader_is_an_error_with_advice() -> None:
    log, clock = MemoryLog("trial"), Clock()
    log.append([entry("a"), entry("b")])
    reader = subscription_to(log, clock, position=2)
    reader._log = MemoryLog("trial")
    with pytest.raises(OffsetMissing, match=r"offset 2 of partition 0.*Nothing was skipped"):
        reader.poll(10, 0.0)


def test_a_closed_subscription_gives_nothing() -> None:
    log, clock = MemoryLog("trial"), Clock()
    log.append([entry("a")])
    reader = subscription_to(log, clock)
    reader.close()
    assert reader.poll(10, 5.0) == []
    assert clock.slept == []


@pytest.mark.parametrize(("event_id", "content_hash"), [(bytes(15), bytes(32)), (bytes(16), bytes(16))])
def test_an_entry_with_an_identity_of_another_length_is_refused(event_id: bytes, content_hash: bytes) -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        NewEntry(event_id, "LEE/LEE-001", content_hash, b"")
