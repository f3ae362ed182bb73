"""The counts of one file while it is read: memory does not grow with the file, so of the faults only so many are listed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

from hepledger.intake.records import RowFault
from hepledger.intake.report import FileOutcome, FileReport
from hepledger.intake.submit import Settled

FAULTS_LISTED: Final = 100_000
"""Of one file. The quarantine keeps the reasons of every record."""


class Tally:
    """Counts what became of the records of a file."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._verdicts: Counter[str] = Counter()
        self._ignored: Counter[str] = Counter()
        self._faults: list[RowFault] = []
        self._faults_beyond = 0
        self._stored = 0
        self._rows = 0
        self._last_row = 0

    def count(self, settled: Iterable[Settled], stored: int) -> None:
        """Take in a batch, in the order of the file; ``stored`` of it are new in the quarantine."""
        self._stored += stored
        for item in settled:
            self._verdicts[item.verdict] += 1
            if item.record.row != self._last_row:
                self._rows, self._last_row = self._rows + 1, item.record.row
            if item.reason:
                self._ignored[item.reason] += 1
            self.note(item.faults)

    def note(self, faults: tuple[RowFault, ...]) -> None:
        """List faults, or only count them when there are too many."""
        room = FAULTS_LISTED - len(self._faults)
        self._faults += faults[:room]
        self._faults_beyond += max(0, len(faults) - room)

    def report(self, outcome: FileOutcome, format_: str | None) -> FileReport:
        """The report of the file."""
        return FileReport(
            file=self._file,
            outcome=outcome,
            format=format_,
            rows=self._rows,
            records=self._verdicts.total(),
            stored=self._stored,
            reasons_ignored=dict(self._ignored),
            faults=tuple(self._faults),
            faults_beyond=self._faults_beyond,
            **{str(verdict): number for verdict, number in self._verdicts.items()},
        )
