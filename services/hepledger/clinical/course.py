"""The course of one patient under one criteria set, as `derive`d from all facts: what the registry answers, and what it rests on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from hepledger.clinical.changes import Episode, StateChange, best_of, episodes_of, onset_after, state_after
from hepledger.clinical.criteria import Criteria
from hepledger.clinical.facts import Version
from hepledger.clinical.history import Versions, by_fact
from hepledger.clinical.landmarks import Answer
from hepledger.clinical.passage import Passage, days_of
from hepledger.clinical.readings import Reading
from hepledger.clinical.refractory import Verdict
from hepledger.clinical.tail import Tail
from hepledger.clinical.walk import Day, Doubtful, Plan


class Assessment(NamedTuple):
    """One assessment day: ``date`` (ordinal), ``day`` from the index date, the state after it, whether it was entered then and
    since when, and the rules found unknown on the way with the reason."""

    date: int
    day: int
    state: str
    entered: bool
    onset_day: int | None
    unknown: tuple[Doubtful, ...]


class Course(NamedTuple):
    """What the registry answers of one patient under one criteria set. Days are ordinals; ``index_day`` None: there is no course."""

    plan: Plan
    facts: Versions
    readings: dict[str, dict[int, Reading]]
    index_day: int | None
    baseline: Day
    assessments: Sequence[Assessment]
    transitions: Sequence[StateChange]
    landmarks: Mapping[str, Answer]
    refractory: Verdict
    tail: Tail

    @property
    def state(self) -> str:
        """The present state."""
        return state_after(self.transitions)

    @property
    def since_day(self) -> int | None:
        """The onset of the present state."""
        return onset_after(self.transitions)

    @property
    def best(self) -> str | None:
        """The best state ever entered, relapse states aside."""
        return best_of(self.transitions, self.plan.criteria)

    @property
    def episodes(self) -> list[Episode]:
        """The relapse episodes, in order."""
        return episodes_of(self.transitions)

    @property
    def last_assessed_day(self) -> int | None:
        """The last assessment day."""
        return self.tail.last_assessed_day


def derive(versions: Iterable[Version], criteria: Criteria | Plan) -> Course:
    """The course that all facts of a patient make under the criteria, from nothing. The order of the versions does not matter."""
    plan = criteria if isinstance(criteria, Plan) else Plan(criteria)
    return course_of(Passage(plan, by_fact(versions)))


def course_of(passage: Passage) -> Course:
    """The course as it stands where a passage has come to."""
    ground = passage.ground
    return Course(
        plan=passage.plan,
        facts=passage.facts,
        readings=ground.readings,
        index_day=ground.index_day,
        baseline=ground.baseline,
        assessments=_assessments(passage),
        transitions=passage.transitions,
        landmarks=passage.landmarks,
        refractory=ground.refractory,
        tail=passage.tail,
    )


def days_of_course(course: Course) -> dict[int, Day]:
    """The days (ordinals, in order) that bring a reading of an analyte named in a transition, with those readings."""
    return days_of(course.readings, course.plan.analytes)


def _assessments(passage: Passage) -> list[Assessment]:
    """What stood after each assessment day. The state is that of the last transition until then."""
    index_day, assess_from = passage.ground.index_day, passage.plan.assess_from
    changes = {change.confirmed_day: change for change in passage.transitions}
    found: list[Assessment] = []
    state = state_after(())
    for date, doubtful in zip(passage.dates, passage.doubts, strict=True):
        if index_day is None or date - index_day < assess_from:
            continue
        change = changes.get(date)
        if change is not None:
            state = change.to_state
        onset = None if change is None else change.onset_day
        found.append(Assessment(date, date - index_day, state, change is not None, onset, doubtful))
    return found
