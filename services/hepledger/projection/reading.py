"""How a consumer gets at what comes next: it says where each stretch begins and ends, and is handed what lies there."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Protocol

from hepledger.log.port import Entry, EventLog, Subscription
from hepledger.projection.lanes import Lane

Found = tuple[list[Entry], dict[int, int]]
"""Entries in the order of their partitions; and by partition, if anything came there, where to go on."""


class Reader(Protocol):
    """Reads lanes, each from where its checkpoint stands."""

    def read(self, lanes: Sequence[Lane], limit: int, timeout: float) -> Found:
        """What comes next on the lanes, below their bounds. Raises OffsetMissing, ServiceUnreachable."""
        ...

    def forget(self) -> None:
        """The checkpoints stand elsewhere than where the last read ended: begin again where the lanes say."""
        ...

    def close(self) -> None:
        """Give back what it holds."""
        ...


class SubscribedReader:
    """Reads through one subscription, for as long as the lanes are the same ones further on."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self._bounds: list[tuple[int, int | None]] = []
        self._subscription: Subscription | None = None

    def read(self, lanes: Sequence[Lane], limit: int, timeout: float) -> Found:
        """See Reader.read."""
        bounds = [(lane.partition, lane.bound) for lane in lanes]
        if self._subscription is None or bounds != self._bounds:
            self.forget()
            self._subscription = self._log.subscribe({lane.partition: lane.start for lane in lanes})
            self._bounds = bounds
        return bounded(self._subscription.poll(limit, timeout), dict(bounds))

    def rest(self, seconds: float) -> None:
        """Wait: nobody has to be told that this reader is still there."""
        time.sleep(seconds)

    def forget(self) -> None:
        """See Reader.forget."""
        if self._subscription is not None:
            self._subscription.close()
            self._subscription = None

    def close(self) -> None:
        """See Reader.close."""
        self.forget()


def bounded(entries: Iterable[Entry], bounds: Mapping[int, int | None]) -> Found:
    """Entries by partition, those beyond a bound left out, and the ends. Reaching beyond ends at the bound."""
    kept: list[Entry] = []
    ends: dict[int, int] = {}
    for partition, found in groupby(sorted(entries, key=attrgetter("partition")), attrgetter("partition")):
        bound = bounds[partition]
        mine = list(found)
        below = [entry for entry in mine if bound is None or entry.offset < bound]
        kept += below
        ends[partition] = below[-1].next_offset if len(below) == len(mine) or bound is None else bound
    return kept, ends
