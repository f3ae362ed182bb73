"""How one criteria set came to its state of one patient on a day, and what the state that another set gave failed on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from hepledger.clinical.clauses import failed_text, held_against_by, in_day_order, run_readings, telling, why_not
from hepledger.clinical.conditions import All, Normal
from hepledger.clinical.course import Course
from hepledger.clinical.criteria import START
from hepledger.clinical.evaluable import gap_of
from hepledger.clinical.readings import Reading
from hepledger.clinical.trace import Trace, Trial, Weighed, trace


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """How one set came to its state on a day. ``wanted`` is the state of the other set.

    ``gap``: why there was nothing to decide, empty where there was; then ``day`` is traced. ``decided`` is the rule that did,
    ``failed`` those that lead to the state of the other set, ``not_given`` in words why they did not.
    """

    course: Course
    state: str
    wanted: str
    gap: str
    day: Trace | None = None
    decided: Trial | None = None
    failed: tuple[Trial, ...] = ()
    not_given: str = ""
    readings: Mapping[str, Reading] = field(default_factory=dict)

    @property
    def evidence(self) -> list[Reading]:
        """The readings that its comparisons looked at, in day order."""
        return in_day_order(self.readings)

    def clauses(self, trial: Trial) -> list[Weighed]:
        """The comparisons that made a rule's condition what it was."""
        return [] if self.day is None else telling(trial.rule.condition, self.day.moment)


def side_on(course: Course, date: int, state: str, wanted: str) -> Side:
    """How the set came to ``state`` on a day (ordinal) on which another gave ``wanted``."""
    traced = None if course.index_day is None else trace(course, date)
    if traced is None or traced.date != date:
        return Side(course=course, state=state, wanted=wanted, gap=_why_not_assessed(course, date))
    decided = next((trial for trial in traced.trials if trial.decided), None)
    failed = _failed(course, traced, decided, wanted)
    weighing = [*([decided] if decided is not None else ()), *tried(failed)]
    return Side(
        course=course,
        state=state,
        wanted=wanted,
        gap="",
        day=traced,
        decided=decided,
        failed=failed,
        not_given=_not_given(course, failed, decided, traced, wanted),
        readings=dict(_looked_at(weighing, traced, course)),
    )


def _failed(course: Course, day: Trace, decided: Trial | None, wanted: str) -> tuple[Trial, ...]:
    """The rules that might have led to the other set's state; where this set has none, those that were tried in vain."""
    if not has_state(course, wanted):
        return tuple(tried(day.trials)) if decided is None else ()
    leading = tuple(trial for trial in day.trials if trial.rule.to == wanted)
    was_left = wanted == day.state_before and not any(tried(leading))
    return () if was_left else leading


def has_state(course: Course, state: str) -> bool:
    """Whether the set has a state of that code."""
    return any(each.code == state for each in course.plan.criteria.states)


def _not_given(course: Course, failed: tuple[Trial, ...], decided: Trial | None, day: Trace, wanted: str) -> str:
    """Why the other's state was not given; that a rule was met earlier says nothing where those after it fail anyway."""
    if wanted == START:
        return ""
    if not has_state(course, wanted):
        others = [f"for {trial.rule.to}, {failed_text(trial, day)}" for trial in failed]
        return "; ".join(["this set has no such state", *others])
    considered = list(tried(failed))
    if decided is not None and considered and all(trial.rule.number > decided.rule.number for trial in considered):
        is_met = any(trial.truth for trial in considered)
        return "its rule came too late, an earlier one had decided" if is_met else ""
    return why_not(failed, decided, day) if failed else ""


def _why_not_assessed(course: Course, date: int) -> str:
    gap = gap_of(course)
    criteria = course.plan.criteria
    if course.index_day is None:
        return "" if gap is None else gap.text
    if date - course.index_day < criteria.assess_from:
        return f"not assessed on day {date - course.index_day}: it assesses from day {criteria.assess_from} on"
    named = " or ".join(sorted(course.plan.analytes))
    return f"not assessed on that day: no usable result of {named}"


def tried(trials: Iterable[Trial]) -> Iterator[Trial]:
    """The rules that were considered on the day."""
    return (trial for trial in trials if trial.passed_over is None)


def _looked_at(trials: list[Trial], day: Trace, course: Course) -> Iterator[tuple[str, Reading]]:
    """The readings that the telling comparisons of some rules looked at: of the day, of runs, and what they were held against."""
    for trial in trials:
        told = [each.atom for each in telling(trial.rule.condition, day.moment)]
        named = {atom.analyte for atom in told if not (isinstance(atom, Normal) and atom.of_baseline)}
        yield from ((r.event_id, r) for analyte, r in day.moment.current.items() if analyte in named)
        yield from run_readings(trial, day, course).items()
        yield from held_against_by(All(tuple(told)), day, course).items()
