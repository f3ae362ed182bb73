"""Whether a patient can be judged under a set at all. Who cannot is no non-responder, and is counted apart, with the reason."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from hepledger.clinical.conditions import Doubt
from hepledger.clinical.course import Course
from hepledger.clinical.criteria import START, Criteria
from hepledger.clinical.history import date_of

NOT_EVALUABLE: Final = "not evaluable"
"""Stands where a state would, for a patient whom the set cannot judge."""
NO_INDEX_DATE: Final = "no index date"
NOTHING_TO_ASSESS: Final = "no result to assess"


class Gap(NamedTuple):
    """Why a set cannot judge a patient: in a word to count by, and in a sentence's worth of words."""

    kind: str
    text: str


def gap_of(course: Course) -> Gap | None:
    """Why the set cannot judge the patient; None where it can.

    A course that never entered a state is judged if every rule of its last assessment had an answer; where one was unknown,
    that the patient is in no state yet says nothing.
    """
    criteria = course.plan.criteria
    if course.index_day is None:
        return Gap(NO_INDEX_DATE, f"no index date, since {missing_index(criteria)}")
    if not course.assessments:
        return Gap(NOTHING_TO_ASSESS, f"no result of {_names(course.plan.analytes)} from day {criteria.assess_from} on")
    if course.state != START:
        return None
    doubts = list(dict.fromkeys(doubtful.reason for doubtful in course.assessments[-1].unknown))
    if not doubts:
        return None
    return Gap(" and ".join(doubts), " and ".join(_doubt_text(doubt, course) for doubt in doubts))


def standing(course: Course) -> str:
    """Where the patient stands under the set: the present state, ``start``, or that the set cannot judge."""
    return course.state if gap_of(course) is None else NOT_EVALUABLE


def missing_index(criteria: Criteria) -> str:
    """What is not there, where there is no index date."""
    if criteria.index_event == "enrolment":
        return "no enrolment is in force"
    if criteria.index_event == "first_result":
        return "no usable result is in force"
    if len(criteria.index_drugs) > 4:
        return f"no prescription of any of the {len(criteria.index_drugs)} drugs that start the clock is in force"
    return "no prescription of " + " or ".join(sorted(criteria.index_drugs)) + " is in force"


def _doubt_text(doubt: str, course: Course) -> str:
    """What is missing, by name, of the last assessment."""
    window = course.plan.criteria.window
    current = course.tail.after.current
    on = f"on the last assessment day, {date_of(course.last_assessed_day)}"
    match doubt:
        case Doubt.NO_BASELINE if window is not None:
            missing = course.plan.analytes - course.baseline.keys()
            return f"no baseline, since no usable result of {_names(missing)} from day {window[0]} to day {window[1]}"
        case Doubt.NOT_MEASURED:
            return f"{_names(course.plan.analytes - current.keys())} not measured {on}"
        case Doubt.NO_LIMIT:
            return (
                f"no limit to hold {_names(a for a, reading in current.items() if reading.limit is None)} against {on}"
            )
        case _:
            return f"{doubt} {on}"


def _names(analytes: Iterable[str]) -> str:
    return " or ".join(sorted(analytes)) or "an analyte"
