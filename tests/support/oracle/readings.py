"""What each analyte was on each day, day 0, and what the course is measured from."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby
from typing import Any

from tests.support.oracle.facts import Fact, day_of
from tests.support.oracle.logic import Rank, Truth
from tests.support.oracle.values import Limit, Result

CLASSES = {
    "corticosteroid": ("prednisolone", "prednisone", "budesonide", "methylprednisolone"),
    "thiopurine": ("azathioprine", "mercaptopurine", "tioguanine"),
    "mycophenolate": ("mycophenolate_mofetil", "mycophenolic_acid"),
    "calcineurin_inhibitor": ("tacrolimus", "ciclosporin"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What `result` says of one analyte on one day (counted from the index date), and the limit it is judged by."""

    analyte: str
    day: int
    result: Result
    limit: Limit | None

    @property
    def normal(self) -> Truth:
        return None if self.limit is None else self.limit.allows(self.result.value)


def usable_results(facts: Iterable[Fact], criteria: dict[str, Any]) -> list[Result]:
    """Results in force that count, on a known day, without an excluded flag."""
    excluded = set(criteria.get("reading", {}).get("exclude_flags", []))
    results = [fact.result for fact in facts if fact.counts and fact.result is not None]
    return [result for result in results if result.day is not None and not result.flags & excluded]


def members_of(name: str) -> tuple[str, ...]:
    return CLASSES.get(name, (name,))


def index_date(facts: Iterable[Fact], criteria: dict[str, Any]) -> date | None:
    facts = list(facts)
    match criteria["index"].get("event"):
        case "first_result":
            days = [result.day for result in usable_results(facts, criteria)]
        case "enrolment":
            days = [enrolled_on(fact) for fact in facts if fact.kind == "enrolment" and fact.content is not None]
        case _:
            drugs = {drug for name in criteria["index"]["drugs"] for drug in members_of(name)}
            prescribed = [fact.content for fact in facts if fact.kind == "prescription" and fact.content is not None]
            days = [day_of(content.get("started_on")) for content in prescribed if content["drug"] in drugs]
    return min((day for day in days if day is not None), default=None)


def enrolled_on(fact: Fact) -> date | None:
    assert fact.content is not None
    own: str | None = fact.content.get("enrolled_on")
    return fact.day if own is None else day_of(own)


def precedence(result: Result) -> tuple[bool, Rank, Rank, int]:
    """Of one day's results the greatest is the reading; of equals the smaller event id."""
    value = result.value.rank()
    if result.limit is None:
        return False, value, value, 0
    above = {False: 2, None: 1, True: 0}[result.limit.allows(result.value)]
    return True, result.value.times(1 / result.limit.high).rank(), value, above


def reading_of(results: list[Result], index: date) -> Reading:
    """The reading that some results of one analyte on one day come to."""
    best = max(precedence(result) for result in results)
    chosen = min((result for result in results if precedence(result) == best), key=lambda result: result.event_id)
    assert chosen.day is not None
    return Reading(
        analyte=chosen.analyte,
        day=(chosen.day - index).days,
        result=chosen,
        limit=chosen.limit,
    )


def readings_of(results: Iterable[Result], index: date) -> list[Reading]:
    def place(result: Result) -> tuple[str, str]:
        return result.analyte, str(result.day)

    groups = [list(group) for _, group in groupby(sorted(results, key=place), key=place)]
    return sorted((reading_of(group, index) for group in groups), key=lambda reading: reading.day)


def highest(readings: Iterable[Reading]) -> Reading | None:
    """Of equals the earliest day."""
    return max(readings, key=lambda reading: (reading.result.value.rank(), -reading.day), default=None)


def lowest(readings: Iterable[Reading]) -> Reading | None:
    """Of equals the earliest day."""
    return min(readings, key=lambda reading: (reading.result.value.rank(), reading.day), default=None)


def baseline_of(readings: list[Reading], criteria: dict[str, Any]) -> Reading | None:
    """The baseline among the readings of one analyte."""
    first, last = criteria["baseline"]["window"]
    inside = [reading for reading in readings if first <= reading.day <= last]
    match criteria["baseline"]["choose"]:
        case "highest":
            return highest(inside)
        case "lowest":
            return lowest(inside)
        case "first":
            return min(inside, key=lambda reading: reading.day, default=None)
        case "last":
            return max(inside, key=lambda reading: reading.day, default=None)
    raise ValueError(criteria["baseline"]["choose"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A patient's readings, in the order of days counted from `index`, and the baselines by analyte."""

    index: date
    readings: tuple[Reading, ...]
    baselines: dict[str, Reading]

    def of(self, analytes: Iterable[str]) -> list[Reading]:
        wanted = set(analytes)
        return [reading for reading in self.readings if reading.analyte in wanted]

    def days_with(self, analytes: Iterable[str]) -> list[int]:
        """The days that bring a reading of any of the analytes, in order."""
        return sorted({reading.day for reading in self.of(analytes)})


def chart_of(facts: Iterable[Fact], index: date, criteria: dict[str, Any]) -> Chart:
    readings = readings_of(usable_results(facts, criteria), index)
    baselines = {}
    for analyte in {reading.analyte for reading in readings}:
        baseline = baseline_of([reading for reading in readings if reading.analyte == analyte], criteria)
        if baseline is not None:
            baselines[analyte] = baseline
    if criteria.get("reading", {}).get("uln", "reported") == "baseline":
        readings = [judged_by(baselines.get(reading.analyte), reading) for reading in readings]
    return Chart(index=index, readings=tuple(readings), baselines=baselines)


def judged_by(baseline: Reading | None, reading: Reading) -> Reading:
    return replace(reading, limit=None if baseline is None else baseline.limit)
