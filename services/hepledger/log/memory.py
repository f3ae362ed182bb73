"""The log in memory: a full citizen, for tests and dry runs, that keeps every promise but the one about the disk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from threading import Lock

from hepledger.log.chain import Head, Link, genesis
from hepledger.log.faults import PartitionMissing
from hepledger.log.placing import Placement, Standing, place, prepare
from hepledger.log.polling import PollingSubscription
from hepledger.log.port import Entry, NewEntry, Receipt, Subscription


class MemoryLog:
    """See EventLog. May be shared by threads; gone with the process."""

    def __init__(self, stream: str, partitions: int = 1) -> None:
        self.stream = stream
        self.partitions = partitions
        self._lock: AbstractContextManager[object] = Lock()
        self._links: list[list[Link]] = [[] for _ in range(partitions)]
        self._heads = {partition: Head(0, genesis(stream, partition)) for partition in range(partitions)}
        self._standing: dict[bytes, Standing] = {}

    def append(self, entries: Sequence[NewEntry]) -> list[Receipt]:
        """See EventLog.append."""
        batch = prepare(entries, self.partitions)
        known = {entry.event_id for entry in entries}
        with self._lock:
            standing = {event_id: self._standing[event_id] for event_id in known & self._standing.keys()}
            placement = place(self.stream, batch, self._heads, standing)
            self._store(placement)
        return placement.receipts

    def read(self, partition: int, start: int, limit: int) -> list[Entry]:
        """See EventLog.read."""
        return [
            Entry(partition, link.offset, link.event_id, link.key, link.payload)
            for link in self.read_links(partition, start, limit)
        ]

    def heads(self) -> dict[int, int]:
        """See EventLog.heads."""
        with self._lock:
            return {partition: head.next_offset for partition, head in self._heads.items()}

    def earliest(self, partition: int) -> int:
        """See EventLog.earliest: nothing is ever dropped."""
        self._check(partition)
        return 0

    def subscribe(self, positions: Mapping[int, int]) -> Subscription:
        """See EventLog.subscribe."""
        return PollingSubscription(self, positions)

    def find(self, event_id: bytes) -> Entry | None:
        """See EventLog.find."""
        with self._lock:
            standing = self._standing.get(event_id)
        return None if standing is None else self.read(standing[1], standing[2], 1)[0]

    def close(self) -> None:
        """See EventLog.close: there is nothing to give back."""

    def head(self, partition: int) -> Head:
        """See ChainedLog.head."""
        self._check(partition)
        with self._lock:
            return self._heads[partition]

    def read_links(self, partition: int, start: int, limit: int) -> list[Link]:
        """See ChainedLog.read_links."""
        self._check(partition)
        first = max(start, 0)
        with self._lock:
            return self._links[partition][first : first + max(limit, 0)]

    def _store(self, placement: Placement) -> None:
        for _, partition, offset, event_id, content_hash, key, payload, chain_hash in placement.rows:
            self._links[partition].append(Link(offset, event_id, content_hash, key, payload, chain_hash))
            self._standing[event_id] = content_hash, partition, offset
        self._heads.update(placement.heads)

    def _check(self, partition: int) -> None:
        if not 0 <= partition < self.partitions:
            raise PartitionMissing(self.stream, partition)
