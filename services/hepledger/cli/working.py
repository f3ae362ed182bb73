"""What `project` does in one process: a worker that goes on until it is told to stop, or until nothing waits that waited when it began."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from types import FrameType

from hepledger.bootstrap import Registry, share_of
from hepledger.cli import Terminated
from hepledger.cli.output import note, progress
from hepledger.config import Config
from hepledger.errors import ServiceUnreachable
from hepledger.log.faults import OffsetMissing
from hepledger.projection.consumer import Consumer, Habits
from hepledger.projection.packing import Upkeep
from hepledger.projection.relay import Relay
from hepledger.projection.sets import Projected, set_up
from hepledger.projection.worker import Patience, Worker
from hepledger.state import catalogue, checkpoints, replays
from hepledger.state.catalogue import KnownCriteria
from hepledger.state.checkpoints import BeingReplayed
from hepledger.state.unit_of_work import UnitOfWork, look_on


def projected_sets(registry: Registry, names: Sequence[str]) -> list[Projected]:
    """The sets of the names, or the active one and all that were ever projected. Raises CriteriaUnknown, BeingReplayed."""
    sets = sets_named(registry, names)
    with registry.begin() as uow:
        unfinished = replays.unfinished(uow)
    for each in sets:
        if each.fingerprint in unfinished:
            raise BeingReplayed(each.criteria)
    return sets


def sets_named(registry: Registry, names: Sequence[str]) -> list[Projected]:
    """The same, whether they are being replayed or not. Raises CriteriaUnknown."""
    with registry.begin() as uow:
        catalogue.catch_up(uow, registry.decisions)
        known = [catalogue.get_criteria(uow, name) for name in names] or _standing(uow)
        sets = [set_up(uow, each) for each in {each.fingerprint: each for each in known}.values()]
        uow.commit()
    return sets


def _standing(uow: UnitOfWork) -> list[KnownCriteria]:
    return [catalogue.get_active(uow), *catalogue.projected(uow)]


GoingOn = Callable[[], bool]
Tell = Callable[[int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Which of how many workers this is, and whether they follow the log or drain it."""

    number: int = 0
    workers: int = 1
    follow: bool = False

    def member_id(self, config: Config) -> str:
        """The name of the worker in its group. One that follows finds its place again when it is started again."""
        name = config.worker_name or socket.gethostname()
        return f"{name}-{self.number}" if self.follow else f"{name}-{os.getpid()}-{self.number}"

    def partitions_of(self, registry: Registry) -> range:
        """The partitions of the worker where there is no group: of N workers each has every N-th."""
        return range(self.number, registry.reported.partitions, self.workers)


def places_of(workers: int, *, follow: bool) -> list[Place]:
    """A place for each worker."""
    return [Place(number=number, workers=workers, follow=follow) for number in range(workers)]


class Backlog:
    """What waited when it was asked first: until the checkpoints have passed it.

    Raises OffsetMissing where a checkpoint lies beyond the end of the log.
    """

    def __init__(self, registry: Registry, sets: Sequence[Projected]) -> None:
        self._registry, self._sets = registry, sets
        self._heads = registry.reported.heads()
        self._check_heads()
        self.size = self._left()

    def waits(self) -> bool:
        """Whether any of it is left."""
        return self._left() > 0

    def _check_heads(self) -> None:
        """A checkpoint beyond the end of the log is told, though there is nothing to read that would meet it."""
        log = self._registry.reported
        for partition, offset in (place for at in self._standing() for place in at.items()):
            if offset > self._heads.get(partition, 0):
                raise OffsetMissing(log.stream, partition, offset, log.earliest(partition), self._heads[partition])

    def _standing(self) -> list[dict[int, int]]:
        with self._registry.begin() as uow:
            return [checkpoints.positions(uow, each.projection_id) for each in self._sets]

    def _left(self) -> int:
        """How many events are to be read: those from the lowest checkpoint on."""
        standing = self._standing()
        return sum(
            max(0, head - min((at.get(partition, 0) for at in standing), default=0))
            for partition, head in self._heads.items()
        )


def owner() -> str:
    """This process, as a checkpoint names who moves it."""
    return f"{socket.gethostname()}:{os.getpid()}"


def relay_of(registry: Registry) -> Relay:
    """The relay of this process. One that is gone is replaced after as long a time as a worker of the group is."""
    seconds = registry.config.session_seconds
    return Relay(registry.begin, registry.derived, clock=registry.clock, owner=owner(), lease_seconds=seconds)


def work(
    registry: Registry,
    sets: Sequence[Projected],
    place: Place,
    going_on: GoingOn,
    tell: Tell,
    relay: Relay | None = None,
) -> None:
    """Take in what comes on this worker's share, for as long as ``going_on`` says so. Raises what Worker.work raises."""
    config = registry.config
    share = share_of(registry, sets, place.member_id(config), place.partitions_of(registry))
    habits = Habits(limit=config.batch_size, parked_percent=config.parked_percent)
    consumer = Consumer(
        registry.reported, registry.begin, sets, clock=registry.clock, owner=owner(), habits=habits, reader=share
    )
    patience = Patience(
        outage=config.outage_seconds if place.follow else 0.0,
        fenced=None if config.kafka is None else config.session_seconds,
    )
    upkeep = Upkeep(registry.reported, look_on(registry.engine), registry.begin) if place.follow else None
    try:
        Worker(consumer, share, patience, relay=relay, upkeep=upkeep, note=note).work(going_on, tell)
    except KeyboardInterrupt:  # at once: the group and the database find out by themselves
        raise
    except BaseException:
        share.close(leave=True)
        raise
    share.close(leave=True)


@contextmanager
def until_stopped() -> Iterator[GoingOn]:
    """Yields whether to go on: until SIGTERM or SIGINT. A second one stops at once; what is not committed is rolled back."""
    stopped: list[int] = []

    def stop(number: int, _frame: FrameType | None) -> None:
        if stopped:
            raise Terminated if number == signal.SIGTERM else KeyboardInterrupt
        stopped.append(number)

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield lambda: not stopped
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@dataclass(slots=True)
class Task:
    """Work that goes on until it is stopped, or until nothing waits that waited at its beginning; ``taken`` counts the events."""

    going_on: GoingOn
    bar: Tell
    taken: int = 0

    def tell(self, events: int) -> None:
        """Some more were taken in."""
        self.taken += events
        self.bar(events)


@contextmanager
def task_of(registry: Registry, sets: Sequence[Projected], label: str, *, follow: bool) -> Iterator[Task]:
    """The work to be done under some sets, with its progress. Raises OffsetMissing."""
    backlog = None if follow else Backlog(registry, sets)
    with (
        until_stopped() if follow else nullcontext(lambda: True) as asked_to,
        progress(label, 0 if backlog is None else backlog.size) as bar,
    ):
        yield Task(lambda: asked_to() and (backlog is None or backlog.waits()), bar)


@contextmanager
def relaying(registry: Registry, *, by_force: bool) -> Iterator[Relay]:
    """A relay, closed at the end. ``by_force``: another one that is at work stops."""
    relay = relay_of(registry)
    if by_force:
        relay.take_over()
    try:
        yield relay
    finally:
        with suppress(ServiceUnreachable):  # its lease ends with its time
            relay.close()
