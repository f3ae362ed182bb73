"""What the conformance suite of the log is made with: events to append, and how an adapter lets itself be made and held."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from threading import Event
from typing import Protocol, cast

from hepledger.log.chain import ChainedLog
from hepledger.log.port import Entry, EventLog, NewEntry, Outcome, Receipt
from hepledger_events.streams import partition_of

PATIENCE = 10.0  # seconds after which something that must happen will not
GLANCE = 0.3  # seconds given to a writer that may not come through; a right answer never depends on it


@dataclass(frozen=True, slots=True)
class Gate:
    """Where a writer stands still between writing and committing, until it is let go."""

    reached: Event = field(default_factory=Event)
    opened: Event = field(default_factory=Event)

    def stand(self) -> None:
        self.reached.set()
        self.opened.wait(PATIENCE)


class LogMaker(Protocol):
    """How one adapter is made."""

    def create(self, partitions: int = 1) -> EventLog:
        """An empty log."""
        ...

    def another_handle(self, log: EventLog) -> EventLog:
        """The same log, as another process would open it."""
        ...

    def held_at(self, gate: Gate, log: EventLog) -> EventLog:
        """The same log, for a writer that stands at the gate between writing and committing."""
        ...


def entry(name: str, key: str = "LEE/LEE-001", content: str = "412") -> NewEntry:
    """An event: the name is its identity, the content what it says."""
    return NewEntry(
        event_id=sha256(name.encode()).digest()[:16],
        key=key,
        content_hash=sha256(content.encode()).digest(),
        payload=f"{name} says {content}".encode(),
    )


def key_on(partition: int, partitions: int) -> str:
    """A key that lives on a given partition."""
    return next(key for number in range(1_000) if partition_of(key := f"LEE/LEE-{number}", partitions) == partition)


def outcomes(receipts: list[Receipt]) -> list[Outcome]:
    return [receipt.outcome for receipt in receipts]


def read_all(log: EventLog, partition: int = 0, page: int = 1_000) -> list[Entry]:
    position, entries = log.earliest(partition), list[Entry]()
    while found := log.read(partition, position, page):
        entries += found
        position = found[-1].next_offset
    return entries


def payloads(entries: list[Entry]) -> list[bytes]:
    return [one.payload for one in entries]


def drained(poll: Callable[[int, float], list[Entry]]) -> list[Entry]:
    entries = poll(100, PATIENCE)
    while more := poll(100, 0.0):
        entries += more
    return entries


def until(true: Callable[[], bool]) -> None:
    pause = Event()
    for _ in range(int(PATIENCE * 100)):
        if true():
            return
        pause.wait(0.01)


def chained(log: EventLog) -> ChainedLog:
    return cast("ChainedLog", log)
