"""Refractory at the index date: enough treatment before it, and a persistent finding under it."""

from collections.abc import Iterable
from datetime import date
from itertools import pairwise
from typing import Any

from tests.support.oracle.conditions import analytes_of, truth_of, view_on
from tests.support.oracle.facts import Fact, day_of
from tests.support.oracle.logic import Truth, conjunction
from tests.support.oracle.readings import Chart, members_of

Days = set[int]
WORDS = {True: "yes", False: "no", None: "not_evaluable"}
RUNNING = 400  # days past its start and the index date: as long as matters of what is still running


def refractory_answer(facts: Iterable[Fact], chart: Chart | None, criteria: dict[str, Any]) -> str:
    if chart is None or "refractory" not in criteria:
        return ""
    question = criteria["refractory"]
    carry_forward = criteria.get("reading", {}).get("carry_forward_days", 0)
    exposed = was_exposed(facts, chart.index, question["exposure"])
    return WORDS[conjunction([exposed, was_persistent(chart, question["persistent"], carry_forward)])]


def covered_days(content: dict[str, Any], index: date) -> Days:
    """The days taken, the last one included, counted from the index date; none if a date is not a full date."""
    started_on, stopped_on = content.get("started_on"), content.get("stopped_on")
    started, stopped = day_of(started_on), day_of(stopped_on)
    if started is None or (stopped_on is not None and stopped is None):
        return set()
    first = (started - index).days
    last = max(first, 0) + RUNNING if stopped is None else (stopped - index).days
    return set(range(first, last + 1))


def bridged(days: Days, max_gap: int) -> Days:
    """With gaps of up to `max_gap` days filled."""
    filled = set(days)
    for one, following in pairwise(sorted(days)):
        if following - one - 1 <= max_gap:
            filled.update(range(one, following))
    return filled


def exposure_days(member: Any, prescribed: list[dict[str, Any]], index: date, max_gap: int) -> Days:
    """The days of a drug class, of `any` of several members, or of `all` of them at once."""
    if isinstance(member, str):
        drugs = members_of(member)
        taken = [covered_days(content, index) for content in prescribed if content["drug"] in drugs]
        return bridged(set().union(*taken), max_gap)
    if "any" in member:
        each = [exposure_days(part, prescribed, index, max_gap) for part in member["any"]]
        return bridged(set().union(*each), max_gap)
    each = [exposure_days(part, prescribed, index, max_gap) for part in member["all"]]
    return set.intersection(*each)


def was_exposed(facts: Iterable[Fact], index: date, exposure: dict[str, Any]) -> bool:
    prescribed = [fact.content for fact in facts if fact.kind == "prescription" and fact.content is not None]
    days = exposure_days(exposure, prescribed, index, exposure.get("max_gap_days", 0))
    before = {day for day in days if day < 0}
    needed: int = exposure["overlap_days"]
    return any(before.issuperset(range(day, day + needed)) for day in before)


def was_persistent(chart: Chart, persistent: dict[str, Any], carry_forward: int) -> Truth:
    condition = persistent["when"]
    days = [day for day in chart.days_with(analytes_of(condition)) if day <= 0]
    if not any(day >= -persistent["last_within_days"] for day in days):
        return None
    truths = [truth_of(condition, view_on(chart, day, carry_forward)) for day in days]
    if has_run(days, [truth is True for truth in truths], persistent):
        return True
    return None if has_run(days, [truth is not False for truth in truths], persistent) else False


def has_run(days: list[int], truths: list[bool], persistent: dict[str, Any]) -> bool:
    """Whether some unbroken run is long enough, wide enough and recent enough."""
    for first in range(len(days)):
        for last in range(first, len(days)):
            unbroken = all(truths[first : last + 1])
            long = last - first + 1 >= persistent["results"]
            wide = days[last] - days[first] >= persistent["days"]
            if unbroken and long and wide and days[last] >= -persistent["last_within_days"]:
                return True
    return False
