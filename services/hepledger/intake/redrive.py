"""Refused records tried again, from the bytes they came with: after a mapping was mended, or a newer release reads more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Protocol

from hepledger.intake import csv, ndjson
from hepledger.intake.doors import IngestRequest
from hepledger.intake.mapping import CentreMapping
from hepledger.intake.normalise import Normal, normalise
from hepledger.intake.records import Context, FileRefused, RawRecord, Reading, RowFault
from hepledger.intake.rehearsal import Rehearsal
from hepledger.intake.submit import BATCH, Doors, Intake, Settled, Verdict, reasons_of, submit
from hepledger.state.quarantine import EntryState, QuarantineEntry, Settlement


class Settling(Protocol):
    """The quarantine, as far as redriving changes it."""

    def settle(self, settlements: Sequence[Settlement]) -> None:
        """Write down what became of entries that were read again."""
        ...


@dataclass(frozen=True, slots=True)
class Redriven:
    """What became of one entry: its state from now on, the verdicts on its records, and the faults if it stays."""

    entry_id: int
    state: EntryState
    verdicts: tuple[Verdict, ...]
    faults: tuple[RowFault, ...]
    note: str = ""


def redrive(
    intake: Intake, settling: Settling, entries: Iterable[QuarantineEntry], request: IngestRequest
) -> Iterator[Redriven]:
    """Read entries again, under the mapping of the request or that of their time, and append what is now valid.

    The request's centre is for entries that name none. An entry whose records all went in is redriven, one that the mapping
    now leaves out is resolved; another stays, with the reasons of today. One reading of the clock for all of them.
    """
    recorded_at = intake.clock()
    append = Rehearsal(intake.log).doors.append if request.dry_run else Doors.of(intake).append
    doors = Doors(append, lambda _: 0)  # what is refused again is in the quarantine already
    waiting = iter(entries)
    while lot := list(islice(waiting, BATCH)):
        results = _redrive_lot(lot, doors, recorded_at, request)
        if not request.dry_run:
            settling.settle([Settlement(r.entry_id, r.state, r.note, reasons_of(r.faults)) for r in results])
        yield from results


def _redrive_lot(
    lot: Sequence[QuarantineEntry], doors: Doors, recorded_at: datetime, request: IngestRequest
) -> list[Redriven]:
    read = [(entry, *_read_all(entry, request)) for entry in lot]
    settled, _ = submit([item for _, items, _ in read for item in items], doors, recorded_at)
    remaining = iter(settled)
    return [_result(entry, list(islice(remaining, len(items))), faults) for entry, items, faults in read]


def _read_all(entry: QuarantineEntry, request: IngestRequest) -> tuple[list[Normal], tuple[RowFault, ...]]:
    centre = entry.centre or request.centre
    try:
        return [normalise(reading, centre) for reading in _read(entry, request.mapping)], ()
    except FileRefused as refusal:
        return [], refusal.faults


def _result(entry: QuarantineEntry, settled: Sequence[Settled], refused: tuple[RowFault, ...]) -> Redriven:
    verdicts = tuple(item.verdict for item in settled)
    faults = (*refused, *(fault for item in settled for fault in item.faults))
    if faults or not settled:
        return Redriven(entry.entry_id, EntryState.OPEN, verdicts, faults)
    if set(verdicts) == {Verdict.IGNORED}:
        note = f"left out by the mapping: {settled[0].reason}"
        return Redriven(entry.entry_id, EntryState.RESOLVED, verdicts, (), note)
    return Redriven(entry.entry_id, EntryState.REDRIVEN, verdicts, ())


def _read(entry: QuarantineEntry, mapping: CentreMapping | None) -> Iterator[Reading]:
    record = RawRecord(
        door=entry.door,
        file=entry.origin,
        row=entry.row,
        raw=entry.raw,
        context=Context(document=entry.context),
        part=entry.part,
    )
    match entry.door:
        case csv.DOOR:
            return csv.reread(record, mapping)
        case ndjson.DOOR:
            return ndjson.reread(record)
        case other:
            raise FileRefused(record.fault(None, f"a record of the door {other!r}", "one that this release can read"))
