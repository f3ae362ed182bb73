"""Logs with one fault each, such as real ones have had: the conformance suite is worth what it says of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from operator import attrgetter

from hepledger.log.memory import MemoryLog
from hepledger.log.placing import Placement, place, prepare
from hepledger.log.port import EventLog, NewEntry, Outcome, Receipt
from tests.support.log_contract import Gate
from tests.support.log_makers import STREAM, MemoryMaker


class NumbersBeforeCommit(MemoryLog):
    """Hands out offsets as a sequence does: before the commit, and outside of any lock that lasts until then."""

    before_commit: Callable[[], None] | None = None

    def append(self, entries: Sequence[NewEntry]) -> list[Receipt]:
        with self._lock:
            placement = place(self.stream, prepare(entries, self.partitions), self._heads, dict(self._standing))
            self._heads.update(placement.heads)
        stand, self.before_commit = self.before_commit, None
        if stand:
            stand()
        with self._lock:
            self._store(Placement(placement.receipts, placement.rows, {}))
            for links in self._links:
                links.sort(key=attrgetter("offset"))
        return placement.receipts


class ForgetsWhatStands(MemoryLog):
    """Loses sight of a duplicate as soon as it comes in another batch."""

    def append(self, entries: Sequence[NewEntry]) -> list[Receipt]:
        self._standing.clear()
        return super().append(entries)


class LooksOnlyAtTheLog(MemoryLog):
    """Asks what stands, and forgets to look within the batch."""

    def append(self, entries: Sequence[NewEntry]) -> list[Receipt]:
        batch, receipts = prepare(entries, self.partitions), []
        with self._lock:
            standing = dict(self._standing)
            for one in batch:
                placement = place(self.stream, [one], self._heads, standing)
                self._store(placement)
                receipts += placement.receipts
        return receipts


class ConflictAsAlready(MemoryLog):
    """Compares the identity and not the content: what differs is dropped in silence."""

    def append(self, entries: Sequence[NewEntry]) -> list[Receipt]:
        return [
            Receipt(Outcome.ALREADY if one.outcome is Outcome.CONFLICT else one.outcome, one.partition, one.offset)
            for one in super().append(entries)
        ]


class LosesTheReceipt(MemoryLog):
    """Drops a duplicate without an answer: the receipts no longer fit the entries."""

    def append(self, entries: Sequence[NewEntry]) -> list[Receipt]:
        return [receipt for receipt in super().append(entries) if receipt.outcome is not Outcome.ALREADY]


class TornBatch(MemoryLog):
    """Writes entry by entry: what came before the one that fails stays."""

    def append(self, entries: Sequence[NewEntry]) -> list[Receipt]:
        return list(_flat(super(TornBatch, self).append([entry]) for entry in entries))


class BrokenMaker(MemoryMaker):
    """Makes a broken log; its writer stands at the gate where the fault lets it."""

    def __init__(self, kind: type[MemoryLog]) -> None:
        self._kind = kind

    def create(self, partitions: int = 1) -> EventLog:
        return self._kind(STREAM, partitions)

    def held_at(self, gate: Gate, log: EventLog) -> EventLog:
        if not isinstance(log, NumbersBeforeCommit):
            return super().held_at(gate, log)
        log.before_commit = gate.stand
        return log


def _flat(lists: Iterable[list[Receipt]]) -> Iterable[Receipt]:
    return chain.from_iterable(lists)
