"""One patient's course as plain data: what a program reads as JSON, and what `course_text` puts into words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hepledger.clinical.changes import StateChange
from hepledger.clinical.course import Course
from hepledger.clinical.criteria import Criteria
from hepledger.clinical.facts import Prescription
from hepledger.clinical.history import counting
from hepledger.clinical.readings import Reading, choose
from hepledger.reporting.rows import date_on
from hepledger.reporting.subjects import Patient


def course_document(who: Patient, course: Course) -> dict[str, Any]:
    """Index date, baselines, present state, best, relapses, transitions, landmarks; dates are `date`, ids text."""
    criteria = course.plan.criteria
    return {
        "centre": who.centre,
        "patient": who.patient,
        "criteria": {"id": criteria.id, "version": criteria.version, "title": criteria.title},
        "index_on": date_on(course.index_day),
        "index": criteria.index_event or list(_index_drugs(course)),
        "baseline_rule": _baseline_rule(criteria),
        "baseline": {analyte: _reading(reading, course) for analyte, reading in sorted(course.baseline.items())},
        "baseline_candidates": {analyte: _candidates(course, analyte) for analyte in sorted(course.baseline)},
        "nadir": _nadir(course),
        "state": course.state if course.index_day is not None else None,
        "since": date_on(course.since_day),
        "best": course.best,
        "relapses": len(course.episodes),
        "episodes": [
            {"onset_on": date_on(e.onset_day), "opened_on": date_on(e.opened_day), "closed_on": date_on(e.closed_day)}
            for e in course.episodes
        ],
        "refractory": {"answer": course.refractory.answer, "reason": course.refractory.reason},
        "assessments": len(course.assessments),
        "last_assessed_on": date_on(course.last_assessed_day),
        "transitions": [_transition(change) for change in course.transitions],
        "first_entered": list(_first_entered(course)),
        "landmarks": [{"landmark": code, "answer": answer.value} for code, answer in course.landmarks.items()],
        "states": {state.code: state.label for state in criteria.states},
    }


def _reading(reading: Reading, course: Course) -> dict[str, Any]:
    said = reading.measurement
    limit = None if said.limit_text is None else {"value": said.limit_text, "comparator": said.limit_comparator}
    return {
        "date": date_on(reading.day),
        "day": None if course.index_day is None else reading.day - course.index_day,
        "value": said.stated_value,
        "unit": said.unit,
        "limit": limit,
        "times_uln": said.stated_times_uln,
        "event_id": reading.event_id,
    }


def _index_drugs(course: Course) -> Iterator[str]:
    """The drugs of the document that were first given on the index date; all it names, where there is none."""
    wanted = course.plan.criteria.index_drugs
    if course.index_day is None:
        yield from sorted(wanted)
        return
    in_force = (counting(versions) for versions in course.facts.values())
    given = (version.content for version in in_force if version is not None)
    begun = {each.drug for each in given if isinstance(each, Prescription) and each.started_day == course.index_day}
    yield from sorted(begun & wanted)


def _baseline_rule(criteria: Criteria) -> dict[str, Any] | None:
    if criteria.window is None:
        return None
    return {"window": list(criteria.window), "choose": criteria.choose}


def _candidates(course: Course, analyte: str) -> int:
    """How many readings stood in the baseline window."""
    window = course.plan.criteria.window
    if course.index_day is None or window is None:
        return 0
    first, last = (course.index_day + offset for offset in window)
    return sum(first <= day <= last for day in course.readings[analyte])


def _nadir(course: Course) -> dict[str, Any] | None:
    """The lowest reading, baseline included, since the index date, of the analyte that the course is shown by."""
    analyte = course.plan.criteria.first_analyte
    if course.index_day is None:
        return None
    seen = {day: reading for day, reading in course.readings.get(analyte, {}).items() if day >= course.index_day}
    if analyte in course.baseline:
        seen[course.baseline[analyte].day] = course.baseline[analyte]
    lowest = choose([seen[day] for day in sorted(seen)], "lowest")
    return None if lowest is None else {"analyte": analyte, **_reading(lowest, course)}


def _transition(change: StateChange) -> dict[str, Any]:
    return {
        "from": change.from_state,
        "to": change.to_state,
        "onset_on": date_on(change.onset_day),
        "confirmed_on": date_on(change.confirmed_day),
        "relapse": change.relapse,
        "evidence": list(change.evidence),
    }


def _first_entered(course: Course) -> Iterator[dict[str, Any]]:
    """The time to each state: days from the index date to the first onset and confirmation."""
    seen: set[str] = set()
    for change in course.transitions:
        if change.to_state not in seen and course.index_day is not None:
            seen.add(change.to_state)
            onset, confirmed = change.onset_day - course.index_day, change.confirmed_day - course.index_day
            yield {"state": change.to_state, "onset_day": onset, "confirmed_day": confirmed}
