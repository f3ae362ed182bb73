"""The tables of courses that can be taken out: what the projection holds, or what the facts of a time give when derived again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, assert_never

from hepledger.clinical.course import Course, derive
from hepledger.clinical.criteria import Criteria
from hepledger.clinical.walk import Plan
from hepledger.reporting import queries, rows
from hepledger.reporting.columns import CourseTable, Row, What
from hepledger.reporting.data_cut import DataCut
from hepledger.reporting.queries import Snapshot
from hepledger.reporting.subjects import Extent, Patient


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Under which criteria, from which projection and from which facts an answer is wanted, on one snapshot.

    ``derived``: not what the projection holds, but what the facts of the extent give. ``cut`` is the data cut that the facts
    are those of, if they are.
    """

    snapshot: Snapshot
    criteria: Criteria
    projection_id: int
    extent: Extent
    derived: bool
    cut: DataCut | None = None

    @property
    def sealed(self) -> DataCut | None:
        """The cut whose own answer this is: of its facts, under its criteria."""
        return self.cut if self.cut is not None and self.cut.is_under(self.criteria.id, self.criteria.version) else None


def rows_of(
    what: CourseTable, asked: Asked, everyone: Sequence[Patient], tell: Callable[[int], None] = lambda _: None
) -> Iterator[Row]:
    """The rows of a table for patients in the order of `queries.patients`; ``tell`` hears how many more are done."""
    for group in queries.in_groups(everyone):
        yield from _rows(what, asked, group)
        tell(len(group))


def _rows(what: CourseTable, asked: Asked, group: Sequence[Patient]) -> Iterator[Row]:
    match what:
        case What.ASSESSMENTS:
            return _assessments(asked, group)
        case What.TRANSITIONS:
            return _transitions(asked, group)
        case What.COURSES:
            return _courses(asked, group)
        case What.LANDMARKS:
            return _landmarks(asked, group)
        case _:
            assert_never(what)


def derived_courses(asked: Asked, everyone: Sequence[Patient]) -> Iterator[tuple[Patient, Course]]:
    """Each patient with the course that the facts of the extent make, a group of patients in memory at a time."""
    plan = Plan(asked.criteria)
    for group in queries.in_groups(everyone):
        histories = dict(queries.histories(asked.snapshot, group, asked.extent))
        for who in group:
            yield who, derive(histories.get(who.patient_id, ()), plan)


def _assessments(asked: Asked, group: Sequence[Patient]) -> Iterator[Row]:
    for who, course in derived_courses(asked, group):
        yield from rows.assessment_rows(asked.criteria.id, who, course)


def _transitions(asked: Asked, group: Sequence[Patient]) -> Iterator[Row]:
    if asked.derived:
        for who, course in derived_courses(asked, group):
            yield from rows.transition_rows(asked.criteria.id, who, course)
        return
    for who, row in queries.transition_rows(asked.snapshot, asked.projection_id, group):
        states, days = (row.from_state, row.to_state), (_date(row.onset_day), _date(row.confirmed_day))
        yield asked.criteria.id, who.centre, who.patient, *states, *days, bool(row.relapse), row.evidence


def _courses(asked: Asked, group: Sequence[Patient]) -> Iterator[Row]:
    if asked.derived:
        for who, course in derived_courses(asked, group):
            yield rows.course_row(asked.criteria.id, who, course)
        return
    for who, row in queries.course_rows(asked.snapshot, asked.projection_id, group):
        yield asked.criteria.id, who.centre, who.patient, *_course_cells(row)


def _course_cells(row: Any) -> Row:
    if row is None or row.index_day is None:
        return (None,) * 10
    times_uln = None if row.baseline_times_uln is None else Decimal(row.baseline_times_uln)
    baseline = row.baseline_value, row.baseline_unit, times_uln
    present = row.state, _date(row.since_day), row.best, row.relapses, row.refractory
    return _date(row.index_day), *baseline, *present, _date(row.last_day)


def _landmarks(asked: Asked, group: Sequence[Patient]) -> Iterator[Row]:
    if asked.derived:
        for who, course in derived_courses(asked, group):
            yield from rows.landmark_rows(asked.criteria.id, who, course)
        return
    for who, answers in queries.landmark_answers(asked.snapshot, asked.projection_id, group):
        for landmark in asked.criteria.landmarks:
            if landmark.code in answers:
                yield asked.criteria.id, who.centre, who.patient, landmark.code, answers[landmark.code]


def _date(day: int | None) -> date | None:
    return rows.date_on(day)
