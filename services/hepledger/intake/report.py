"""What an ingest did, as a value: counts that add up to the records read, and every fault with its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from hepledger.intake.records import RowFault

COUNTS: Final = ("appended", "already", "conflict", "quarantined", "ignored")


class FileOutcome(StrEnum):
    """What became of a file."""

    READ = "read"
    SKIPPED = "skipped"  # found in a folder, and nothing of ours, or left out by the mapping
    REFUSED = "refused"  # not read at all, though it should have been


@dataclass(frozen=True, slots=True, kw_only=True)
class FileReport:
    """One file. ``records`` = appended + already + conflict + quarantined + ignored; ``rows`` are those of the file.

    One row of a table may hold several records, each under its block of the mapping. ``stored`` says how many entries are
    new in the quarantine, where the same bad record is kept once. ``faults_beyond`` are counted and no longer listed.
    """

    file: str
    outcome: FileOutcome
    format: str | None = None
    rows: int = 0
    records: int = 0
    appended: int = 0
    already: int = 0
    conflict: int = 0
    quarantined: int = 0
    ignored: int = 0
    stored: int = 0
    reasons_ignored: Mapping[str, int] = field(default_factory=dict)
    faults: tuple[RowFault, ...] = ()
    faults_beyond: int = 0

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON has it."""
        counts = {name: getattr(self, name) for name in ("rows", "records", *COUNTS, "stored")}
        return {
            "file": self.file,
            "outcome": str(self.outcome),
            "format": self.format,
            **counts,
            "reasons_ignored": dict(self.reasons_ignored),
            "faults": [
                {"file": f.file, "row": f.row, "column": f.column, "found": f.found, "expected": f.expected}
                for f in self.faults
            ],
            "faults_beyond": self.faults_beyond,
        }


@dataclass(frozen=True, slots=True)
class IngestReport:
    """All files of one ingest."""

    files: tuple[FileReport, ...]
    dry_run: bool = False

    def total(self, count: str) -> int:
        """One of the counts over all files: ``rows``, ``records``, ``stored`` or one of COUNTS."""
        return sum(getattr(file, count) for file in self.files)

    @property
    def faults(self) -> tuple[RowFault, ...]:
        """Every fault, file by file."""
        return tuple(fault for file in self.files for fault in file.faults)

    @property
    def refused(self) -> bool:
        """Whether any input did not go in that should have."""
        kept_out = self.total("quarantined") + self.total("conflict")
        return kept_out > 0 or any(file.outcome is FileOutcome.REFUSED for file in self.files)

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON has it."""
        counts = {name: self.total(name) for name in ("rows", "records", *COUNTS, "stored")}
        return {"dry_run": self.dry_run, **counts, "files": [file.to_dict() for file in self.files]}
