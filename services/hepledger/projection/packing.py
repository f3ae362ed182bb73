"""Histories are packed beside the projecting, when nothing comes in, so that a replay reads a row a patient instead of a row an event.

What is packed lies below where some projection has come to, and does not change any more. Beside a pack nobody needs a lock:
it is made from a consistent view, and one short transaction writes a page of them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator, Sequence
from typing import Final, NamedTuple

from hepledger.clinical.packed import pack
from hepledger.log.faults import OffsetMissing
from hepledger.log.port import EventLog
from hepledger.projection.collector import Collector
from hepledger.projection.crashpoint import crashpoint
from hepledger.state import checkpoints, packs, parked, patients
from hepledger.state.facts import load_histories
from hepledger.state.unit_of_work import Begin, UnitOfWork

PAGE: Final = 500
"""Patients whose packs are held at most, and written by one transaction."""
BESIDE: Final = 20
"""The same, where what comes in meanwhile is to wait for no longer than some hundredths of a second."""
_AT_ONCE: Final = 10_000


class Page(NamedTuple):
    """Some patients of a partition to be packed below ``end``, where all was packed below ``first`` and nothing is above.

    ``events`` is their part of that stretch. With the last page the partition is packed, and who is parked has no pack any more.
    """

    partition: int
    first: int
    end: int
    numbers: Sequence[int]
    events: int
    is_last: bool
    parked: Sequence[int]


class Packer:
    """Packs on some partitions what the projection that has come furthest has taken in and nobody has packed yet.

    Whoever is parked under some projection is left out, and has no pack any more: facts of theirs may still come to be stored.
    """

    def __init__(
        self, log: EventLog, look: Begin, begin: Begin, partitions: Collection[int], *, page: int = PAGE
    ) -> None:
        self._log, self._look, self._begin, self._page = log, look, begin, page
        self._partitions = deque(sorted(partitions))
        self._pages: deque[Page] = deque()
        self._collector = Collector()

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to be packed."""
        return not self._partitions

    def step(self) -> int:
        """Pack one page of patients; gives for how many events of the log it stands.

        Where somebody else has come further, or all was made anew, it is looked at again who is to be packed there.
        """
        with self._collector.at_rest():
            if not self._pages:
                self._pages.extend(self._pages_ahead())
            if not self._pages:
                return 0
            page = self._pages[0]
            if not self._pack(page):
                self._pages.clear()
                return 0
        self._pages.popleft()
        if not self._pages:
            self._partitions.popleft()
        return page.events

    def _pages_ahead(self) -> Iterator[Page]:
        """Those of the next partition on which not everything is packed; none if there is no such partition left."""
        with self._look() as uow:
            stretches = packs.unpacked(uow)
            while self._partitions and self._partitions[0] not in stretches:
                self._partitions.popleft()
            if not self._partitions:
                return
            partition = self._partitions[0]
            stretch = stretches[partition]
            barred = patients.find_numbers(uow, parked.keys_below(uow, partition, stretch[1])).values()
            numbers = sorted(self._spoken_of(uow, partition, *stretch).difference(barred))
        yield from _pages(partition, stretch, numbers, list(barred), self._page)

    def _spoken_of(self, uow: UnitOfWork, partition: int, first: int, end: int) -> set[int]:
        """Of whom something was said on a stretch: the log knows. Where it does not keep it any more it may be everybody."""
        keys: set[str] = set()
        at = first
        try:
            while first and at < end and (entries := self._log.read(partition, at, min(_AT_ONCE, end - at))):
                keys.update(entry.key for entry in entries)
                at = entries[-1].next_offset
        except OffsetMissing:
            first = 0
        return set(patients.find_numbers(uow, keys).values()) if first else packs.who_has_none(uow, partition, end)

    def _pack(self, page: Page) -> bool:
        """False if it was overtaken; then nothing was written."""
        with self._look() as uow:
            epochs = checkpoints.epochs(uow, page.partition)
            histories = load_histories(uow.connection, page.numbers, {page.partition: page.end})
            data = {number: pack(versions) for number, versions in histories}
        with self._begin() as uow:
            uow.need_not_wait_for_the_disk()
            if not packs.lock(uow, page.partition, page.first, epochs):
                return False
            packs.save(uow, page.partition, page.end, [*page.numbers, *page.parked], data)
            if page.is_last:
                packs.move(uow, page.partition, page.end)
            crashpoint("before-packs")
            uow.commit()
        crashpoint("after-packs")
        return True


class Upkeep:
    """What a worker does while nothing comes: what was taken in since is packed, a page at a time."""

    def __init__(self, log: EventLog, look: Begin, begin: Begin) -> None:
        self._log, self._look, self._begin = log, look, begin
        self._packer: Packer | None = None
        self._is_due = True

    @property
    def is_under_way(self) -> bool:
        """Whether there is more to do than to wait."""
        return self._packer is not None

    def go_on(self, taken: int, partitions: Collection[int]) -> None:
        """Some events were taken in on one's partitions; or none, and there is time."""
        if taken:
            self._is_due = True
            return
        if self._packer is None and self._is_due:
            self._packer = Packer(self._log, self._look, self._begin, partitions, page=BESIDE)
            self._is_due = False
        if self._packer is not None:
            self._packer.step()
            if self._packer.is_done:
                self._packer = None


def _pages(
    partition: int, stretch: tuple[int, int], numbers: Sequence[int], barred: Sequence[int], size: int
) -> Iterator[Page]:
    """At least one, for the partition is packed even where there is nobody to pack."""
    first, end = stretch
    events, many = end - first, len(numbers)
    for at in range(0, max(1, many), size):
        until = min(at + size, many)
        part = events * until // many - events * at // many if many else events
        last = until == many
        yield Page(partition, first, end, numbers[at:until], part, last, barred if last else ())
