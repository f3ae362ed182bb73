"""A log as a broken producer may have filled it: whatever is put in stands there, twice if it was put in twice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from hepledger.log.port import Entry, NewEntry, Receipt, Subscription


class RawLog:
    """An EventLog to read from. ``stride`` above 1 leaves holes between offsets, as other logs do."""

    def __init__(self, entries: Iterable[NewEntry], *, stride: int = 1) -> None:
        self.stream, self.partitions, self.stride = "hepledger.reported", 1, stride
        self._entries: list[Entry] = []
        self.put(entries)

    def put(self, entries: Iterable[NewEntry]) -> None:
        for new in entries:
            offset = len(self._entries) * self.stride
            self._entries.append(Entry(0, offset, new.event_id, new.key, new.payload))

    def replace(self, place: int, payload: bytes) -> None:
        """Let the event at a place hold other bytes."""
        old = self._entries[place]
        self._entries[place] = Entry(old.partition, old.offset, old.event_id, old.key, payload)

    def append(self, entries: Sequence[NewEntry]) -> list[Receipt]:
        raise NotImplementedError

    def read(self, partition: int, start: int, limit: int) -> list[Entry]:
        assert partition == 0
        first = -(-max(start, 0) // self.stride)
        return self._entries[first : first + limit]

    def heads(self) -> dict[int, int]:
        return {0: self._entries[-1].next_offset if self._entries else 0}

    def earliest(self, partition: int) -> int:
        assert partition == 0
        return 0

    def subscribe(self, positions: Mapping[int, int]) -> Subscription:
        return RawSubscription(self, positions[0])

    def find(self, event_id: bytes) -> Entry | None:
        return next((entry for entry in self._entries if entry.event_id == event_id), None)

    def close(self) -> None:
        pass


class RawSubscription:
    """Reads on, and never waits."""

    def __init__(self, log: RawLog, position: int) -> None:
        self._log, self._position = log, position

    def poll(self, limit: int, timeout: float) -> list[Entry]:
        del timeout
        entries = self._log.read(0, self._position, limit)
        self._position = entries[-1].next_offset if entries else self._position
        return entries

    def close(self) -> None:
        pass
