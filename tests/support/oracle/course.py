"""The walk through the assessment days; on every day each transition is judged from the whole chart again."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from tests.support.oracle.conditions import analytes_of, truth_of, view_on
from tests.support.oracle.evidence import evidence_ids
from tests.support.oracle.logic import Truth
from tests.support.oracle.readings import Chart

Transition = dict[str, Any]


@dataclass(slots=True, kw_only=True)
class Walk:
    """Where the course stands, in days from the index date, and everything it went through."""

    chart: Chart
    criteria: dict[str, Any]
    days: list[int]
    state: str = "start"
    onset: int | None = None
    confirmed: int | None = None
    assessments: list[dict[str, Any]] = field(default_factory=list)
    transitions: list[dict[str, Any]] = field(default_factory=list)
    episodes: list[dict[str, Any]] = field(default_factory=list)

    def is_relapse(self, code: str) -> bool:
        return any(state["code"] == code and state.get("relapse", False) for state in self.criteria["state"])

    def on(self, day: int) -> date:
        return self.chart.index + timedelta(days=day)


def walk(chart: Chart, criteria: dict[str, Any]) -> Walk:
    named = {analyte for transition in criteria.get("transition", []) for analyte in analytes_of(transition["when"])}
    first = criteria["index"].get("assess_from", 1)
    days = [day for day in chart.days_with(named) if day >= first]
    course = Walk(chart=chart, criteria=criteria, days=days)
    for day in days:
        assess(course, day)
    return course


def assess(course: Walk, day: int) -> None:
    unknown = []
    entered = False
    for transition in course.criteria["transition"]:
        if not is_considered(course, transition, day):
            continue
        truth, run = judge(course, transition, day)
        if truth is None:
            unknown.append(transition["to"])
        if truth:
            entered = transition["to"] != course.state
            if entered:
                enter(course, transition, run)
            break
    course.assessments.append(
        {
            "date": course.on(day),
            "day": day,
            "state": course.state,
            "onset_on": course.on(run[0]) if entered else None,
            "entered": entered,
            "unknown": unknown,
        }
    )


def is_considered(course: Walk, transition: Transition, day: int) -> bool:
    brings = day in course.chart.days_with(analytes_of(transition["when"]))
    leaves = "*" in transition["from"] or course.state in transition["from"]
    first = transition.get("from_day", course.criteria["index"].get("assess_from", 1))
    last = transition.get("to_day")
    return brings and leaves and first <= day and (last is None or day <= last)


def truth_on(course: Walk, transition: Transition, day: int) -> Truth:
    carry_forward = course.criteria.get("reading", {}).get("carry_forward_days", 0)
    return truth_of(transition["when"], view_on(course.chart, day, carry_forward, course.confirmed))


def judge(course: Walk, transition: Transition, day: int) -> tuple[Truth, list[int]]:
    """What the transition comes to on `day`, and the days of its longest unbroken run that ends there."""
    today = truth_on(course, transition, day)
    sustained = transition.get("sustained")
    if sustained is None or not today:
        return today, [day]
    brought = course.chart.days_with(analytes_of(transition["when"]))
    own = [each for each in course.days if each in brought and each <= day]
    run: list[int] = []
    while own and truth_on(course, transition, own[-1]):
        run.insert(0, own.pop())
    return len(run) >= sustained["results"] and run[-1] - run[0] >= sustained["days"], run


def enter(course: Walk, transition: Transition, run: list[int]) -> None:
    state, onset, confirmed = transition["to"], run[0], run[-1]
    rules = course.criteria.get("reading", {})
    course.transitions.append(
        {
            "from": course.state,
            "to": state,
            "onset_on": course.on(onset),
            "confirmed_on": course.on(confirmed),
            "relapse": course.is_relapse(state),
            "evidence_days": [course.on(day) for day in run],
            "evidence": evidence_ids(transition["when"], run, course.confirmed, course.chart, rules),
        }
    )
    if course.is_relapse(course.state):
        course.episodes[-1]["closed_on"] = course.on(confirmed)
    if course.is_relapse(state):
        course.episodes.append({"onset_on": course.on(onset), "opened_on": course.on(confirmed), "closed_on": None})
    course.state, course.onset, course.confirmed = state, onset, confirmed


def best_state(course: Walk) -> str | None:
    """The first in the order of the document that was ever entered, relapse states aside."""
    entered = {transition["to"] for transition in course.transitions}
    codes = [state["code"] for state in course.criteria["state"] if not course.is_relapse(state["code"])]
    return next((code for code in codes if code in entered), None)
