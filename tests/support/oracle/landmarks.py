"""Landmarks: one question about one window of days, beside the course."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from tests.support.oracle.conditions import View, analytes_of, truth_of, view_on
from tests.support.oracle.facts import Fact
from tests.support.oracle.logic import Truth, disjunction
from tests.support.oracle.readings import Chart

WORDS = {True: "met", False: "not_met", None: "not_evaluable"}


def has_died(facts: Iterable[Fact]) -> bool:
    return any(fact.kind == "death" and fact.content is not None for fact in facts)


def has_passed(facts: Iterable[Fact], last_day: date) -> bool:
    """Some fact in force that counts, of any kind, is dated on or after the day."""
    return any(fact.counts and fact.day is not None and fact.day >= last_day for fact in facts)


def landmark_answers(facts: list[Fact], chart: Chart | None, criteria: dict[str, Any]) -> dict[str, str]:
    return {landmark["code"]: landmark_answer(facts, chart, landmark, criteria) for landmark in landmarks(criteria)}


def landmarks(criteria: dict[str, Any]) -> list[dict[str, Any]]:
    return list(criteria.get("landmark", []))


def landmark_answer(facts: list[Fact], chart: Chart | None, landmark: dict[str, Any], criteria: dict[str, Any]) -> str:
    if chart is None:
        return "not_evaluable" if has_died(facts) else "pending"
    if not has_died(facts) and not has_passed(facts, chart.index + timedelta(days=landmark["window"][1])):
        return "pending"
    carry_forward = criteria.get("reading", {}).get("carry_forward_days", 0)
    return WORDS[window_truth(chart, landmark, carry_forward)]


def window_truth(chart: Chart, landmark: dict[str, Any], carry_forward: int) -> Truth:
    first, last = landmark["window"]
    condition = landmark["when"]
    days = [day for day in chart.days_with(analytes_of(condition)) if first <= day <= last]
    if not days:
        return None
    if landmark["take"] == "any":
        return disjunction(truth_of(condition, view_on(chart, day, carry_forward)) for day in days)
    inside = [reading for reading in chart.readings if first <= reading.day <= last]
    latest = {reading.analyte: reading for reading in inside}
    return truth_of(condition, View(chart=chart, day=days[-1], current=latest, confirmed=None))
