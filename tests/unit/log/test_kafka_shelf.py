"""What waits is handed out in turns, in order, and never twice."""

from __future__ import annotations

from hepledger.log.kafka_shelf import Shelf
from hepledger.log.port import Entry


def entries(partition: int, offsets: range) -> list[Entry]:
    return [Entry(partition, offset, bytes(16), "LEE/LEE-001", b"") for offset in offsets]


def places(found: list[Entry]) -> list[tuple[int, int]]:
    return [(one.partition, one.offset) for one in found]


def test_a_busy_partition_leaves_the_others_their_share() -> None:
    shelf = Shelf()
    shelf.put(0, entries(0, range(100)))
    shelf.put(1, entries(1, range(2)))
    assert places(shelf.take(6)) == [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (0, 3)]
    assert places(shelf.take(2)) == [(0, 4), (0, 5)]


def test_no_partition_comes_first_twice_when_there_is_room_for_one() -> None:
    shelf = Shelf()
    for partition in range(3):
        shelf.put(partition, entries(partition, range(2)))
    assert [places(shelf.take(1))[0] for _ in range(6)] == [(0, 0), (1, 0), (2, 0), (0, 1), (1, 1), (2, 1)]
    assert shelf.take(1) == []


def test_what_is_paused_waits_and_what_is_dropped_is_gone() -> None:
    shelf = Shelf()
    for partition in range(3):
        shelf.put(partition, entries(partition, range(2)))
    shelf.drop([1, 7])
    assert shelf.count(without={0}) == 2
    assert places(shelf.take(10, without={0})) == [(2, 0), (2, 1)]
    assert places(shelf.take(10)) == [(0, 0), (0, 1)]
