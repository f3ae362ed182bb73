"""In what two criteria sets differ about one patient: first in outline, from what a projection keeps, then day by day.

Two courses stand apart on the days on which the state of one is not that of the other, whatever rules led there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import NamedTuple

from hepledger.clinical.course import Course
from hepledger.clinical.criteria import START
from hepledger.clinical.evaluable import standing
from hepledger.clinical.history import date_of


class Aspect(StrEnum):
    """Something in which two courses of one patient may differ."""

    STATE = "state"
    """Where the patient stands at present."""
    SOME_DAY = "some_day"
    """The state on some assessment day."""
    BEST = "best"
    RELAPSES = "relapses"
    REFRACTORY = "refractory"
    INDEX = "index"
    TRANSITIONS = "transitions"
    """Some transition or its days; the evidence alone does not count."""
    LANDMARKS = "landmarks"
    """The answer to a landmark that both sets have."""


class Change(NamedTuple):
    """A transition in outline; days are ordinals."""

    confirmed_day: int
    onset_day: int
    from_state: str
    to_state: str


class Outline(NamedTuple):
    """What is held against each other first. ``standing`` is the present state, or that the set cannot judge the patient.

    ``refractory`` is empty where the set does not ask.
    """

    index_day: int | None
    standing: str
    best: str | None
    relapses: int
    refractory: str
    changes: tuple[Change, ...]
    landmarks: Mapping[str, str]


class Span(NamedTuple):
    """Days (ordinals) on which two courses stand apart in the same way: from ``first`` until either changes (None: not yet).

    ``days`` is how many assessment days of either there are.
    """

    first: int
    until: int | None
    old_state: str
    new_state: str
    days: int


def outline_of(course: Course) -> Outline:
    """The outline of a course."""
    changes = (Change(c.confirmed_day, c.onset_day, c.from_state, c.to_state) for c in course.transitions)
    return Outline(
        index_day=course.index_day,
        standing=standing(course),
        best=course.best,
        relapses=len(course.episodes),
        refractory=course.refractory.answer,
        changes=tuple(changes),
        landmarks={code: answer.value for code, answer in course.landmarks.items()},
    )


def aspects(old: Outline, new: Outline) -> frozenset[Aspect]:
    """In what the two differ."""
    common = old.landmarks.keys() & new.landmarks.keys()
    both_ask = bool(old.refractory and new.refractory)
    differs = {
        Aspect.STATE: old.standing != new.standing,
        Aspect.SOME_DAY: _steps(old) != _steps(new),
        Aspect.BEST: old.best != new.best,
        Aspect.RELAPSES: old.relapses != new.relapses,
        Aspect.REFRACTORY: both_ask and old.refractory != new.refractory,
        Aspect.INDEX: old.index_day != new.index_day,
        Aspect.TRANSITIONS: old.changes != new.changes,
        Aspect.LANDMARKS: any(old.landmarks[code] != new.landmarks[code] for code in common),
    }
    return frozenset(aspect for aspect, is_so in differs.items() if is_so)


def _steps(outline: Outline) -> list[tuple[int, str]]:
    """The state over time is a staircase: two are the same if they step on the same days to the same states."""
    return [(change.confirmed_day, change.to_state) for change in outline.changes]


def days_assessed(old: Course, new: Course) -> list[int]:
    """The assessment days (ordinals, in order) of either course."""
    return sorted({seen.date for course in (old, new) for seen in course.assessments})


def spans(old: Course, new: Course) -> list[Span]:
    """The stretches of days on which the two stand apart, in order; a stretch ends where either state changes."""
    found: list[Span] = []
    for day, one, other in states_by_day(old, new):
        last = found[-1] if found and found[-1].until is None else None
        if last is not None and (one, other) == (last.old_state, last.new_state):
            found[-1] = last._replace(days=last.days + 1)
            continue
        if last is not None:
            found[-1] = last._replace(until=day)
        if one != other:
            found.append(Span(day, None, one, other, 1))
    return found


def states_by_day(old: Course, new: Course) -> Iterator[tuple[int, str, str]]:
    """Each assessment day of either course (ordinal) with the states of both after it."""
    mine, theirs = ({seen.date: seen.state for seen in course.assessments} for course in (old, new))
    one = other = START
    for day in days_assessed(old, new):
        one, other = mine.get(day, one), theirs.get(day, other)
        yield day, one, other


def span_text(span: Span) -> str:
    """A span in words: the states, from when, and until when if it has ended."""
    states = f"{span.old_state} -> {span.new_state}"
    if span.until is None:
        return f"{states} since {date_of(span.first)}"
    return f"{states} from {date_of(span.first)} until {date_of(span.until)}"
