"""Why: the answer for one patient on one day, in words for a clinician and as plain data for a program."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from hepledger.clinical.clauses import (
    clauses_text,
    held_against_by,
    in_day_order,
    reading_data,
    run_readings,
    run_text,
    why_not,
)
from hepledger.clinical.course import Course
from hepledger.clinical.criteria import START
from hepledger.clinical.evaluable import missing_index
from hepledger.clinical.history import date_of
from hepledger.clinical.readings import Reading
from hepledger.clinical.trace import Trace, Trial, trace
from hepledger.clinical.wording import asked_text, comparison_text, limit_text, result_text, truth_text

_CHOICES: Final = {
    "last": "the last",
    "first": "the first",
    "highest": "the highest",
    "lowest": "the lowest",
}


@dataclass(frozen=True, slots=True)
class Explanation:
    """The days explained, of one patient of one centre, under one criteria set."""

    centre: str
    patient: str
    course: Course
    days: tuple[Trace, ...]

    def to_text(self) -> str:
        """For a clinician: the baseline, then each day with the rule that decided and what spoke against the other states."""
        parts = [_baseline_text(self.course), *(_day_text(day, self.course) for day in self.days)]
        return "\n\n".join(part for part in parts if part)

    def to_dict(self) -> dict[str, Any]:
        """For a program: the same, with every result's value, unit, limit as printed, centre and event id."""
        criteria = self.course.plan.criteria
        return {
            "criteria": criteria.id,
            "version": criteria.version,
            "centre": self.centre,
            "patient": self.patient,
            "index_on": date_of(self.course.index_day) or None,
            "baseline": {
                "chosen": criteria.choose,
                "window": None if criteria.window is None else list(criteria.window),
                "readings": [reading_data(reading, self.centre) for reading in self.course.baseline.values()],
            },
            "days": [self._day(day) for day in self.days],
        }

    def _day(self, day: Trace) -> dict[str, Any]:
        return {
            "date": date_of(day.date),
            "day": day.day,
            "state_before": day.state_before,
            "state": day.state,
            "entered": day.entered,
            "readings": [reading_data(reading, self.centre) for reading in _used(day, self.course)],
            "rules": [_trial_data(trial, day) for trial in day.trials],
        }


def explain(course: Course, centre: str, patient: str, on: int | None = None) -> Explanation:
    """The explanation of the last assessment day up to a date (ordinal); without one, of every transition and of the last assessment."""
    if on is not None:
        days = [on]
    else:
        last = [] if course.last_assessed_day is None else [course.last_assessed_day]
        days = sorted({change.confirmed_day for change in course.transitions}.union(last))
    traced = (trace(course, day) for day in days)
    return Explanation(centre, patient, course, tuple(day for day in traced if day is not None))


def _baseline_text(course: Course) -> str:
    criteria = course.plan.criteria
    if course.index_day is None:
        return f"There is no index date: {missing_index(criteria)}, so nothing can be assessed."
    lines = [f"Index date (day 0): {date_of(course.index_day)}."]
    if criteria.window is None:
        return "\n".join([*lines, "Baseline: the criteria name none."])
    first, last = criteria.window
    how = f"{_CHOICES[criteria.choose]} reading from day {first} to day {last}"
    for analyte in sorted(course.plan.analytes):
        reading = course.baseline.get(analyte)
        if reading is None:
            lines.append(f"Baseline {analyte}: none, no usable result from day {first} to day {last}.")
        else:
            lines.append(f"Baseline: {_reading_text(reading)}; {how}.")
    return "\n".join(lines)


def _day_text(day: Trace, course: Course) -> str:
    labels = {state.code: state.label for state in course.plan.criteria.states}
    entered = (
        f"{_named(day.state, labels)} entered, from {day.state_before}" if day.entered else _named(day.state, labels)
    )
    lines = [f"{date_of(day.date)} (day {day.day}): {entered}."]
    lines += [f"  Result: {_reading_text(reading)}." for reading in _used(day, course)]
    lines += list(_verdicts(day, labels))
    return "\n".join(lines)


def _verdicts(day: Trace, labels: Mapping[str, str]) -> Iterator[str]:
    decided = next((trial for trial in day.trials if trial.decided), None)
    if decided is None:
        yield f"  No rule was met, so {_named(day.state, labels)} holds."
    else:
        yield f"  Decided by rule {decided.rule.number + 1}, to {decided.rule.to}: {clauses_text(decided, day)}{run_text(decided)}."
    for code in labels:
        trials = [trial for trial in day.trials if trial.rule.to == code]
        if code not in (day.state, day.state_before) and trials:
            yield f"  Not {code}: {why_not(trials, decided, day)}."


def _trial_data(trial: Trial, day: Trace) -> dict[str, Any]:
    return {
        "rule": trial.rule.number + 1,
        "to": trial.rule.to,
        "passed_over": trial.passed_over,
        "condition": truth_text(trial.truth),
        "decided": trial.decided,
        "run": None if trial.run is None else {"since": date_of(trial.run[0]), "results": trial.run[1]},
        "comparisons": [
            {
                "asked": asked_text(each.atom),
                "answer": truth_text(each.truth),
                "doubt": each.doubt or None,
                "text": comparison_text(each, day.moment),
            }
            for each in trial.comparisons
        ],
    }


def _used(day: Trace, course: Course) -> list[Reading]:
    """The readings of the day and of the runs that end on it, and what they are held against, in day order, each once."""
    found = {reading.event_id: reading for reading in day.moment.current.values()}
    for trial in day.trials:
        if trial.passed_over is None:
            found |= run_readings(trial, day, course) | held_against_by(trial.rule.condition, day, course)
    return in_day_order(found)


def _reading_text(reading: Reading) -> str:
    m = reading.measurement
    return f"{result_text(m)} (limit {limit_text(m)}) of {date_of(reading.day)}, event {reading.event_id}"


def _named(code: str, labels: Mapping[str, str]) -> str:
    return "no response category yet" if code == START else f"{labels[code]} ({code})"
