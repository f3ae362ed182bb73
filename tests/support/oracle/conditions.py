"""What a condition comes to on one day: true, false, or None for unknown."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from tests.support.oracle.logic import Truth, compared_with_zero, conjunction, disjunction, exactly, negation
from tests.support.oracle.readings import Chart, Reading, highest, lowest
from tests.support.oracle.values import canonical

Condition = dict[str, Any]
WORDS = ("more_than", "at_least", "less_than", "at_most")


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """The chart as seen on `day`: `current` readings by analyte, and the day the present state was confirmed."""

    chart: Chart
    day: int
    current: Mapping[str, Reading]
    confirmed: int | None

    def peak(self, analyte: str) -> Reading | None:
        """The highest since the present state was confirmed; there is none in `start`, nor before that day."""
        confirmed = self.confirmed
        if confirmed is None:
            return None
        return highest(reading for reading in self.chart.of([analyte]) if confirmed <= reading.day <= self.day)

    def nadir(self, analyte: str) -> Reading | None:
        """The lowest from the index date to this day, the baseline included."""
        since = [reading for reading in self.chart.of([analyte]) if 0 <= reading.day <= self.day]
        baseline = self.chart.baselines.get(analyte)
        return lowest(since if baseline is None else [*since, baseline])


def view_on(chart: Chart, day: int, carry_forward: int, confirmed: int | None = None) -> View:
    """The current reading is the latest no more than `carry_forward` days before."""
    recent = [reading for reading in chart.readings if day - carry_forward <= reading.day <= day]
    current = {reading.analyte: reading for reading in recent}
    return View(chart=chart, day=day, current=current, confirmed=confirmed)


def analytes_of(condition: Condition) -> set[str]:
    """The analytes that a condition names."""
    if "analyte" in condition:
        return {condition["analyte"]}
    if "not" in condition:
        return analytes_of(condition["not"])
    parts = condition["all"] if "all" in condition else condition["any"]
    return {analyte for part in parts for analyte in analytes_of(part)}


def truth_of(condition: Condition, view: View) -> Truth:
    if "all" in condition:
        return conjunction(truth_of(part, view) for part in condition["all"])
    if "any" in condition:
        return disjunction(truth_of(part, view) for part in condition["any"])
    if "not" in condition:
        return negation(truth_of(condition["not"], view))
    if "baseline_normal" in condition:
        baseline = view.chart.baselines.get(condition["analyte"])
        return None if baseline is None else agreement(baseline.normal, condition["baseline_normal"])
    current = view.current.get(condition["analyte"])
    return None if current is None else truth_about(current, condition, view)


def agreement(truth: Truth, wanted: bool) -> Truth:
    return truth if wanted else negation(truth)


def truth_about(current: Reading, condition: Condition, view: View) -> Truth:
    """The shapes that speak of the current reading."""
    analyte = current.analyte
    match condition:
        case {"normal": bool(wanted)}:
            return agreement(current.normal, wanted)
        case {"times_uln": band}:
            return within_times_uln(current, band)
        case {"value": band}:
            return within_value(current, band)
        case {"fall_percent": band}:
            return within_fall(current, view.chart.baselines.get(analyte), band)
        case {"fall_from_peak_percent": band}:
            return within_fall(current, view.peak(analyte), band)
        case {"times_baseline": band}:
            return within_times(current, view.chart.baselines.get(analyte), band)
        case {"times_nadir": band}:
            return within_times(current, view.nadir(analyte), band)
    raise ValueError(condition)


def bounds(band: dict[str, Any]) -> list[tuple[str, Fraction]]:
    return [(word, Fraction(band[word])) for word in WORDS if word in band]


def within_times_uln(current: Reading, band: dict[str, Any]) -> Truth:
    if current.limit is None:
        return None
    value, limit = current.result.value, current.limit.high
    return conjunction(compared_with_zero(word, value.plus(exactly(-times * limit))) for word, times in bounds(band))


def within_value(current: Reading, band: dict[str, Any]) -> Truth:
    unit = canonical(current.analyte, 1, band["unit"])
    value = current.result.value
    return conjunction(compared_with_zero(word, value.plus(exactly(-number * unit))) for word, number in bounds(band))


def are_one_number(current: Reading, reference: Reading) -> bool:
    """A reading against itself is one unknown number, not two; a plain 0 is known, and 0 against 0 is multiplied out."""
    return current.day == reference.day and current.result.value != exactly(Fraction(0))


def within_times(current: Reading, reference: Reading | None, band: dict[str, Any]) -> Truth:
    """value / reference against a bound, as value - bound * reference against 0."""
    if reference is None:
        return None
    if are_one_number(current, reference):  # exactly once itself
        return conjunction(compared_with_zero(word, exactly(1 - times)) for word, times in bounds(band))
    value, measure = current.result.value, reference.result.value
    return conjunction(compared_with_zero(word, value.plus(measure.times(-times))) for word, times in bounds(band))


def within_fall(current: Reading, reference: Reading | None, band: dict[str, Any]) -> Truth:
    """100 * (reference - value) / reference against a bound, multiplied by the reference."""
    if reference is None:
        return None
    if are_one_number(current, reference):  # a fall of exactly 0 %
        return conjunction(compared_with_zero(word, exactly(-percent)) for word, percent in bounds(band))
    value, measure = current.result.value, reference.result.value
    return conjunction(
        compared_with_zero(word, measure.times(100 - percent).plus(value.times(Fraction(-100))))
        for word, percent in bounds(band)
    )
