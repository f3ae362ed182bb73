"""A derived course becomes rows of the exports, column by column as `columns` names them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from hepledger.clinical.course import Course
from hepledger.clinical.readings import Reading
from hepledger.reporting.columns import Row
from hepledger.reporting.subjects import Patient


def assessment_rows(criteria: str, who: Patient, course: Course) -> Iterator[Row]:
    """One row per assessment day."""
    for seen in course.assessments:
        onset, entered = (date_on(seen.onset_day), True) if seen.entered else (None, None)
        unknown = "|".join(doubtful.to for doubtful in seen.unknown)
        yield criteria, who.centre, who.patient, seen.day, date_on(seen.date), seen.state, onset, entered, unknown


def transition_rows(criteria: str, who: Patient, course: Course) -> Iterator[Row]:
    """One row per transition made."""
    for change in course.transitions:
        onset, confirmed = date_on(change.onset_day), date_on(change.confirmed_day)
        evidence = "|".join(change.evidence)
        states = change.from_state, change.to_state
        yield criteria, who.centre, who.patient, *states, onset, confirmed, change.relapse, evidence


def landmark_rows(criteria: str, who: Patient, course: Course) -> Iterator[Row]:
    """One row per landmark of the document, in its order."""
    for code, answer in course.landmarks.items():
        yield criteria, who.centre, who.patient, code, answer.value


def course_row(criteria: str, who: Patient, course: Course) -> Row:
    """The one row of a patient; empty from the index date on where there is none."""
    if course.index_day is None:
        return criteria, who.centre, who.patient, *(None,) * 10
    return (
        criteria,
        who.centre,
        who.patient,
        date_on(course.index_day),
        *baseline_cells(course.baseline.get(course.plan.criteria.first_analyte)),
        course.state,
        date_on(course.since_day),
        course.best,
        len(course.episodes),
        course.refractory.answer or None,
        date_on(course.last_assessed_day),
    )


def baseline_cells(reading: Reading | None) -> tuple[str | None, str | None, Decimal | None]:
    """Value as reported with its comparator before it unless ``=``, unit as reported, ×ULN of the stated number."""
    if reading is None:
        return None, None, None
    said = reading.measurement
    times_uln = said.stated_times_uln
    return said.stated_value, said.unit, None if times_uln is None else Decimal(times_uln)


def date_on(day: int | None) -> date | None:
    """The calendar date of an ordinal."""
    return None if day is None else date.fromordinal(day)
