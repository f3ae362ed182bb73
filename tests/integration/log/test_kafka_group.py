"""Workers of one group share the partitions, come and go, and read nothing before their own database has said from where."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Thread, current_thread

import pytest

from hepledger.log.faults import OffsetMissing
from hepledger.log.kafka import KafkaLog
from hepledger.log.kafka_group import Membership
from hepledger.log.membership import Assigned, Change, Revoked
from hepledger.log.port import Entry
from tests.support.kafka_maker import KafkaMaker
from tests.support.log_contract import entry, key_on, payloads
from tests.support.server_handle import Server

SESSION = 6.0  # the shortest that brokers allow by themselves
PATIENCE = 60.0
TURN = 0.3


class Worker:
    """A member that seeks what it is assigned, and remembers what it was told and read."""

    def __init__(self, log: KafkaLog, group: str, name: str, starts: dict[int, int] | None = None) -> None:
        self.changes: list[Change] = []
        self.seen: list[Entry] = []
        self._starts = starts
        self._turning: Thread | None = None
        self.member: Membership = log.join(group, name, self.hear, SESSION)

    def hear(self, change: Change) -> None:
        assert current_thread() is self._turning
        self.changes.append(change)
        if isinstance(change, Assigned) and self._starts is not None:
            self.member.seek({partition: self._starts.get(partition, 0) for partition in change.partitions})

    def turn(self) -> None:
        self._turning = current_thread()
        found = self.member.poll(100, TURN)
        assert {one.partition for one in found} <= self.member.reading
        self.seen += found

    @property
    def held(self) -> set[int]:
        held: set[int] = set()
        for change in self.changes:
            held = held | change.partitions if isinstance(change, Assigned) else held - change.partitions
        return held


@pytest.fixture
def maker(kafka_server: Server, kafka_prefix: str) -> Iterator[KafkaMaker]:
    maker = KafkaMaker(kafka_server, kafka_prefix)
    yield maker
    maker.close()


@pytest.fixture
def join(kafka_prefix: str) -> Iterator[Callable[..., Worker]]:
    """Workers of a group of this test's own."""
    workers: list[Worker] = []

    def joined(log: KafkaLog, name: str, starts: dict[int, int] | None = None) -> Worker:
        workers.append(Worker(log, f"{kafka_prefix}workers", name, starts))
        return workers[-1]

    yield joined
    for worker in workers:
        worker.member.close(leave=True)


def log_of_four(maker: KafkaMaker) -> KafkaLog:
    log = maker.create(partitions=4)
    log.append([entry(f"{name}{at}", key_on(at, 4)) for name in "abc" for at in range(4)])
    return log


def turn_until(true: Callable[[], bool], *workers: Worker) -> None:
    """Let all turn at once, as processes would: of two that take turns each waits for the other to join."""
    deadline = time.monotonic() + PATIENCE
    with ThreadPoolExecutor(len(workers)) as threads:
        while not true():
            assert time.monotonic() < deadline, [worker.changes for worker in workers]
            list(threads.map(Worker.turn, workers))


def test_a_member_reads_from_the_positions_of_its_own_database(maker: KafkaMaker, join: Callable[..., Worker]) -> None:
    worker = join(log_of_four(maker), "one", {0: 3, 1: 2, 2: 0, 3: 1})
    turn_until(lambda: len(worker.seen) >= 6, worker)
    assert worker.changes == [Assigned(frozenset(range(4)))]
    assert sorted(payloads(worker.seen)) == [
        b"a2 says 412", b"b2 says 412", b"b3 says 412", b"c1 says 412", b"c2 says 412", b"c3 says 412",
    ]  # fmt: skip


def test_nothing_is_read_of_a_partition_before_it_is_sought(maker: KafkaMaker, join: Callable[..., Worker]) -> None:
    log = log_of_four(maker)
    worker = join(log, "one")
    turn_until(lambda: bool(worker.changes), worker)
    for _ in range(5):
        worker.turn()
    assert worker.seen == []
    worker.member.seek({1: 1})
    turn_until(lambda: len(worker.seen) >= 2, worker)
    assert {one.partition for one in worker.seen} == {1} == worker.member.reading


def test_two_members_share_the_partitions_and_only_those_that_move_change_hands(
    maker: KafkaMaker, join: Callable[..., Worker]
) -> None:
    log = log_of_four(maker)
    first = join(log, "one", {})
    turn_until(lambda: len(first.seen) == 12, first)
    second = join(log, "two", {})
    turn_until(lambda: len(second.held) == 2, first, second)
    [moved] = [change for change in first.changes if isinstance(change, Revoked)]
    assert not moved.lost
    assert first.changes == [Assigned(frozenset(range(4))), moved]
    assert (first.held | second.held, first.held & second.held) == ({0, 1, 2, 3}, set())
    turn_until(lambda: len(second.seen) == 6, first, second)
    assert {one.partition for one in second.seen} == moved.partitions

    log.append([entry(f"d{at}", key_on(at, 4)) for at in range(4)])
    turn_until(lambda: len(first.seen) == 14 and len(second.seen) == 8, first, second)
    assert {one.partition for one in first.seen[12:]} == first.held

    second.member.close(leave=True)
    turn_until(lambda: len(first.held) == 4, first)
    assert first.changes[2:] == [Assigned(moved.partitions)]


def test_a_member_that_comes_back_under_its_id_finds_its_partitions_and_disturbs_nobody(
    maker: KafkaMaker, join: Callable[..., Worker]
) -> None:
    log = log_of_four(maker)
    first, second = join(log, "one", {}), join(log, "two", {})
    turn_until(lambda: len(first.held) == 2 == len(second.held), first, second)
    told = list(first.changes)
    kept = second.held
    second.member.close()
    again = join(log, "two", {})
    turn_until(lambda: bool(again.held), first, again)
    assert again.changes == [Assigned(frozenset(kept))]
    assert first.changes == told


def test_a_member_that_is_gone_loses_its_partitions_when_its_session_ends(
    maker: KafkaMaker, join: Callable[..., Worker]
) -> None:
    log = log_of_four(maker)
    first, second = join(log, "one", {}), join(log, "two", {})
    turn_until(lambda: len(first.held) == 2 == len(second.held), first, second)
    second.member.close()
    turn_until(lambda: len(first.held) == 4, first)


def test_a_position_that_the_log_does_not_hold_stops_the_member(maker: KafkaMaker, join: Callable[..., Worker]) -> None:
    worker = join(log_of_four(maker), "one", {2: 99})
    with pytest.raises(OffsetMissing, match=r"stands at offset 99 of partition 2"):
        turn_until(lambda: False, worker)


def test_a_paused_member_keeps_its_place_and_goes_on_where_it_stood(
    maker: KafkaMaker, join: Callable[..., Worker]
) -> None:
    log = log_of_four(maker)
    worker = join(log, "one", {})
    turn_until(lambda: len(worker.seen) == 12, worker)
    worker.member.pause()
    log.append([entry(f"d{at}", key_on(at, 4)) for at in range(4)])
    until = time.monotonic() + 1.5
    while time.monotonic() < until:
        worker.turn()
    assert (len(worker.seen), len(worker.changes)) == (12, 1)
    worker.member.resume()
    turn_until(lambda: len(worker.seen) == 16, worker)
