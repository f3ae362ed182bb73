"""The clinical rules once more, naively: a second implementation that shares no code with the first.

Everything is recomputed from all events for every day, with fractions and explicit intervals, by the words of the rules.
It is slow on purpose: tests hold the real engine to its answers.
"""

from datetime import date, timedelta
from typing import Any

from tests.support.oracle.course import Walk, best_state, walk
from tests.support.oracle.facts import Event, Fact, facts_of
from tests.support.oracle.landmarks import landmark_answers
from tests.support.oracle.readings import Chart, Reading, chart_of, index_date
from tests.support.oracle.refractory import refractory_answer

__all__ = ["answer"]


def answer(events: list[Event], criteria: dict[str, Any]) -> dict[str, Any]:
    """What the registry must say of one patient.

    `events` are submissions with "event_id", "recorded_at" (aware) and "offset", in any order; `criteria` is a document
    as tomllib reads it with parse_float=Decimal.
    """
    facts = facts_of(events)
    index = index_date(facts, criteria)
    chart = None if index is None else chart_of(facts, index, criteria)
    course = None if chart is None else walk(chart, criteria)
    return {
        "index_on": index,
        "baseline": {} if chart is None else {name: described(it) for name, it in sorted(chart.baselines.items())},
        **course_answers(course, chart),
        "landmarks": landmark_answers(facts, chart, criteria),
        "refractory": refractory_answer(facts, chart, criteria),
        "in_force": {fact.key: None if fact.version is None else fact.version.event_id for fact in facts},
        "conflicts": sorted(event_id for fact in facts for event_id in fact.conflicts),
        "implausible": sorted(implausible(facts)),
    }


def described(reading: Reading) -> dict[str, Any]:
    """A reading as plain data; `day` counts from the index date, the rest is as the source stated it."""
    stated = reading.result.stated
    return {
        "day": reading.day,
        "date": reading.result.day,
        "event_id": reading.result.event_id,
        "value": stated["value"],
        "comparator": stated["comparator"],
        "unit": stated["unit"],
        "limit": stated.get("reference_high"),
    }


def course_answers(course: Walk | None, chart: Chart | None) -> dict[str, Any]:
    """Without an index date there is no course: no state, not even `start`."""
    if course is None or chart is None:
        nothing: dict[str, Any] = {"assessments": [], "transitions": [], "episodes": [], "relapses": 0}
        return nothing | dict.fromkeys(("state", "since", "best", "last_assessed_on"))
    return {
        "assessments": course.assessments,
        "transitions": course.transitions,
        "state": course.state,
        "since": since(course, chart.index),
        "best": best_state(course),
        "relapses": len(course.episodes),
        "episodes": course.episodes,
        "last_assessed_on": course.assessments[-1]["date"] if course.assessments else None,
    }


def since(course: Walk, index: date) -> date | None:
    return None if course.onset is None else index + timedelta(days=course.onset)


def implausible(facts: list[Fact]) -> list[str]:
    """Whatever their status, as long as they are in force."""
    results = [fact.result for fact in facts]
    return [result.event_id for result in results if result is not None and not result.plausible]
