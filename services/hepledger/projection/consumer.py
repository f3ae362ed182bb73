"""The consumer: it reads from where our own checkpoints stand, and hands over what is waiting, as much as there is up to a limit.

Small batches when idle, because then nothing waits; large ones when behind, because they cost less an event.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter

from hepledger.clinical.facts import microseconds
from hepledger.log.port import Entry, EventLog, Subscription
from hepledger.projection.arrivals import read_entries
from hepledger.projection.batch import Batch
from hepledger.projection.collector import Collector
from hepledger.projection.lanes import Lane, lanes_ahead
from hepledger.projection.memory import CAPACITY, Memory
from hepledger.projection.project import project
from hepledger.projection.sets import Projected
from hepledger.state import checkpoints
from hepledger.state.checkpoints import Claim
from hepledger.state.unit_of_work import Begin

IDLE_SECONDS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How a consumer works.

    ``limit`` events go into one transaction at most; it stops above ``parked_percent`` of parked patients; ``remembered``
    facts are held at most between batches (see Memory).
    """

    limit: int = 10_000
    parked_percent: int = 10
    remembered: int = CAPACITY


class Consumer:
    """Takes a log into the projections of some criteria sets. Close it when done."""

    def __init__(
        self,
        log: EventLog,
        begin: Begin,
        sets: Sequence[Projected],
        *,
        clock: Callable[[], datetime],
        owner: str,
        habits: Habits = Habits(),
    ) -> None:
        self._log, self._begin, self._clock, self._owner, self._habits = log, begin, clock, owner, habits
        self._sets = {projected.projection_id: projected for projected in sets}
        self._claims: dict[tuple[int, int], Claim] = {}
        self._reader, self._memory, self._collector = Reader(log), Memory(habits.remembered), Collector()

    def claim(self, partitions: Iterable[int] | None = None) -> None:
        """Take partitions over, all of them by default: whoever held them is fenced."""
        wanted = list(range(self._log.partitions) if partitions is None else partitions)
        with self._begin() as uow:
            for projection_id in self._sets:
                now = microseconds(self._clock())
                self._keep(checkpoints.claim(uow, projection_id, wanted, self._owner, now))
            uow.commit()
        self._forget()

    def step(self, timeout: float = 0.0) -> int:
        """Take one batch in; gives the number of events, 0 if none came in ``timeout`` seconds.

        Raises Fenced, TooManyParked, OffsetMissing, DatabaseUnavailable; then nothing of the batch was written.
        """
        lanes = lanes_ahead(self._claims.values())
        if not lanes:
            return 0
        with self._collector.at_rest():
            entries, ends = self._reader.read(lanes, self._habits.limit, timeout)
            if ends:
                self._take_in(self._batch(lanes, entries, ends))
        return len(entries)

    def drain(self, told: Callable[[int], None] = lambda _: None) -> int:
        """Take in everything that the log holds now. ``told`` hears the number of events of each batch; gives the sum."""
        heads, taken = self._log.heads(), 0
        while self._is_behind(heads):
            count = self.step(IDLE_SECONDS)
            taken += count
            told(count)
        return taken

    def follow(self, going_on: Callable[[], bool], told: Callable[[int], None] = lambda _: None) -> None:
        """Take in what comes for as long as ``going_on`` says so; it is asked between batches."""
        while going_on():
            told(self.step(IDLE_SECONDS))

    def close(self) -> None:
        """Give back the reader. The checkpoints stay where they are."""
        self._reader.close()

    def _take_in(self, batch: Batch) -> None:
        asked = self._habits.parked_percent
        try:
            self._keep(project(self._begin, batch, self._memory, clock=self._clock, parked_percent=asked))
        except BaseException:
            self._forget()  # what was read and derived has moved on; the checkpoints have not
            raise

    def _forget(self) -> None:
        self._reader.close()
        self._memory.forget_all()

    def _batch(self, lanes: Sequence[Lane], entries: Sequence[Entry], ends: Mapping[int, int]) -> Batch:
        projections = lanes[0].projections
        starts = {lane.partition: lane.start for lane in lanes if lane.partition in ends}
        return Batch(
            arrivals=read_entries(entries),
            sets=[self._sets[each] for each in projections],
            claims=[self._claims[each, partition] for each in projections for partition in starts],
            starts=starts,
            ends=ends,
        )

    def _is_behind(self, heads: Mapping[int, int]) -> bool:
        return any(claim.next_offset < heads.get(claim.partition, 0) for claim in self._claims.values())

    def _keep(self, claims: Iterable[Claim]) -> None:
        self._claims.update({(claim.projection_id, claim.partition): claim for claim in claims})


class Reader:
    """Reads lanes through one subscription, for as long as they are the same lanes further on."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self._lanes: list[tuple[int, int | None]] = []
        self._subscription: Subscription | None = None

    def read(self, lanes: Sequence[Lane], limit: int, timeout: float) -> tuple[list[Entry], dict[int, int]]:
        """What comes next on the lanes, below their bounds; and by partition, if anything came there, where to go on."""
        bounds = [(lane.partition, lane.bound) for lane in lanes]
        if self._subscription is None or bounds != self._lanes:
            self.close()
            self._subscription = self._log.subscribe({lane.partition: lane.start for lane in lanes})
            self._lanes = bounds
        return _bounded(self._subscription.poll(limit, timeout), dict(bounds))

    def close(self) -> None:
        """Forget the subscription: the next read begins where the lanes say."""
        if self._subscription is not None:
            self._subscription.close()
            self._subscription = None


def _bounded(entries: Iterable[Entry], bounds: Mapping[int, int | None]) -> tuple[list[Entry], dict[int, int]]:
    """Entries in the order of their partitions, those beyond a bound left out, and the ends. Reaching beyond ends at the bound."""
    kept: list[Entry] = []
    ends: dict[int, int] = {}
    for partition, found in groupby(sorted(entries, key=attrgetter("partition")), attrgetter("partition")):
        bound = bounds[partition]
        mine = list(found)
        below = [entry for entry in mine if bound is None or entry.offset < bound]
        kept += below
        ends[partition] = below[-1].next_offset if len(below) == len(mine) or bound is None else bound
    return kept, ends
