"""The use case: files of a centre go in, through the door of their format, in batches, and every record is accounted for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path

from hepledger.intake.doors import IngestRequest, open_door
from hepledger.intake.files import Found, find_files, name_of
from hepledger.intake.normalise import normalise
from hepledger.intake.recognise import Format, NotOurs
from hepledger.intake.records import FileRefused, Reading, RowFault
from hepledger.intake.rehearsal import Rehearsal
from hepledger.intake.report import FileOutcome, FileReport, IngestReport
from hepledger.intake.submit import BATCH, Doors, Intake, submit
from hepledger.intake.tally import Tally

Progress = Callable[[int, int], None]
"""Called with the bytes read so far, and the bytes of all files."""


def no_progress(_done: int, _total: int) -> None:
    """For whoever does not look."""


def ingest(
    intake: Intake, paths: Sequence[Path], request: IngestRequest, progress: Progress = no_progress
) -> IngestReport:
    """Read files and folders; append what is valid, keep the rest in the quarantine.

    Raises PathsNotFound before anything is read. What log or quarantine raise is passed on: what was appended by then
    stays, and the same ingest again goes on from there.
    """
    found = find_files(paths)
    total = sum(file.size for file in found)
    doors = Rehearsal(intake.log).doors if request.dry_run else Doors.of(intake)
    reports: list[FileReport] = []
    done = 0
    for file in found:
        reports.append(_ingest_file(intake, doors, file, request, partial(_advance, progress, done, total)))
        done += file.size
        progress(done, total)
    return IngestReport((*reports, *_fruitless(paths, found, reports)), request.dry_run)


def _advance(progress: Progress, done: int, total: int, read: int) -> None:
    progress(done + read, total)


def _ingest_file(
    intake: Intake, doors: Doors, found: Found, request: IngestRequest, advance: Callable[[int], None]
) -> FileReport:
    name = name_of(found.path)
    tally = Tally(name)
    if request.mapping is not None and request.mapping.leaves_out(found.path.name):
        return tally.report(FileOutcome.SKIPPED, None)
    format_: Format | None = None
    try:
        with found.path.open("rb") as stream:
            format_, readings = open_door(stream, name, request)
            recorded_at = intake.clock()
            for batch in _batches(readings, name):
                tally.count(*submit([normalise(reading, request.centre) for reading in batch], doors, recorded_at))
                advance(min(stream.tell(), found.size))
    except NotOurs as refusal:
        tally.note(refusal.faults)
        return tally.report(FileOutcome.REFUSED if found.folder is None else FileOutcome.SKIPPED, None)
    except FileRefused as refusal:
        tally.note(refusal.faults)
        return tally.report(FileOutcome.REFUSED, format_)
    except PermissionError as error:
        tally.note((_unreadable(name, error),))
        return tally.report(FileOutcome.REFUSED, None)
    return tally.report(FileOutcome.READ, format_)


def _batches(readings: Iterator[Reading], file: str) -> Iterator[list[Reading]]:
    """The records in lots of BATCH. Raises FileRefused where the file can be read no further."""
    try:
        while batch := list(islice(readings, BATCH)):
            yield batch
    except OSError as error:
        raise FileRefused(_unreadable(file, error)) from error


def _unreadable(file: str, error: OSError) -> RowFault:
    return RowFault(file, None, None, f"a file that cannot be read ({error.strerror or error})", "one that can")


def _fruitless(paths: Sequence[Path], found: Sequence[Found], reports: Sequence[FileReport]) -> Iterator[FileReport]:
    """A refusal for each folder in which nothing was of any use."""
    for path in paths:
        if not path.is_dir():
            continue
        outcomes = [report.outcome for file, report in zip(found, reports, strict=True) if file.folder == path]
        if all(outcome is FileOutcome.SKIPPED for outcome in outcomes):
            looked = f"no file of use among {len(outcomes)}" if outcomes else "an empty folder"
            fault = RowFault(name_of(path), None, None, looked, "files of NDJSON or CSV")
            yield FileReport(file=name_of(path), outcome=FileOutcome.REFUSED, faults=(fault,))
