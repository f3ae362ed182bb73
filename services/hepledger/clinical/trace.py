"""How one assessment day was decided, retraced: every rule, what its condition came to, and the comparison that failed.

The walk keeps only its decisions; a trace walks the course again up to the day and writes down what it saw.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from hepledger.clinical.comparison import Truth
from hepledger.clinical.conditions import Atom, atoms
from hepledger.clinical.course import Assessment, Course, days_of_course
from hepledger.clinical.criteria import Transition
from hepledger.clinical.walk import Day, Run, Walk, beginning


class Weighed(NamedTuple):
    """One comparison of a rule on one day: what it came to and, where unknown, why."""

    atom: Atom
    truth: Truth
    doubt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One rule on one day. ``passed_over`` says why it was not considered (None: it was); ``run`` is the run of a sustained rule.

    ``decided``: it was the first considered rule whose condition was true (and sustained, where that is asked).
    """

    rule: Transition
    passed_over: str | None
    truth: Truth
    comparisons: tuple[Weighed, ...]
    run: Run | None
    decided: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """One assessment day: the state before and after it, what there was to see, and each rule in the document's order."""

    date: int
    day: int
    state_before: str
    state: str
    entered: bool
    moment: Walk
    today: Day
    trials: tuple[Trial, ...]


def trace(course: Course, date: int) -> Trace | None:
    """How the last assessment day up to a date (ordinal) was decided; None if there was none."""
    assessed = [assessment for assessment in course.assessments if assessment.date <= date]
    if not assessed or course.index_day is None:
        return None
    target = assessed[-1]
    walk, today = _walk_to(course, target.date)
    seen = walk.copy()
    seen.look(target.day, today, target.date)
    seen.run_on(today, target.date)
    state_before = walk.state
    trials: list[Trial] = []
    for rule in course.plan.criteria.transitions:
        undecided = not any(trial.decided for trial in trials)
        trials.append(_trial(rule, seen, today, target, undecided))
    return Trace(
        date=target.date,
        day=target.day,
        state_before=state_before,
        state=target.state,
        entered=target.entered,
        moment=seen,
        today=today,
        trials=tuple(trials),
    )


def _walk_to(course: Course, date: int) -> tuple[Walk, Day]:
    """The walk as it stood before a day, and the day's readings."""
    walk = beginning(course.plan, course.baseline)
    index_day = course.index_day or 0
    for day, today in days_of_course(course).items():
        if day == date:
            return walk, today
        if day - index_day < course.plan.criteria.assess_from:
            walk.look(day - index_day, today, day)
        else:
            walk.step(day - index_day, today, day)
    raise ValueError("not a day of the course")


def _trial(rule: Transition, seen: Walk, today: Day, on: Assessment, undecided: bool) -> Trial:
    passed_over = _passed_over(rule, seen.state, today, on.day)
    truth = rule.condition.truth(seen)
    run = seen.runs.get(rule.number) if rule.sustained is not None else None
    met = passed_over is None and truth is True  # on a day that is not the rule's own there is no run to measure
    return Trial(
        rule=rule,
        passed_over=passed_over,
        truth=truth,
        comparisons=tuple(weighed(atom, seen) for atom in atoms(rule.condition)),
        run=run,
        decided=undecided
        and met
        and (rule.sustained is None or seen.is_sustained(rule.number, rule.sustained, on.date)),
    )


def weighed(atom: Atom, seen: Walk) -> Weighed:
    """What a comparison comes to, with what there is to see."""
    truth = atom.truth(seen)
    return Weighed(atom, truth, atom.doubt(seen) if truth is None else "")


def _passed_over(rule: Transition, state: str, today: Day, day: int) -> str | None:
    if rule.sources is not None and state not in rule.sources:
        return f"it does not leave {state}"
    if rule.analytes.isdisjoint(today):
        return "no result of its analytes on this day"
    if day < rule.from_day:
        return f"it is not asked before day {rule.from_day}"
    if day > rule.to_day:
        return f"it is not asked after day {rule.to_day}"
    return None
