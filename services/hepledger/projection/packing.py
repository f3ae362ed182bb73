"""Histories are packed before a replay, so that this one and the next read a row a patient instead of a row an event.

What is packed lies below where some projection has come to, and does not change any more. Beside a pack nobody needs a lock:
it is made from a consistent view, and one short transaction writes a page of them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator, Sequence
from typing import Final, NamedTuple

from hepledger.clinical.packed import pack
from hepledger.projection.crashpoint import crashpoint
from hepledger.state import packs, parked, patients, replays
from hepledger.state.facts import load_histories
from hepledger.state.unit_of_work import Begin

PAGE: Final = 500
"""Patients whose packs are held at most, and written by one transaction."""


class Packer:
    """Packs on some partitions what the replays of some projections will read and nobody has packed yet.

    Whoever is parked under one of them is left out: facts of theirs may still come to be stored.
    """

    def __init__(
        self,
        look: Begin,
        begin: Begin,
        projections: Sequence[int],
        partitions: Collection[int],
        *,
        page: int = PAGE,
    ) -> None:
        self._look, self._begin, self._projections = look, begin, projections
        with look() as uow:
            ends = replays.ends(uow, projections)
            self._stretches = packs.unpacked(uow, {at: end for at, end in ends.items() if at in partitions})
            touched = packs.touched(uow, self._stretches)
        self._pages = deque(each for at in touched for each in _pages(at, touched[at], page))

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to be packed."""
        return not self._pages

    def step(self) -> int:
        """Pack one page of patients; gives how many. A partition on which somebody else has come further is left alone."""
        page = self._pages.popleft()
        first, end = self._stretches[page.partition]
        with self._look() as uow:
            waiting = {key for _, key in parked.first_offsets(uow, self._projections)}
            barred = set(patients.find_numbers(uow, waiting).values())
            mine = [number for number in page.numbers if number not in barred]
            histories = load_histories(uow.connection, mine, {page.partition: end})
            rows = [(number, end, pack(versions)) for number, versions in histories]
        with self._begin() as uow:
            uow.need_not_wait_for_the_disk()
            if packs.lock(uow, page.partition, first):
                packs.save(uow, page.numbers, rows)
                if page.is_last:
                    packs.move(uow, page.partition, end)
                crashpoint("before-packs")
                uow.commit()
        crashpoint("after-packs")
        return len(page.numbers)


class Page(NamedTuple):
    """Some patients of a partition, and whether they are the last ones to be packed there."""

    partition: int
    numbers: Sequence[int]
    is_last: bool


def _pages(partition: int, numbers: Sequence[int], size: int) -> Iterator[Page]:
    """At least one, for the partition is packed even where there is nobody to pack."""
    for first in range(0, max(1, len(numbers)), size):
        yield Page(partition, numbers[first : first + size], first + size >= len(numbers))
