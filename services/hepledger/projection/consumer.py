"""The consumer: it reads from where our own checkpoints stand, and hands over what is waiting, as much as there is up to a limit.

Small batches when idle, because then nothing waits; large ones when behind, because they cost less an event.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from hepledger.clinical.facts import microseconds
from hepledger.log.port import Entry, EventLog
from hepledger.projection.arrivals import read_entries
from hepledger.projection.batch import Batch
from hepledger.projection.collector import Collector
from hepledger.projection.lanes import Lane, lanes_ahead
from hepledger.projection.memory import CAPACITY, Memory
from hepledger.projection.numbers import Numbers
from hepledger.projection.project import project
from hepledger.projection.reading import Reader, SubscribedReader
from hepledger.projection.sets import Projected
from hepledger.state import checkpoints
from hepledger.state.checkpoints import Claim, Fenced
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
        reader: Reader | None = None,
    ) -> None:
        self._log, self._begin, self._clock, self._owner, self._habits = log, begin, clock, owner, habits
        self._sets = {projected.projection_id: projected for projected in sets}
        self._claims: dict[tuple[int, int], Claim] = {}
        self._reader = SubscribedReader(log) if reader is None else reader
        self._memory, self._numbers, self._collector = Memory(habits.remembered), Numbers(), Collector()

    def claim(self, partitions: Iterable[int] | None = None) -> None:
        """Take partitions over, all of them by default: whoever held them is fenced."""
        wanted = list(range(self._log.partitions) if partitions is None else partitions)
        with self._begin() as uow:
            for projection_id in self._sets:
                now = microseconds(self._clock())
                self._keep(checkpoints.claim(uow, projection_id, wanted, self._owner, now))
            uow.commit()
        self._forget()

    def release(self, partitions: Iterable[int]) -> None:
        """Give partitions up: nothing is read of them, nor written, before they are claimed again."""
        gone = set(partitions)
        if gone & self.held:
            self._claims = {place: claim for place, claim in self._claims.items() if claim.partition not in gone}
            self._forget()

    def check_claims(self) -> list[Fenced]:
        """Go on where the checkpoints stand: after a failure nobody knows whether the last batch is in.

        Partitions that another worker has taken over are released; gives who was fenced where.
        """
        self._forget()
        held = list(self._claims.values())
        with self._begin() as uow:
            standing = [checkpoints.find_claim(uow, claim.projection_id, claim.partition) for claim in held]
        self._keep(found for found in standing if found is not None)
        lost = [
            Fenced(claim.projection_id, claim.partition)
            for claim, found in zip(held, standing, strict=True)
            if found is None or found.epoch != claim.epoch
        ]
        self.release(fenced.partition for fenced in lost)
        return lost

    @property
    def held(self) -> frozenset[int]:
        """The partitions that are claimed."""
        return frozenset(partition for _, partition in self._claims)

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

    def close(self) -> None:
        """Give back the reader. The checkpoints stay where they are."""
        self._reader.close()

    def _take_in(self, batch: Batch) -> None:
        asked = self._habits.parked_percent
        try:
            self._keep(
                project(self._begin, batch, self._memory, self._numbers, clock=self._clock, parked_percent=asked)
            )
        except BaseException:
            self._forget()  # what was read and derived has moved on; the checkpoints have not
            raise

    def _forget(self) -> None:
        self._reader.forget()
        self._memory.forget_all()
        self._numbers.forget_all()

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
