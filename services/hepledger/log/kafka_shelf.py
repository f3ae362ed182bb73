"""Records that came and were not yet asked for. They are handed out in turns, so that a busy partition starves no other."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable
from itertools import islice
from typing import Any

from hepledger.log.faults import LogDamaged
from hepledger.log.port import EVENT_ID_BYTES, Entry

EVENT_ID = "event_id"
CONTENT_HASH = "content_hash"


class Shelf:
    """Entries per partition, in the order of their offsets."""

    def __init__(self) -> None:
        self._waiting: dict[int, deque[Entry]] = {}

    def put(self, partition: int, entries: Iterable[Entry]) -> None:
        """Entries that follow those of the partition that are here."""
        self._waiting.setdefault(partition, deque()).extend(entries)

    def drop(self, partitions: Iterable[int]) -> None:
        """Forget what waits on some partitions."""
        for partition in partitions:
            self._waiting.pop(partition, None)

    def count(self, without: Collection[int] = ()) -> int:
        """How many entries wait, some partitions left out."""
        return sum(len(waiting) for partition, waiting in self._waiting.items() if partition not in without)

    def take(self, limit: int, without: Collection[int] = ()) -> list[Entry]:
        """At most ``limit`` entries, of each partition an equal share as long as it has one."""
        taken: list[Entry] = []
        while len(taken) < limit and (open_ones := [at for at in self._waiting if at not in without]):
            share = max(1, (limit - len(taken)) // len(open_ones))
            for partition in open_ones:
                if room := limit - len(taken):  # whose turn did not come stays at the front
                    taken += self._first(partition, min(share, room))
        return taken

    def _first(self, partition: int, count: int) -> list[Entry]:
        waiting = self._waiting.pop(partition)  # and back again, at the end of the queue
        if count >= len(waiting):
            return list(waiting)
        found = list(islice(waiting, count))
        for _ in found:
            waiting.popleft()
        self._waiting[partition] = waiting
        return found


def entries_of(stream: str, partition: int, records: Iterable[Any]) -> list[Entry]:
    """The records of Kafka's client as entries. Raises LogDamaged at a record that no event of ours can be."""
    entries = []
    for record in records:
        headers = record.headers
        event_id = headers[0][1] if headers and headers[0][0] == EVENT_ID else b""  # it is written first
        if len(event_id) != EVENT_ID_BYTES or record.key is None or record.value is None:
            raise LogDamaged(stream, f"the record at offset {record.offset} of partition {partition} is not an event")
        entries.append(Entry(partition, record.offset, event_id, record.key.decode(), record.value))
    return entries
