"""Which partitions a worker reads: all of them or a fixed part, or those that a group gives it.

The group says who should, the checkpoints say who may. So what a group gives or takes is only noted here, and the worker acts
on it between batches.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Protocol

from hepledger.errors import ServiceUnreachable
from hepledger.log.membership import Assigned, Change, Listener, Member, Revoked
from hepledger.log.port import EventLog
from hepledger.projection.lanes import Lane
from hepledger.projection.reading import Found, Reader, SubscribedReader, bounded

Join = Callable[[Listener], Member]
"""Becomes a member of the group, now or once more."""


class Share(Reader, Protocol):
    """A reader that is told which partitions are its own."""

    def changes(self) -> list[Change]:
        """What was assigned and revoked since the last call, in order."""
        ...

    def rest(self, seconds: float) -> None:
        """Read nothing for a while, and stay what one is."""
        ...

    def close(self, *, leave: bool = False) -> None:
        """Give back what it holds; with ``leave`` others may take over at once."""
        ...


class FixedShare(SubscribedReader):
    """Partitions that are nobody else's."""

    def __init__(self, log: EventLog, partitions: Iterable[int]) -> None:
        super().__init__(log)
        self._waiting: list[Change] = [Assigned(frozenset(partitions))]

    def changes(self) -> list[Change]:
        """See Share.changes."""
        found, self._waiting = self._waiting, []
        return found

    def close(self, *, leave: bool = False) -> None:  # noqa: ARG002 - nobody waits for its partitions
        """See Share.close."""
        super().close()


class GroupShare:
    """What a group gives."""

    def __init__(self, join: Join) -> None:
        self._join = join
        self._member: Member | None = None
        self._waiting: deque[Change] = deque()
        self._assigned: frozenset[int] = frozenset()
        self._at: dict[int, int] = {}

    def changes(self) -> list[Change]:
        """See Share.changes."""
        found = list(self._waiting)
        self._waiting.clear()
        return found

    def read(self, lanes: Sequence[Lane], limit: int, timeout: float) -> Found:
        """See Reader.read. Nothing comes of a partition that was revoked meanwhile."""
        wanted = {lane.partition: lane.start for lane in lanes}
        with self._left_on_outage():
            member = self._joined()
            if moved := {at: start for at, start in wanted.items() if self._at.get(at) != start}:
                member.seek(moved)
                self._at |= moved
            member.pause(member.reading - wanted.keys())
            member.resume(wanted)
            entries = [entry for entry in member.poll(limit, timeout) if entry.partition in wanted]
        self._at.update((entry.partition, entry.next_offset) for entry in entries)
        return bounded(entries, {lane.partition: lane.bound for lane in lanes})

    def rest(self, seconds: float) -> None:
        """See Share.rest: the group hears from us all the same."""
        with self._left_on_outage():
            member = self._joined()
            member.pause()
            member.poll(1, seconds)  # everything is paused: nothing comes

    def forget(self) -> None:
        """See Reader.forget."""
        self._at.clear()

    def close(self, *, leave: bool = False) -> None:
        """See Share.close."""
        member, self._member = self._member, None
        self.forget()
        if member is not None:
            with suppress(ServiceUnreachable):  # a group that cannot be told finds out by itself
                member.close(leave=leave)

    @contextmanager
    def _left_on_outage(self) -> Iterator[None]:
        """A membership that failed is given up: what was assigned is lost until a new one is given it again."""
        try:
            yield
        except ServiceUnreachable:
            self.close()
            self._waiting.append(Revoked(self._assigned, lost=True))
            self._assigned = frozenset()
            raise

    def _joined(self) -> Member:
        if self._member is None:
            self._member = self._join(self._hear)
        return self._member

    def _hear(self, change: Change) -> None:
        self._waiting.append(change)
        for partition in change.partitions:
            self._at.pop(partition, None)
        known = self._assigned
        self._assigned = known | change.partitions if isinstance(change, Assigned) else known - change.partitions
