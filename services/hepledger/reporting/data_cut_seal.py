"""The answer of a data cut, counted and hashed as it goes by: every table, whole and by centre, in steady memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256

from hepledger.reporting import queries, rows
from hepledger.reporting.columns import COLUMNS, Row, What
from hepledger.reporting.data_cut import Part, SealedTable
from hepledger.reporting.exports import Asked, derived_courses
from hepledger.reporting.fact_rows import fact_rows
from hepledger.reporting.subjects import Patient
from hepledger.reporting.writers import csv_line

Tables = dict[What, SealedTable]


class _Count:
    """Lines so far, and the hash of their bytes."""

    __slots__ = ("_hash", "_rows")

    def __init__(self, head: bytes = b"") -> None:
        self._hash, self._rows = sha256(head), 0

    def add(self, line: bytes) -> None:
        self._hash.update(line)
        self._rows += 1

    def part(self) -> Part:
        return Part(self._rows, self._hash.hexdigest())


class Seal:
    """The hashes of one table, as the CSV file that `export` makes of it, whatever format its rows are written in."""

    __slots__ = ("_centre", "_centres", "_whole")

    def __init__(self, what: What) -> None:
        names = [column.name for column in COLUMNS[what]]
        self._centre = names.index("centre")
        self._whole = _Count(csv_line(names))
        self._centres: dict[str, _Count] = {}

    def add(self, row: Row) -> None:
        """One row more."""
        line = csv_line(row)
        self._whole.add(line)
        centre = str(row[self._centre])
        if centre not in self._centres:
            self._centres[centre] = _Count()
        self._centres[centre].add(line)

    def add_all(self, many: Iterable[Row]) -> None:
        """Several rows more."""
        for row in many:
            self.add(row)

    def table(self) -> SealedTable:
        """All rows so far."""
        return SealedTable(self._whole.part(), {centre: count.part() for centre, count in self._centres.items()})


def seal_all(asked: Asked, everyone: Sequence[Patient], tell: Callable[[int], None] = lambda _: None) -> Tables:
    """Every table that the facts of the extent give, each patient derived once; ``tell`` hears how many more are done."""
    seals = {what: Seal(what) for what in What}
    criteria = asked.criteria.id
    for group in queries.in_groups(everyone):
        for who, course in derived_courses(asked, group):
            seals[What.ASSESSMENTS].add_all(rows.assessment_rows(criteria, who, course))
            seals[What.TRANSITIONS].add_all(rows.transition_rows(criteria, who, course))
            seals[What.COURSES].add(rows.course_row(criteria, who, course))
            seals[What.LANDMARKS].add_all(rows.landmark_rows(criteria, who, course))
        seals[What.FACTS].add_all(fact_rows(asked.snapshot, group, asked.extent))
        tell(len(group))
    return {what: seal.table() for what, seal in seals.items()}
