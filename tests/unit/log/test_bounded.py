"""A log read up to an offset and no further."""

from __future__ import annotations

import pytest

from hepledger.log.bounded import BoundedLog, ReadOnlyLog
from hepledger.log.memory import MemoryLog
from hepledger.log.port import NewEntry


def entry(number: int) -> NewEntry:
    return NewEntry(bytes([number]) * 16, "LEE/LEE-001", bytes([number]) * 32, b"payload")


def log_of(entries: int) -> MemoryLog:
    log = MemoryLog("hepledger.reported")
    log.append([entry(number) for number in range(entries)])
    return log


def test_nothing_from_the_bound_on_is_there() -> None:
    bounded = BoundedLog(log_of(5), {0: 3})
    assert [each.offset for each in bounded.read(0, 1, 10)] == [1, 2]
    assert bounded.heads() == {0: 3}
    assert bounded.find(bytes([2]) * 16) is not None
    assert bounded.find(bytes([3]) * 16) is None


def test_a_subscription_ends_at_the_bound_whatever_is_appended_meanwhile() -> None:
    log = log_of(2)
    subscription = BoundedLog(log, {0: 2}).subscribe({0: 0})
    log.append([entry(9)])
    assert [each.offset for each in subscription.poll(10, 0)] == [0, 1]
    assert subscription.poll(10, 0) == []


def test_a_partition_without_a_bound_is_empty() -> None:
    assert BoundedLog(log_of(2), {}).heads() == {0: 0}


def test_nothing_can_be_appended() -> None:
    with pytest.raises(ReadOnlyLog):
        BoundedLog(log_of(1), {0: 1}).append([entry(9)])
