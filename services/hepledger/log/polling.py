"""A subscription for a log that can be asked but does not call: it looks at the heads, and reads when they moved."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from hepledger.log.faults import LogDamaged, OffsetMissing, PartitionMissing
from hepledger.log.port import Entry, EventLog

PAUSE_SECONDS = 0.02  # between two looks: the latency that an idle reader adds, at fifty cheap queries a second


class PollingSubscription:
    """Reads on from positions; sleeps between looks when nothing is there. Not to be shared between threads."""

    def __init__(
        self,
        log: EventLog,
        positions: Mapping[int, int],
        *,
        dense: bool = False,
        sleep: Callable[[float], object] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._log, self._sleep, self._monotonic = log, sleep, monotonic
        self._dense = dense  # whether the log promises offsets without holes
        self._positions = dict(sorted(positions.items()))
        self._check_beginning()

    def poll(self, limit: int, timeout: float) -> list[Entry]:
        """See Subscription.poll. Raises OffsetMissing when the log was cut back below a position, LogDamaged on a hole."""
        deadline = self._monotonic() + timeout
        while True:
            entries = self._take(limit)
            left = deadline - self._monotonic()
            if entries or left <= 0 or not self._positions:
                return entries
            self._sleep(min(PAUSE_SECONDS, left))

    def close(self) -> None:
        """Stand nowhere any more: a closed subscription gives nothing."""
        self._positions.clear()

    def _take(self, limit: int) -> list[Entry]:
        heads = self._log.heads()
        taken: list[Entry] = []
        for partition in self._waiting(heads):
            if len(taken) >= limit:
                break
            position = self._positions[partition]
            entries = self._log.read(partition, position, limit - len(taken))
            if self._dense:
                self._check_dense(partition, position, entries)
            if entries:
                # The partition that was served goes to the end of the queue, so that a busy one starves no other.
                del self._positions[partition]
                self._positions[partition] = entries[-1].next_offset
                taken += entries
        return taken

    def _check_dense(self, partition: int, position: int, entries: Sequence[Entry]) -> None:
        """In a dense log a row that is missing below the head was taken away: it is neither waited for nor passed over."""
        if not entries or entries[0].offset != position or entries[-1].offset != position + len(entries) - 1:
            found = f"offset {entries[0].offset}" if entries else "nothing"
            reason = f"partition {partition} lacks rows from offset {position} on (a reader found {found} there)"
            raise LogDamaged(self._log.stream, reason)

    def _waiting(self, heads: Mapping[int, int]) -> list[int]:
        for partition, position in self._positions.items():
            if position > heads[partition]:
                raise self._offset_missing(partition, heads[partition])
        return [partition for partition, position in self._positions.items() if position < heads[partition]]

    def _check_beginning(self) -> None:
        heads = self._log.heads()
        for partition, position in self._positions.items():
            if partition not in heads:
                raise PartitionMissing(self._log.stream, partition)
            if not self._log.earliest(partition) <= position <= heads[partition]:
                raise self._offset_missing(partition, heads[partition])

    def _offset_missing(self, partition: int, next_offset: int) -> OffsetMissing:
        position, earliest = self._positions[partition], self._log.earliest(partition)
        return OffsetMissing(self._log.stream, partition, position, earliest, next_offset)
