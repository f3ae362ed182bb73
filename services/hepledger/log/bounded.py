"""A log as it stood at some offsets: for whoever must read no further, whatever is appended meanwhile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hepledger.errors import WrongUsage
from hepledger.log.polling import PollingSubscription
from hepledger.log.port import Entry, EventLog, NewEntry, Receipt, Subscription


class ReadOnlyLog(WrongUsage):
    """This view of a log is for reading only."""


class BoundedLog:
    """See EventLog. The part of another log below `bounds` (partition to the first offset left out)."""

    def __init__(self, log: EventLog, bounds: Mapping[int, int]) -> None:
        self._log = log
        self._bounds = {partition: bounds.get(partition, 0) for partition in range(log.partitions)}

    @property
    def stream(self) -> str:
        """See EventLog.stream."""
        return self._log.stream

    @property
    def partitions(self) -> int:
        """See EventLog.partitions."""
        return self._log.partitions

    def append(self, entries: Sequence[NewEntry]) -> list[Receipt]:  # noqa: ARG002 - the name is the port's
        """Raises ReadOnlyLog."""
        raise ReadOnlyLog

    def read(self, partition: int, start: int, limit: int) -> list[Entry]:
        """See EventLog.read."""
        bound = self._bounds.get(partition, 0)
        return [entry for entry in self._log.read(partition, start, limit) if entry.offset < bound]

    def heads(self) -> dict[int, int]:
        """The bounds."""
        return dict(self._bounds)

    def earliest(self, partition: int) -> int:
        """See EventLog.earliest."""
        return self._log.earliest(partition)

    def subscribe(self, positions: Mapping[int, int]) -> Subscription:
        """See EventLog.subscribe."""
        return PollingSubscription(self, positions)

    def find(self, event_id: bytes) -> Entry | None:
        """See EventLog.find."""
        entry = self._log.find(event_id)
        return entry if entry is not None and entry.offset < self._bounds[entry.partition] else None

    def close(self) -> None:
        """The log itself belongs to whoever opened it."""
