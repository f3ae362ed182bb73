"""The centres' files go in as real ones do: written to a folder, read by the ingest, one delivery after the other.

Time runs with the deliveries: each is recorded in the evening of the day it arrived, so that a question *as of* a day in 2022
is answered from what the centres had sent by then, and everything comes out the same whenever the demonstration is run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Final

from hepledger.bootstrap import Registry
from hepledger.demo.centres import CENTRES
from hepledger.demo.cohort import Arrival
from hepledger.intake.doors import IngestRequest
from hepledger.intake.ingest import ingest
from hepledger.intake.mapping import load_mapping
from hepledger.intake.records import RowFault
from hepledger.intake.report import COUNTS, IngestReport
from hepledger.intake.submit import Intake
from hepledger.reporting.text_table import aligned

EVENING: Final = time(18, 0, tzinfo=UTC)


@dataclass(slots=True)
class Taken:
    """What became of the deliveries, by centre, and every fault once (a file that was sent twice has its faults twice)."""

    counts: dict[str, Counter[str]] = field(default_factory=dict)
    faults: dict[tuple[str, str | None, str], RowFault] = field(default_factory=dict)

    def add(self, centre: str, report: IngestReport) -> None:
        """Add what became of one file."""
        counted = self.counts.setdefault(centre, Counter())
        counted["files"] += len(report.files)
        for name in ("records", *COUNTS):
            counted[name] += report.total(name)
        for fault in report.faults:
            self.faults.setdefault((centre, fault.column, fault.found + str(fault.row)), fault)


def take_in(registry: Registry, arrivals: Sequence[Arrival]) -> Taken:
    """Ingest the files in the order they arrived."""
    taken = Taken()
    mappings = {path: load_mapping(path) for path in {a.mapping for a in arrivals} if path is not None}
    for arrival in arrivals:
        intake = Intake(registry.reported, registry.quarantine, _clock_at(arrival.on))
        mapping = None if arrival.mapping is None else mappings[arrival.mapping]
        report = ingest(intake, [arrival.path], IngestRequest(centre=arrival.centre, mapping=mapping))
        taken.add(arrival.centre, report)
    return taken


def taken_lines(taken: Taken, folder: Path) -> Iterator[str]:
    """What became of the deliveries, in a table, and why some records were refused."""
    header = ("centre", "files", "records", *COUNTS)
    yield from aligned(
        header, [(centre, *(counted[name] for name in header[1:])) for centre, counted in taken.counts.items()]
    )
    yield ""
    yield from (f"{centre.code}  {centre.title}" for centre in CENTRES)
    yield ""
    yield f"{len(taken.faults)} records could not be understood without guessing; they are kept in the quarantine, as they came:"
    for fault in taken.faults.values():
        where = Path(fault.file).relative_to(folder) if Path(fault.file).is_relative_to(folder) else fault.file
        yield f"  {where}, row {fault.row}, {fault.column}: found {fault.found}, expected {fault.expected}"


def _clock_at(day: date) -> _Clock:
    return _Clock(datetime.combine(day, EVENING))


@dataclass(frozen=True, slots=True)
class _Clock:
    """A clock that stands still on the evening of a delivery."""

    moment: datetime

    def __call__(self) -> datetime:
        return self.moment
