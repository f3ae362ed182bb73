"""What a log is, for everyone who appends to one or reads one: positions, bytes, and what an adapter promises.

Two types for two moments: a NewEntry is what somebody wants to say, an Entry is what was said and knows its place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Protocol

EVENT_ID_BYTES = 16
CONTENT_HASH_BYTES = 32


class Outcome(StrEnum):
    """What became of an entry that was to be appended."""

    APPENDED = "appended"  # it is new, and on disk
    ALREADY = "already"  # the same event stands in the log with the same content: nothing was written
    CONFLICT = "conflict"  # the same event stands in the log with other content: nothing was written


class Promise(StrEnum):
    """What a log may be unable to keep by its nature. An adapter names those in `unkept`; whoever needs one asks `keeps`."""

    EXACT_DUPLICATES = "exact duplicates"  # an event stands once, and a receipt tells `already` and `conflict`
    WHOLE_BATCHES = "whole batches"  # an append that raises has left nothing
    SEARCH = "search"  # `find` finds
    CHAIN = "chain"  # offsets are dense, and a chain of hashes shows a later edit


@dataclass(frozen=True, slots=True)
class NewEntry:
    """An event on its way into a log. Two entries of one `event_id` are the same when their `content_hash` is."""

    event_id: bytes  # 16 bytes
    key: str  # decides the partition; entries of one key stay in order
    content_hash: bytes  # 32 bytes, of what was said without when it was recorded
    payload: bytes

    def __post_init__(self) -> None:
        if len(self.event_id) != EVENT_ID_BYTES or len(self.content_hash) != CONTENT_HASH_BYTES:
            raise ValueError(f"an event id has {EVENT_ID_BYTES} bytes and a content hash {CONTENT_HASH_BYTES}")


class Entry(NamedTuple):
    """An event in its place in a log. A tuple, because a consumer that catches up makes more of these than of anything else."""

    partition: int
    offset: int
    event_id: bytes
    key: str
    payload: bytes

    @property
    def next_offset(self) -> int:
        """Where to read on after this entry. Offsets need not be dense, so nobody else adds one."""
        return self.offset + 1


class Receipt(NamedTuple):
    """The answer to one entry: what became of it, and where the event stands, from now on or since before."""

    outcome: Outcome
    partition: int
    offset: int


class Subscription(Protocol):
    """A reader that goes on: it remembers where it stands on each of its partitions, for as long as it lives.

    The position that counts is the one its owner stores with the result; this one is lost with the process.
    """

    def poll(self, limit: int, timeout: float) -> list[Entry]:
        """The next entries, at most `limit`, as soon as there are any; empty when none came in `timeout` seconds.

        Entries of one partition come in the order of their offsets and none is left out; partitions may come mixed, and
        none starves beside a busy one.
        """
        ...

    def close(self) -> None:
        """Give up the subscription. It may be closed twice."""
        ...


class EventLog(Protocol):
    """A log of one stream, cut into partitions by key.

    What every adapter promises: an acknowledged append is on disk; a reader that has seen an offset has seen all below
    it on that partition, and none is ever filled in later; an event stands once, however often it is appended (but see
    Promise: where it may stand twice, readers recognise it by its id).
    """

    @property
    def stream(self) -> str:
        """The name of the stream."""
        ...

    @property
    def partitions(self) -> int:
        """How many partitions it has, numbered from 0; fixed at creation."""
        ...

    def append(self, entries: Sequence[NewEntry]) -> list[Receipt]:
        """Append a batch, all of it or, when this raises, none; one receipt per entry, in the order of the entries.

        Within the batch the same holds as between batches: the first entry of an event is appended, a later one with
        the same content is `already`, with other content `conflict`, and both receipts tell where the first one stands.
        Entries of one partition stand in the order of the batch. Several threads and processes may append at once.
        """
        ...

    def read(self, partition: int, start: int, limit: int) -> list[Entry]:
        """At most `limit` entries of a partition from offset `start` on, in order; empty at the end of the log.

        Raises PartitionMissing.
        """
        ...

    def heads(self) -> dict[int, int]:
        """For every partition the offset its next entry will have (at least: where offsets are not dense)."""
        ...

    def earliest(self, partition: int) -> int:
        """The lowest offset that is still kept; 0 where entries are kept forever. Raises PartitionMissing."""
        ...

    def subscribe(self, positions: Mapping[int, int]) -> Subscription:
        """Read on from these positions (partition to the first offset wanted) and no other partitions.

        Raises OffsetMissing where the log does not hold a position: never a silent reset. Raises PartitionMissing.
        """
        ...

    def find(self, event_id: bytes) -> Entry | None:
        """The entry of an event, or None."""
        ...

    def close(self) -> None:
        """Give back what this handle holds. The log itself stays."""
        ...


def keeps(log: EventLog, promise: Promise) -> bool:
    """Whether a log keeps a promise that not every log can."""
    unkept: frozenset[Promise] = getattr(log, "unkept", frozenset())
    return promise not in unkept
