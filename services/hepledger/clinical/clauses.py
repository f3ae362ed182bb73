"""Which comparisons of a rule made it what it was, in words: what an explanation and a comparison of two sets both tell.

Of a condition that has alternatives only those parts are told that settled it: a grade from a normal baseline is not
argued with what would have counted from an abnormal one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any as Anything

from hepledger.clinical.conditions import All, Any, Condition, Normal, Not, TimesUln, Value, Versus
from hepledger.clinical.course import Course
from hepledger.clinical.evidence import references
from hepledger.clinical.history import date_of
from hepledger.clinical.readings import Reading
from hepledger.clinical.trace import Trace, Trial, Weighed, weighed
from hepledger.clinical.walk import Walk
from hepledger.clinical.wording import comparison_text


def telling(condition: Condition, seen: Walk) -> list[Weighed]:
    """The comparisons that made a condition true, false or unknown, in the order written, each once."""
    return list(dict.fromkeys(_telling(condition, seen)))


def _telling(condition: Condition, seen: Walk) -> Iterator[Weighed]:
    match condition:
        case Not(part=part):
            yield from _telling(part, seen)
        case All(parts=parts):
            yield from _settling(parts, seen, condition.truth(seen), settled_by=False)
        case Any(parts=parts):
            yield from _settling(parts, seen, condition.truth(seen), settled_by=True)
        case Normal() | TimesUln() | Value() | Versus():
            yield weighed(condition, seen)


def _settling(parts: Sequence[Condition], seen: Walk, truth: bool | None, *, settled_by: bool) -> Iterator[Weighed]:
    """Kleene *and* is settled by a false part, *or* by a true one; where none settles it, all parts of that answer tell."""
    everyone = truth is (not settled_by)
    for part in parts:
        if everyone or part.truth(seen) is truth:
            yield from _telling(part, seen)


def clauses_text(trial: Trial, day: Trace) -> str:
    """The comparisons that made a rule's condition what it is on a day."""
    return "; ".join(comparison_text(each, day.moment) for each in telling(trial.rule.condition, day.moment))


def run_text(trial: Trial) -> str:
    """How long the run of a sustained rule is, and how long it has to be; empty for a rule that asks for none."""
    asked = trial.rule.sustained
    if asked is None:
        return ""
    days = 0 if trial.run is None else trial.run[1]
    since = "" if trial.run is None else f" since {date_of(trial.run[0])}"
    return (
        f" ({days} result{'' if days == 1 else 's'} in a row{since}; {asked.results} over {asked.days} days are asked)"
    )


def failed_text(trial: Trial, day: Trace) -> str:
    """Why a rule that was tried did not give its state: the clause that failed, or a run that is too short."""
    short = f", but not for long enough{run_text(trial)}" if trial.truth else ""
    return f"{clauses_text(trial, day)}{short} (rule {trial.rule.number + 1})"


def why_not(trials: Sequence[Trial], decided: Trial | None, day: Trace) -> str:
    """Why a state was not given, by the rules that lead to it: what failed in those that were tried, else why none was."""
    tried = [trial for trial in trials if trial.passed_over is None]
    if not tried:
        others = [trial.passed_over for trial in trials if not leaves_elsewhere(trial, day)]
        return "; ".join(dict.fromkeys(filter(None, others))) or f"no rule leads there from {day.state_before}"
    if decided is not None and all(trial.rule.number > decided.rule.number for trial in tried):
        return "an earlier rule had decided"
    return "; ".join(failed_text(trial, day) for trial in tried)


def leaves_elsewhere(trial: Trial, day: Trace) -> bool:
    """Whether a rule starts from other states than the one before the day."""
    return trial.rule.sources is not None and day.state_before not in trial.rule.sources


def run_readings(trial: Trial, day: Trace, course: Course) -> dict[str, Reading]:
    """Event id → reading: those of a sustained rule's run that ends on the day."""
    if trial.run is None:
        return {}
    days = (course.readings[analyte].items() for analyte in trial.rule.analytes)
    return {r.event_id: r for of in days for date, r in of if trial.run[0] <= date <= day.date}


def held_against_by(condition: Condition, day: Trace, course: Course) -> dict[str, Reading]:
    """Event id → reading: what a condition holds the results of a day against."""
    seen = day.moment
    held = references(condition, seen.baseline, seen.peak, seen.nadir, course.plan.criteria.uln)
    return {reading.event_id: reading for reading in held}


def in_day_order(readings: Mapping[str, Reading]) -> list[Reading]:
    """The readings by day, those of one day by analyte."""
    return sorted(readings.values(), key=lambda reading: (reading.day, reading.measurement.analyte))


def reading_data(reading: Reading, centre: str) -> dict[str, Anything]:
    """A reading for a program: value, unit, limit as printed, centre and event id."""
    m = reading.measurement
    return {
        "analyte": m.analyte,
        "on": date_of(reading.day),
        "value": m.text,
        "comparator": m.comparator,
        "unit": m.unit,
        "limit": m.limit_text,
        "limit_comparator": None if m.limit_text is None else m.limit_comparator,
        "centre": centre,
        "event_id": reading.event_id,
    }
