"""The live state is exchanged for one that was derived from nothing: beside it, for as long as that takes, and then at once.

Workers go on while the log is read anew. Only the last step holds them up: what came meanwhile is read too, the rows are
exchanged in one transaction, and every worker is fenced, since what it remembers may not be what is stored.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from hepledger.clinical.facts import microseconds
from hepledger.errors import CheckFailed
from hepledger.log.port import EventLog
from hepledger.projection.crashpoint import crashpoint
from hepledger.projection.rebuild import rebuild
from hepledger.projection.sets import Projected
from hepledger.state import catalogue, checkpoints, replays, swapping
from hepledger.state.catalogue import KnownCriteria
from hepledger.state.checkpoints import BeingReplayed
from hepledger.state.unit_of_work import Begin, UnitOfWork

NEAR: Final = 5_000
"""So many events may be left to be read while everybody waits."""

Positions = Mapping[int, int]
Standing = Mapping[str, tuple[KnownCriteria, Positions]]
"""Every projection by its fingerprint, and how far it has come."""
Progress = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]
"""Shows how far something is: its name, how much there is; it is told how much more was done."""


class LogTooShort(CheckFailed):
    """The log ends before what was projected."""

    def __init__(self, partition: int) -> None:
        self.partition = partition
        super().__init__(
            f"the log ends before what was projected on partition {partition}: a rebuild would lose what is missing there."
            " `hepledger verify` shows what is damaged; nothing was changed"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """What was done: the events that were read, the sets, and how many announcements tell of nothing that is believed."""

    events: int
    sets: tuple[str, ...]
    orphans: int


class Rebuild:
    """A rebuild under way. ``live`` opens transactions of the registry, ``aside`` those of an empty database beside it."""

    def __init__(
        self, log: EventLog, live: Begin, aside: Begin, *, clock: Callable[[], datetime], progress: Progress
    ) -> None:
        self._log, self._live, self._aside, self._clock, self._progress = log, live, aside, clock, progress
        self._sets: dict[str, Projected] = {}
        self._events = 0

    def run(self) -> Rebuilt:
        """All of it. Raises BeingReplayed, LogTooShort, DatabaseUnavailable; then nothing was changed."""
        while True:
            with self._live() as uow:
                wanted = self._standing(uow)
            self._catch_up(wanted)
            with self._live() as uow:
                swapping.lock(uow)
                standing = self._standing(uow)
                if self._left(standing) > NEAR:
                    continue
                self._catch_up(standing)
                orphans = self._swap(uow, standing)
            crashpoint("after-swap")
            sets = tuple(known.name for known, _ in standing.values())
            return Rebuilt(events=self._events, sets=sets, orphans=orphans)

    def _standing(self, uow: UnitOfWork) -> Standing:
        """Every projection by fingerprint, and how far it has come."""
        if replays.unfinished(uow):
            raise BeingReplayed(replays.progress(uow)[0].criteria)
        heads = self._log.heads()
        found: dict[str, tuple[KnownCriteria, Positions]] = {}
        for known in catalogue.projected(uow):
            positions = checkpoints.positions(uow, catalogue.projection_of(uow, known))
            for partition, offset in positions.items():
                if offset > heads.get(partition, 0):
                    raise LogTooShort(partition)
            if positions:
                found[known.fingerprint] = (known, positions)
        return found

    def _left(self, standing: Standing) -> int:
        with self._aside() as uow:
            reached = {each: checkpoints.positions(uow, own.projection_id) for each, own in self._sets.items()}
        return sum(
            max(0, offset - reached.get(fingerprint, {}).get(partition, 0))
            for fingerprint, (_, positions) in standing.items()
            for partition, offset in positions.items()
        )

    def _catch_up(self, standing: Standing) -> None:
        """All sets in one go as far as each of them is to come, and then those that stand at one place further on."""
        groups: dict[tuple[tuple[int, int], ...], list[KnownCriteria]] = {}
        for known, positions in standing.values():
            groups.setdefault(tuple(sorted(positions.items())), []).append(known)
        if len(groups) > 1:
            places = [dict(place) for place in groups]
            self._derive([known for known, _ in standing.values()], _lowest(places))
        for place, known_sets in groups.items():
            self._derive(known_sets, dict(place))

    def _derive(self, known_sets: Sequence[KnownCriteria], until: Positions) -> None:
        total = self._left({each.fingerprint: (each, until) for each in known_sets}) // len(known_sets)
        with self._progress("deriving from nothing", total) as tell:
            for anew in rebuild(self._log, self._aside, known_sets, until, self._clock, tell):
                self._sets[anew.fingerprint] = anew
        self._events += total

    def _swap(self, uow: UnitOfWork, standing: Standing) -> int:
        numbers = {
            self._sets[fingerprint].projection_id: catalogue.projection_of(uow, known)
            for fingerprint, (known, _) in standing.items()
        }
        with self._aside() as other:
            with self._progress("exchanging", swapping.size(other)) as tell:
                orphans = swapping.swap(uow, other, numbers, microseconds(self._clock()), tell)
            crashpoint("before-swap")
            uow.commit()
        return orphans


def _lowest(places: Sequence[Positions]) -> Positions:
    everywhere = set(places[0]).intersection(*places[1:])
    return {partition: min(place[partition] for place in places) for partition in everywhere}
