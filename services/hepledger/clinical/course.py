"""The course of one patient under one criteria set: `derive` from all facts, and `resume` when one more arrives.

Read `derive` first: facts in force → readings → index date and baseline → the walk → landmarks and refractory.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from hepledger.clinical.criteria import START, Criteria
from hepledger.clinical.evidence import evidence_of
from hepledger.clinical.facts import LabResult, Version
from hepledger.clinical.history import Versions, by_fact, history_of, index_day, readings_in
from hepledger.clinical.landmarks import Answer, answer_landmarks
from hepledger.clinical.readings import Reading, Readings, choose, held_against, higher
from hepledger.clinical.refractory import Verdict, judge_refractory
from hepledger.clinical.tail import Advance, Tail
from hepledger.clinical.walk import NOTHING, Day, Doubtful, Entry, Plan, Walk


class Assessment(NamedTuple):
    """One assessment day: ``date`` (ordinal), ``day`` from the index date, the state after it, whether it was entered then and
    since when, and the rules found unknown on the way with the reason."""

    date: int
    day: int
    state: str
    entered: bool
    onset_day: int | None
    unknown: tuple[Doubtful, ...]


class StateChange(NamedTuple):
    """A transition that was made: days are ordinals, ``rule`` its place in the document, ``evidence`` event ids in day order."""

    from_state: str
    to_state: str
    onset_day: int
    confirmed_day: int
    relapse: bool
    rule: int
    evidence: tuple[str, ...]


class Episode(NamedTuple):
    """A relapse episode: from the confirmation of a relapse state until another state was entered (None: still open)."""

    onset_day: int
    opened_day: int
    closed_day: int | None


class Course(NamedTuple):
    """What the registry answers of one patient under one criteria set. Days are ordinals; ``index_day`` None: there is no course."""

    plan: Plan
    facts: Versions
    readings: Readings
    index_day: int | None
    baseline: Mapping[str, Reading]
    assessments: Sequence[Assessment]
    transitions: Sequence[StateChange]
    landmarks: Mapping[str, Answer]
    refractory: Verdict
    tail: Tail

    @property
    def state(self) -> str:
        """The present state."""
        return self.transitions[-1].to_state if self.transitions else START

    @property
    def since_day(self) -> int | None:
        """The onset of the present state."""
        return self.transitions[-1].onset_day if self.transitions else None

    @property
    def best(self) -> str | None:
        """The best state ever entered, relapse states aside."""
        entered = {change.to_state for change in self.transitions if not change.relapse}
        return next((state.code for state in self.plan.criteria.states if state.code in entered), None)

    @property
    def episodes(self) -> list[Episode]:
        """The relapse episodes, in order."""
        ends: list[int | None] = [change.confirmed_day for change in self.transitions[1:]]
        spans = zip(self.transitions, [*ends, None], strict=False)
        return [Episode(change.onset_day, change.confirmed_day, end) for change, end in spans if change.relapse]

    @property
    def last_assessed_day(self) -> int | None:
        """The last assessment day."""
        return self.assessments[-1].date if self.assessments else None


def derive(versions: Iterable[Version], criteria: Criteria | Plan) -> Course:
    """The course that all facts of a patient make under the criteria, from nothing. The order of the versions does not matter."""
    plan = criteria if isinstance(criteria, Plan) else Plan(criteria)
    return _derive(by_fact(versions), plan)


def resume(course: Course, version: Version) -> Course:
    """The course with one more version of one fact: equal to `derive` of all the facts and this one, for less work."""
    known = course.facts.get(version.key)
    facts = {**course.facts, version.key: [*(known or ()), version]}
    if known is None:
        if course.tail.is_indifferent_to(version):
            return course._replace(facts=facts)
        step = course.tail.advance(version)
        if step is not None:
            return _extended(course, facts, version, step)
        reading = course.tail.walked_by(version)
        if reading is not None:
            return _walked_again(course, facts, reading)
    return _derive(facts, course.plan)


def _derive(facts: Versions, plan: Plan) -> Course:
    criteria = plan.criteria
    history = history_of(facts)
    day_0 = index_day(history, criteria)
    readings: Readings = readings_in(history, criteria)
    baseline = {} if day_0 is None else _baselines(readings, criteria, day_0)
    if criteria.uln == "baseline":
        readings = {analyte: held_against(baseline.get(analyte), days) for analyte, days in readings.items()}
    landmarks = answer_landmarks(criteria, readings, baseline, day_0, latest_day=history.latest_day, died=history.died)
    answered = frozenset(code for code, answer in landmarks.items() if answer is not Answer.PENDING)
    assessments, transitions, tail = _walk(readings, baseline, day_0, plan, answered)
    return Course(
        plan=plan,
        facts=facts,
        readings=readings,
        index_day=day_0,
        baseline=baseline,
        assessments=assessments,
        transitions=transitions,
        landmarks=landmarks,
        refractory=judge_refractory(criteria, history.prescriptions, readings, baseline, day_0),
        tail=tail,
    )


def _baselines(readings: Readings, criteria: Criteria, day_0: int) -> dict[str, Reading]:
    if criteria.window is None:
        return {}
    first, last = (day_0 + offset for offset in criteria.window)
    chosen = {
        analyte: choose([reading for day, reading in days.items() if first <= day <= last], criteria.choose)
        for analyte, days in readings.items()
    }
    return {analyte: reading for analyte, reading in chosen.items() if reading is not None}


def _walk(
    readings: Readings, baseline: Mapping[str, Reading], day_0: int | None, plan: Plan, answered: frozenset[str]
) -> tuple[list[Assessment], list[StateChange], Tail]:
    walk = before = Walk(plan, baseline)
    assessments: list[Assessment] = []
    transitions: list[StateChange] = []
    days = {} if day_0 is None else _days_of(readings, plan.analytes)
    last_date = next(reversed(days), None)
    today: Day = NOTHING
    entry: Entry | None = None
    for date, today in days.items():
        assert day_0 is not None  # noqa: S101 - without an index date there are no days
        if date == last_date:
            before = walk.copy()
        if date - day_0 < plan.criteria.assess_from:
            walk.look(date - day_0, today, date)
            continue
        entry, doubtful = walk.step(date - day_0, today, date)
        assessments.append(_assessment(date, day_0, walk, entry, doubtful))
        if entry is not None:
            transitions.append(_change(entry, date, readings, walk))
    tail = Tail(
        plan=plan,
        index_day=day_0,
        answered=answered,
        before=before,
        last_date=last_date,
        today=today,
        after=walk,
        entered=entry is not None,
    )
    return assessments, transitions, tail


def days_of_course(course: Course) -> dict[int, Day]:
    """The days (ordinals, in order) that bring a reading of an analyte named in a transition, with those readings."""
    return _days_of(course.readings, course.plan.analytes)


def _days_of(readings: Readings, analytes: frozenset[str]) -> dict[int, Day]:
    """The days that bring a reading of one of the analytes, in order, with the readings."""
    if len(analytes) == 1:
        (analyte,) = analytes
        return {day: {analyte: reading} for day, reading in readings[analyte].items()}
    days: dict[int, dict[str, Reading]] = {}
    for analyte in sorted(analytes):
        for day, reading in readings[analyte].items():
            days.setdefault(day, {})[analyte] = reading
    return dict(sorted(days.items()))


def _assessment(date: int, day_0: int, walk: Walk, entry: Entry | None, doubtful: tuple[Doubtful, ...]) -> Assessment:
    """What is kept of one assessment day."""
    onset = None if entry is None else entry.onset_day
    return Assessment(date, date - day_0, walk.state, entry is not None, onset, doubtful)


def _change(entry: Entry, date: int, readings: Readings, walk: Walk) -> StateChange:
    rule = entry.rule
    relapse = rule.to in walk.plan.relapses
    evidence = evidence_of(entry, date, readings, walk)
    return StateChange(entry.from_state, rule.to, entry.onset_day, date, relapse, rule.number, evidence)


def _walked_again(course: Course, facts: Versions, reading: Reading) -> Course:
    """The course with a late result in its midst, where nothing but the walk can have changed."""
    analyte = reading.measurement.analyte
    days = dict(course.readings[analyte])
    rival = days.get(reading.day)
    days[reading.day] = reading if rival is None else higher(reading, rival)
    readings = {**course.readings, analyte: dict(sorted(days.items()))}
    walked = _walk(readings, course.baseline, course.index_day, course.plan, course.tail.answered)
    assessments, transitions, tail = walked
    return course._replace(facts=facts, readings=readings, assessments=assessments, transitions=transitions, tail=tail)


def _extended(course: Course, facts: Versions, version: Version, step: Advance) -> Course:
    """The course with one more result at its end."""
    tail, content = step.tail, version.content
    if tail is course.tail or not isinstance(content, LabResult):
        return course._replace(facts=facts)
    analyte = content.measurement.analyte
    readings = {**course.readings, analyte: {**course.readings[analyte], step.date: tail.today[analyte]}}
    assessments, transitions = course.assessments, course.transitions
    if step.assessed and course.index_day is not None:
        again = bool(assessments) and assessments[-1].date == step.date
        assessed = _assessment(step.date, course.index_day, tail.after, step.entry, step.doubtful)
        assessments = [*(assessments[:-1] if again else assessments), assessed]
    if step.entry is not None:
        transitions = [*transitions, _change(step.entry, step.date, readings, tail.after)]
    return course._replace(facts=facts, readings=readings, assessments=assessments, transitions=transitions, tail=tail)
