"""The rows of a CSV file, each with the exact bytes it was written with, quoted line ends included.

A stray quotation mark swallows the lines behind it until the next one. Then only the line it stands on is a bad row, and
the others are read again.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from typing import Final, NamedTuple

from hepledger.intake.lines import Line


class Trouble(NamedTuple):
    """Why a row cannot be taken apart."""

    found: str
    expected: str


UNCLOSED: Final = Trouble("a quotation mark that opens a cell and is not closed in its row", "a closing one")


class Row(NamedTuple):
    """One row: the number of its first line, its bytes, its cells, and why they cannot be trusted, if so."""

    number: int
    raw: bytes
    cells: list[str]
    trouble: Trouble | None


class CsvRows:
    """An iterator over the rows of a file; a line of blanks and delimiters is none. ``width`` is known once the header was read."""

    def __init__(self, lines: Iterator[Line], delimiter: str) -> None:
        self._feed = _Feed(lines)
        self._delimiter = delimiter
        self._reader = csv.reader(self._feed, delimiter=delimiter, strict=True)
        self.width: int | None = None

    def __iter__(self) -> Iterator[Row]:
        return self

    def __next__(self) -> Row:
        while True:
            self._feed.taken.clear()
            try:
                cells = next(self._reader)
            except csv.Error as error:
                return self._first_line_only(_trouble_told(error))
            if any(cells) and any(cell.strip() for cell in cells):
                return self._row(cells)

    def _row(self, cells: list[str]) -> Row:
        taken = self._feed.taken
        if self.width is not None and len(cells) != self.width:
            cells = self._without_empty_rest(cells)
            if len(cells) != self.width:
                return self._ragged(cells)
        if len(taken) == 1:
            line = taken[0]
            return Row(line.number, line.raw, cells, _trouble_of(line))
        trouble = next((found for line in taken if (found := _trouble_of(line)) is not None), None)
        return Row(taken[0].number, b"".join(line.raw for line in taken), cells, trouble)

    def _without_empty_rest(self, cells: list[str]) -> list[str]:
        """A table whose rows end with a delimiter too many is still that table."""
        rest = cells[self.width :]
        return cells[: self.width] if rest and not any(cell.strip() for cell in rest) else cells

    def _ragged(self, cells: list[str]) -> Row:
        trouble = Trouble(f"{len(cells)} cells", f"{self.width} cells, as in the header")
        taken = self._feed.taken
        if len(taken) > 1 and self._is_row(taken[1].text):
            return self._first_line_only(UNCLOSED)
        return Row(taken[0].number, b"".join(line.raw for line in taken), cells, trouble)

    def _is_row(self, text: str) -> bool:
        try:
            return len(next(csv.reader([text], delimiter=self._delimiter, strict=True), [])) == self.width
        except csv.Error:
            return False

    def _first_line_only(self, trouble: Trouble) -> Row:
        first, *rest = self._feed.taken
        self._feed.push_back(rest)
        return Row(first.number, first.raw, [], _trouble_of(first) or trouble)


class _Feed:
    """The lines that go into the CSV reader: it remembers which ones a row took, and takes lines back."""

    def __init__(self, lines: Iterator[Line]) -> None:
        self._lines = lines
        self._back: deque[Line] = deque()
        self.taken: list[Line] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._back.popleft() if self._back else next(self._lines)
        self.taken.append(line)
        return line.text

    def push_back(self, lines: list[Line]) -> None:
        """Give lines again, in their order, before any other."""
        self._back.extendleft(reversed(lines))


def _trouble_told(error: csv.Error) -> Trouble:
    """The words of Python's reader are about its own state; the one case that people meet has ours."""
    if "unexpected end of data" in str(error):
        return UNCLOSED
    return Trouble(f"text that is not CSV ({error})", "a row of delimited cells")


def _trouble_of(line: Line) -> Trouble | None:
    return None if line.trouble is None else Trouble(line.trouble, "readable text (`encoding` of the mapping says how)")
