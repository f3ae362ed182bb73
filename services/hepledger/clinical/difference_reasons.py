"""Why two criteria sets put one patient in different states on a day: both sides, and what kind of thing made the difference."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hepledger.clinical.clauses import leaves_elsewhere
from hepledger.clinical.course import Course
from hepledger.clinical.criteria import START
from hepledger.clinical.difference_sides import Side, has_state, side_on, tried


class Cause(StrEnum):
    """What kind of thing made the difference."""

    INDEX = "index date"
    NOT_ASSESSED = "not assessed on that day"
    NO_RULE = "no rule leads there"
    NOT_ASKED = "rule not asked then"
    DURATION = "not for long enough"
    UNKNOWN = "unknown"
    CONDITION = "condition"
    ORDER = "an earlier rule decided"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why two courses differ on a day (ordinal)."""

    date: int
    cause: Cause
    old: Side
    new: Side

    @property
    def sides(self) -> tuple[Side, Side]:
        """Old and new."""
        return self.old, self.new


def reason_on(old: Course, new: Course, date: int) -> Reason | None:
    """Why they stand apart on a day (ordinal); None if they do not."""
    states = tuple(_state_on(course, date) for course in (old, new))
    if states[0] == states[1]:
        return None
    one, other = side_on(old, date, *states), side_on(new, date, *reversed(states))
    return Reason(date=date, cause=_cause(one, other), old=one, new=other)


def _state_on(course: Course, date: int) -> str:
    return next((seen.state for seen in reversed(course.assessments) if seen.date <= date), START)


def _cause(old: Side, new: Side) -> Cause:
    sides = (old, new)
    if any(side.course.index_day is None for side in sides) or old.course.index_day != new.course.index_day:
        return Cause.INDEX
    if any(side.gap for side in sides):
        return Cause.NOT_ASSESSED
    entered = [side for side in sides if side.day is not None and side.day.entered]
    refusing = new if not entered or entered[0] is old else old
    return _why_refused(refusing)


def _why_refused(side: Side) -> Cause:
    """What kept a set from the state that the other had just given."""
    if not has_state(side.course, side.wanted):
        return Cause.NO_RULE
    considered = list(tried(side.failed))
    if not considered:
        asked = [trial for trial in side.failed if side.day is not None and not leaves_elsewhere(trial, side.day)]
        return Cause.NOT_ASKED if asked else Cause.NO_RULE
    earlier = side.decided is not None and all(trial.rule.number > side.decided.rule.number for trial in considered)
    if earlier and any(trial.truth for trial in considered):
        return Cause.ORDER
    truths = {trial.truth for trial in considered}
    return Cause.DURATION if True in truths else Cause.UNKNOWN if None in truths else Cause.CONDITION
