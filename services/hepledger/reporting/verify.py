"""Whether what is stored is what was said: the log's hash chain, and the live projection against one derived from nothing."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any, Final, NamedTuple

from hepledger.log.chain import ChainedLog, verify_chain
from hepledger.log.port import Entry, EventLog
from hepledger.reporting import queries
from hepledger.reporting.data_cut_event import CREATED
from hepledger.reporting.queries import Snapshot
from hepledger.reporting.subjects import Extent, Standing
from hepledger_events.codec import decode
from hepledger_events.criteria import InvalidCriteria, fingerprint, parse_criteria

Tell = Callable[[int], None]

_PAGE: Final = 1_000


@dataclass(frozen=True, slots=True)
class BrokenChain:
    """A log that is not as it was appended, from this offset on."""

    stream: str
    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.stream}, partition {self.partition}: not as it was appended from offset {self.offset} on"


@dataclass(frozen=True, slots=True)
class CutLog:
    """A log that ends before what a projection has taken in from it."""

    criteria: str
    partition: int
    offset: int
    taken: int

    def __str__(self) -> str:
        return (
            f"partition {self.partition} ends at offset {self.offset}, {self.criteria} was projected up to {self.taken}"
        )


@dataclass(frozen=True, slots=True)
class Difference:
    """A patient of whom the live projection remembers something else than the log gives; ``tables`` says where."""

    criteria: str
    patient: str
    tables: tuple[str, ...]

    def __str__(self) -> str:
        tables = ", ".join(self.tables)
        return f"{self.patient} under {self.criteria}: the live projection differs from the log in {tables}"


@dataclass(frozen=True, slots=True)
class AlteredCriteria:
    """A criteria set whose document is not the one that its fingerprint proves."""

    criteria: str

    def __str__(self) -> str:
        return f"{self.criteria}: its document is not the one that its fingerprint proves"


@dataclass(frozen=True, slots=True)
class AlteredCut:
    """A data cut that is not as it was announced in the log."""

    name: str

    def __str__(self) -> str:
        return f"data cut {self.name}: what is stored of it is not what the log says"


class Side(NamedTuple):
    """One projection of a set: the live one, or the one derived from nothing."""

    snapshot: Snapshot
    projection_id: int
    extent: Extent


def broken_chains(chains: Iterable[tuple[ChainedLog, int]], tell: Tell = lambda _: None) -> Iterator[BrokenChain]:
    """The first bad offset of every partition that is not as it was appended; ``tell`` hears how many entries are done.

    ``chains`` are logs with their number of partitions.
    """
    for chain, partitions in chains:
        for partition in range(partitions):
            offset = verify_chain(chain, partition, _increments(tell))
            if offset is not None:
                yield BrokenChain(chain.stream, partition, offset)


def cut_logs(heads: Mapping[int, int], standings: Iterable[Standing]) -> Iterator[CutLog]:
    """The partitions that end before a projection's checkpoint: what it took in is gone."""
    for at in standings:
        head = heads.get(at.partition, 0)
        if head < at.next_offset:
            yield CutLog(f"{at.criteria}@{at.version}", at.partition, head, at.next_offset)


def altered_criteria(documents: Iterable[tuple[str, str, Mapping[str, Any]]]) -> Iterator[AlteredCriteria]:
    """The sets that are not what they were published as; ``documents`` are names, fingerprints and what is stored."""
    for criteria, proof, document in documents:
        try:
            is_proven = fingerprint(parse_criteria(document)) == proof
        except InvalidCriteria:
            is_proven = False
        if not is_proven:
            yield AlteredCriteria(criteria)


def altered_cuts(log: EventLog, until: int, stored: Mapping[str, Mapping[str, Any]]) -> Iterator[AlteredCut]:
    """The data cuts that are not as the registry's log below ``until`` announces them; ``stored`` are documents by name."""
    told: dict[str, Mapping[str, Any]] = {}
    for entry in _entries(log, until):
        event = decode(entry.payload)
        if event.type == CREATED and isinstance(event.data, dict):
            told.setdefault(event.data["name"], event.data)
    for name in sorted({*told, *stored}):
        if told.get(name) != stored.get(name):
            yield AlteredCut(name)


def _entries(log: EventLog, until: int) -> Iterator[Entry]:
    position = 0
    while position < until and (page := log.read(0, position, _PAGE)):
        yield from (entry for entry in page if entry.offset < until)
        position = page[-1].next_offset


def _increments(tell: Tell) -> Tell:
    told = 0

    def tell_total(total: int) -> None:
        nonlocal told
        tell(total - told)
        told = total

    return tell_total


def differences(criteria: str, live: Side, derived: Side, tell: Tell = lambda _: None) -> Iterator[Difference]:
    """The patients of whom the two sides do not remember the same, in the plain order of their names; then those of whom
    they do not park the same. ``tell`` hears how many patients of the live side are done."""
    merged = heapq.merge(_remembered(live, tell), _remembered(derived), key=itemgetter(0))
    for (centre, patient), pair in groupby(merged, itemgetter(0)):
        one, *other = (memory for _, memory in pair)
        tables = [name for name in one if not other or one[name] != other[0][name]]
        if tables:
            yield Difference(criteria, f"{centre}/{patient}", tuple(tables))
    waiting, parked_anew = (queries.parked_places(side.snapshot, side.projection_id) for side in (live, derived))
    for key in sorted({key for key, *_ in waiting ^ parked_anew}):
        yield Difference(criteria, key, ("parked",))


def _remembered(
    side: Side, tell: Tell = lambda _: None
) -> Iterator[tuple[tuple[str, str], Mapping[str, list[tuple[Any, ...]]]]]:
    for group in queries.in_groups(queries.patients(side.snapshot, side.extent)):
        for who, tables in queries.everything_stored(side.snapshot, side.projection_id, group, side.extent):
            yield (who.centre, who.patient), tables
        tell(len(group))
