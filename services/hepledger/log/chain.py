"""The hash chain of a partition: each entry is sealed together with everything before it, so that a later edit shows.

It shows an edit by somebody who did not recompute every later row and the head. Against one who does, keep the head
(offset and hash) of a day somewhere else and compare.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

PAGE = 1_000


@dataclass(frozen=True, slots=True)
class Link:
    """An entry as it is stored, with the hash of the chain up to and including it."""

    offset: int
    event_id: bytes
    content_hash: bytes
    key: str
    payload: bytes
    chain_hash: bytes


@dataclass(frozen=True, slots=True)
class Head:
    """Where a chain stands: the next offset and the hash of everything before it."""

    next_offset: int
    chain_hash: bytes


class ChainedLog(Protocol):
    """A log that stores its chain and gives it back."""

    @property
    def stream(self) -> str:
        """The name of the stream."""
        ...

    def head(self, partition: int) -> Head:
        """The head of a partition. Raises PartitionMissing."""
        ...

    def read_links(self, partition: int, start: int, limit: int) -> Sequence[Link]:
        """At most `limit` links of a partition from offset `start` on, in order."""
        ...


def genesis(stream: str, partition: int) -> bytes:
    """The hash before the first entry: it names the place, so that a partition cannot be passed off as another."""
    return sha256(f"{stream}/{partition}".encode()).digest()


def seal(event_id: bytes, content_hash: bytes, key: str, payload: bytes) -> bytes:
    """The hash of one entry, without its place: it needs no lock. The length keeps key and payload apart."""
    name = key.encode()
    return sha256(b"%b%b%d:%b%b" % (event_id, content_hash, len(name), name, payload)).digest()


def link(previous: bytes, sealed: bytes) -> bytes:
    """The hash of the chain with one more entry."""
    return sha256(previous + sealed).digest()


def verify_chain(log: ChainedLog, partition: int, progress: Callable[[int], None] = lambda _: None) -> int | None:
    """The first offset at which a partition is not as it was appended, or None. Appending may go on meanwhile.

    An edited or swapped entry is named by its offset, a missing one by the offset that is missing, an entry above the
    head by its own; a head that does not fit the last entry is named by the offset of that entry. `progress` is told
    the next offset after each page. Raises PartitionMissing.
    """
    offset, chain = 0, genesis(log.stream, partition)
    while True:
        head = log.head(partition)  # before the rows: some may come after it, none below it may be missing
        links = log.read_links(partition, offset, PAGE)
        if not links:
            return _fault_at_end(head, offset, chain)
        for stored in links:
            chain = link(chain, _sealed(stored))
            if stored.offset != offset or stored.chain_hash != chain:
                return offset
            offset += 1
        progress(offset)


def _sealed(stored: Link) -> bytes:
    try:
        return seal(stored.event_id, stored.content_hash, stored.key, stored.payload)
    except (TypeError, AttributeError):  # an editor of the database left another type of value
        return b""


def _fault_at_end(head: Head, offset: int, chain: bytes) -> int | None:
    if head.next_offset != offset:
        return min(head.next_offset, offset)
    return None if head.chain_hash == chain else max(offset - 1, 0)
