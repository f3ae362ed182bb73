"""A worker goes on through what happens to workers: partitions come and go, services are away, others are quicker."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager

import pytest

from hepledger.database import Contended, DatabaseUnavailable
from hepledger.errors import ServiceUnreachable
from hepledger.log.membership import Assigned, Listener, Revoked
from hepledger.log.memory import MemoryLog
from hepledger.log.port import Entry, NewEntry, Subscription
from hepledger.projection.consumer import Consumer
from hepledger.projection.packing import Upkeep
from hepledger.projection.sharing import FixedShare, GroupShare, Share
from hepledger.projection.worker import Patience, Worker
from hepledger.state import checkpoints, packs
from hepledger.state.checkpoints import Fenced
from hepledger.state.unit_of_work import Begin, UnitOfWork, look_on
from hepledger_events.streams import REPORTED
from tests.support.cohort_of_many import new_entries
from tests.support.projecting import LATER, State, shipped, state_with

ALL = frozenset(range(3))
NONE = Patience()


class LogAway(ServiceUnreachable):
    """The log is away."""


class OnlyMember:
    """A group of one, over a log in memory: it is told what a test wants it to be told."""

    def __init__(self, log: MemoryLog, listener: Listener, *changes: Assigned | Revoked) -> None:
        self._log, self._listener, self.changes = log, listener, list(changes)
        self._positions: dict[int, int] = {}
        self._paused: set[int] = set()
        self._subscription: Subscription | None = None
        self.failing = 0

    def poll(self, limit: int, timeout: float) -> list[Entry]:  # noqa: ARG002 - nobody waits in a test
        if self.failing:
            self.failing -= 1
            raise LogAway
        while self.changes:
            change = self.changes.pop(0)
            for partition in change.partitions:
                self._positions.pop(partition, None)
            self._listener(change)
        wanted = {at: start for at, start in self._positions.items() if at not in self._paused}
        subscription = self._log.subscribe(wanted)
        found = subscription.poll(limit, 0)
        self._positions.update((entry.partition, entry.next_offset) for entry in found)
        return found

    def seek(self, positions: Mapping[int, int]) -> None:
        self._positions |= positions

    def pause(self, partitions: Iterable[int] | None = None) -> None:
        self._paused |= set(self._positions if partitions is None else partitions)

    def resume(self, partitions: Iterable[int] | None = None) -> None:
        self._paused -= set(self._paused if partitions is None else partitions)

    @property
    def reading(self) -> frozenset[int]:
        return frozenset(self._positions)

    def close(self, *, leave: bool = False) -> None:  # noqa: ARG002 - there is nobody else
        self._positions.clear()


class Field:
    """A state, a log of three partitions with a small cohort in it, and a worker on a share of it."""

    def __init__(self) -> None:
        self.state = state_with([shipped("hegade-2011"), shipped("iaihg-2022")])
        self.log = MemoryLog(REPORTED, partitions=3)
        self.log.append(list(new_entries(patients=6, events_of_each=10)))
        self.joined: list[OnlyMember] = []
        self.notes: list[str] = []
        self.time = 0.0

    def group(self, *changes: Assigned | Revoked) -> GroupShare:
        def join(listener: Listener) -> OnlyMember:
            self.joined.append(OnlyMember(self.log, listener, *(changes or [Assigned(ALL)])))
            return self.joined[-1]

        return GroupShare(join)

    def worker(
        self, share: Share, patience: Patience = NONE, begin: object = None, *, upkeep: Upkeep | None = None
    ) -> Worker:
        consumer = Consumer(
            self.log,
            self.state.begin if begin is None else begin,  # type: ignore[arg-type]
            self.state.sets,
            clock=lambda: LATER,
            owner="worker",
            reader=share,
        )
        return Worker(consumer, share, patience, upkeep=upkeep, note=self.notes.append, monotonic=lambda: self.time)

    def packed_until(self) -> dict[int, int]:
        with self.state.begin() as uow:
            return packs.packed_until(uow)

    def positions(self) -> dict[int, int]:
        with self.state.begin() as uow:
            return checkpoints.positions(uow, self.state.sets[0].projection_id)

    def is_drained(self) -> bool:
        return self.positions() == self.log.heads()

    def take_over(self, partition: int) -> None:
        with self.state.begin() as uow:
            for projected in self.state.sets:
                checkpoints.claim(uow, projected.projection_id, [partition], "another", 0)
            uow.commit()


def turns(number: int, until: Callable[[], bool] = lambda: False) -> Callable[[], bool]:
    left = iter(range(number))
    return lambda: not until() and next(left, None) is not None


def from_nothing(log: MemoryLog) -> Mapping[str, object]:
    state = state_with([shipped("hegade-2011"), shipped("iaihg-2022")])
    state.project(log)
    return state.rows()


@contextmanager
def commits_whose_answer_is_lost(state: State, lost: list[int]) -> Iterator[Begin]:
    """As `state.begin`; the commits whose numbers are listed go through, and their answers do not."""
    commits = iter(range(1_000))

    class Unit(UnitOfWork):
        def commit(self) -> None:
            super().commit()
            if next(commits) in lost:
                raise DatabaseUnavailable("the connection was cut")

    @contextmanager
    def begin() -> Iterator[UnitOfWork]:
        with state.begin() as uow:
            yield Unit(uow.connection)

    yield begin


@pytest.mark.parametrize("kind", ["fixed", "group"])
def test_what_is_there_is_taken_in_and_what_comes_too(kind: str) -> None:
    field = Field()
    worker = field.worker(FixedShare(field.log, range(3)) if kind == "fixed" else field.group())
    worker.work(turns(30, field.is_drained))
    later: list[NewEntry] = list(new_entries(patients=2, events_of_each=30))
    field.log.append(later)
    worker.work(turns(30, field.is_drained))
    assert field.is_drained()
    assert field.state.rows() == from_nothing(field.log)


def test_partitions_come_and_go_and_nothing_is_left_out_or_taken_twice() -> None:
    field = Field()
    share = field.group(Assigned(frozenset({0})))
    worker = field.worker(share)
    worker.work(turns(3))
    assert set(field.positions()) == {0}
    (member,) = field.joined
    member.changes += [Revoked(frozenset({0}), lost=False), Assigned(frozenset({1, 2}))]
    worker.work(turns(5))
    assert field.is_drained()
    member.changes += [Assigned(frozenset({0}))]
    field.log.append(list(new_entries(patients=9, events_of_each=12)))
    worker.work(turns(30, field.is_drained))
    assert field.is_drained()
    assert field.state.rows() == from_nothing(field.log)


def test_what_was_taken_over_by_another_is_left_alone_until_the_group_has_had_time_to_say_so() -> None:
    field = Field()
    worker = field.worker(field.group(), Patience(fenced=45.0))
    worker.work(turns(2))
    before = field.positions()
    field.take_over(1)
    field.log.append(list(new_entries(patients=9, events_of_each=12)))
    worker.work(turns(10))
    assert field.positions()[1] == before[1]
    assert {0: field.positions()[0], 2: field.positions()[2]} == {at: field.log.heads()[at] for at in (0, 2)}
    field.time = 45.0
    worker.work(turns(10, field.is_drained))
    assert field.state.rows() == from_nothing(field.log)


def test_what_was_taken_over_and_is_assigned_anew_is_claimed_at_once() -> None:
    field = Field()
    worker = field.worker(field.group(), Patience(fenced=45.0))
    worker.work(turns(2))
    field.take_over(1)
    field.log.append(list(new_entries(patients=9, events_of_each=12)))
    worker.work(turns(4))
    field.joined[0].changes += [Revoked(frozenset({1}), lost=True), Assigned(frozenset({1}))]
    worker.work(turns(10, field.is_drained))
    assert field.is_drained()


def test_where_there_is_no_group_a_worker_that_was_replaced_gives_up() -> None:
    field = Field()
    worker = field.worker(FixedShare(field.log, range(3)))
    worker.work(turns(2))
    field.take_over(1)
    field.log.append(list(new_entries(patients=9, events_of_each=12)))
    with pytest.raises(Fenced):
        worker.work(turns(10))


@pytest.mark.parametrize("lost", [0, 1])
def test_a_commit_whose_answer_is_lost_is_found_out_about(lost: int) -> None:
    field = Field()
    with commits_whose_answer_is_lost(field.state, [lost]) as begin:
        worker = field.worker(FixedShare(field.log, range(3)), Patience(outage=60.0), begin)
        worker.work(turns(10, field.is_drained))
    assert field.is_drained()
    assert field.state.rows() == from_nothing(field.log)
    assert [note.partition(" ")[0] for note in field.notes][:1] == ["The"]


def test_an_outage_of_the_log_is_waited_out_and_the_group_joined_anew() -> None:
    field = Field()
    worker = field.worker(field.group(), Patience(outage=60.0, fenced=45.0))
    worker.work(turns(1))
    field.joined[0].failing = 2
    worker.work(turns(10, field.is_drained))
    assert field.is_drained()
    assert len(field.joined) == 2
    assert "trying again for 60 s" in field.notes[0]
    assert field.notes[1].startswith("going on after")


def test_an_outage_that_outlasts_the_patience_is_told() -> None:
    field = Field()
    worker = field.worker(field.group(), Patience(outage=0.0))
    worker.work(turns(1))
    field.joined[0].failing = 1
    with pytest.raises(LogAway):
        worker.work(turns(10))


def test_contention_is_waited_out_without_any_patience() -> None:
    field = Field()
    hindered = iter([Contended("deadlock detected"), Contended("deadlock detected")])

    @contextmanager
    def begin() -> Iterator[UnitOfWork]:
        if (error := next(hindered, None)) is not None:
            raise error
        with field.state.begin() as uow:
            yield uow

    worker = field.worker(FixedShare(field.log, range(3)), Patience(), begin)
    worker.work(turns(10, field.is_drained))
    assert field.is_drained()
    assert field.notes == []


def test_while_nothing_comes_what_was_taken_in_is_packed() -> None:
    field = Field()
    upkeep = Upkeep(field.log, look_on(field.state.engine), field.state.begin)
    worker = field.worker(field.group(), upkeep=upkeep)
    packed: dict[int, int] = {}
    for _ in range(2):
        worker.work(turns(30, field.is_drained))
        assert (field.packed_until(), upkeep.is_under_way) == (packed, False)
        worker.work(turns(30, lambda: field.packed_until() == field.log.heads()))
        packed = field.packed_until()
        assert packed == field.log.heads()
        field.log.append(list(new_entries(patients=9, events_of_each=12)))


def test_a_page_whose_answer_is_lost_is_packed_once_more() -> None:
    field = Field()
    with commits_whose_answer_is_lost(field.state, [0, 2, 3]) as begin:
        upkeep = Upkeep(field.log, look_on(field.state.engine), begin)
        worker = field.worker(FixedShare(field.log, range(3)), Patience(outage=60.0), upkeep=upkeep)
        worker.work(turns(20, lambda: field.packed_until() == field.log.heads()))
    assert field.packed_until() == field.log.heads()
    assert [note.partition(" ")[0] for note in field.notes][:1] == ["The"]
