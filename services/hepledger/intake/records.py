"""What the doors and the normaliser hand on, as values: a refused record is an answer like any other, not an exception.

A record is what should become one event. It keeps its original bytes from the door to the quarantine.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


class Unreadable(ValueError):
    """The text cannot be read as what was expected; carries only the expectation, the caller knows the text and the place."""

    def __init__(self, expected: str) -> None:
        self.expected = expected
        super().__init__(expected)


@dataclass(frozen=True, slots=True)
class RowFault:
    """One thing wrong in one place: the file, the line on which the record begins (1 is the first), the column or field."""

    file: str
    row: int | None
    column: str | None
    found: str
    expected: str

    def __str__(self) -> str:
        place = self.file
        if self.row is not None:
            place += f", row {self.row}"
        if self.column is not None:
            place += f", {self.column}"
        return f"{place}: found {self.found}, expected {self.expected}"


@dataclass(frozen=True, slots=True)
class Context:
    """What is needed, beside its bytes, to read a record again: the same for all records of a file. ``key`` names what the bytes
    mean (so that the same bytes are the same bad record), ``document`` is the whole of it as JSON."""

    key: str = ""
    document: str = "{}"

    def load(self) -> dict[str, Any]:
        """The document as plain data."""
        loaded: dict[str, Any] = json.loads(self.document)
        return loaded


@dataclass(frozen=True, slots=True, kw_only=True)
class RawRecord:
    """A record as it came. ``part`` names the block of the mapping that reads it: one row may hold several records."""

    door: str
    file: str
    row: int
    raw: bytes
    context: Context
    part: str = ""

    def fault(self, column: str | None, found: str, expected: str) -> RowFault:
        """A fault at this record's place."""
        return RowFault(self.file, self.row, column, found, expected)


class FileRefused(Exception):
    """A file is not read at all; ``faults`` are all the reasons."""

    def __init__(self, *faults: RowFault) -> None:
        self.faults = faults
        super().__init__("; ".join(map(str, faults)))


@dataclass(frozen=True, slots=True)
class Candidate:
    """A record that a door could take apart: a submission in the making, with the faults met so far by their fields.

    ``columns`` says which column a field was taken from; a field that is not in it has the submission's own name.
    """

    record: RawRecord
    submission: dict[str, Any]
    faults: Mapping[str, RowFault] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rejection:
    """A record that does not go in, with all the reasons; ``centre`` is whose it is, as far as it says so."""

    record: RawRecord
    faults: tuple[RowFault, ...]
    centre: str = ""


@dataclass(frozen=True, slots=True)
class Ignored:
    """A record that the centre's mapping leaves out on purpose, and why."""

    record: RawRecord
    reason: str


Reading = Candidate | Rejection | Ignored
"""What a door makes of one record."""
