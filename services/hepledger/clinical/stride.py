"""The walk once more, for criteria whose transitions name one analyte and numbers that are all short: in whole numbers, changed in place.

It decides as `Walk` does, day by day, and gives one where somebody asks. Readings are told apart by their places in a sheet.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from hepledger.clinical.comparison import Truth
from hepledger.clinical.conditions import Moment
from hepledger.clinical.criteria import START, Sustained, Transition
from hepledger.clinical.measurement import NO_SHORT
from hepledger.clinical.packed import NOWHERE
from hepledger.clinical.readings import Reading
from hepledger.clinical.shorts import Question, Shorts, question_of, shorts_of
from hepledger.clinical.walk import Day, Plan, Run, Walk
from hepledger.clinical.ways import Ways

AT_BASELINE: Final = -2
"""The place of a peak or nadir that is the baseline."""


class Tried:
    """A rule with its condition made ready; ``run`` is its place among the sustained rules."""

    __slots__ = ("from_day", "question", "rule", "run", "sustained", "to_day")

    def __init__(self, rule: Transition, question: Question, run: int) -> None:
        self.rule, self.question, self.run = rule, question, run
        self.sustained, self.from_day, self.to_day = rule.sustained, rule.from_day, rule.to_day


class Stage:
    """A state: the rules to be tried in it, and whether it has a peak that is looked at."""

    __slots__ = ("rules", "sees_peak", "state")

    def __init__(self, state: str, rules: list[Tried], sees_peak: bool) -> None:
        self.state, self.rules, self.sees_peak = state, rules, sees_peak


class Paces:
    """What of a plan of one analyte the strides need at hand, worked out once."""

    __slots__ = ("has_nadir", "has_peak", "peak_runs", "plan", "stages", "sustained", "ways")

    def __init__(self, plan: Plan) -> None:
        rules = plan.criteria.transitions
        run_of = {rule.number: number for number, rule in enumerate(plan.sustained)}
        tried = [Tried(rule, question_of(rule.condition), run_of.get(rule.number, NOWHERE)) for rule in rules]
        self.plan, self.ways = plan, Ways(plan)
        self.has_peak, self.has_nadir = bool(plan.peaks), bool(plan.nadirs)
        self.sustained = [tried[rule.number] for rule in plan.sustained]
        self.peak_runs = any(rule.reads_peak for rule in plan.sustained)
        self.stages: dict[str, Stage] = {}
        for state in (START, *(each.code for each in plan.criteria.states)):
            leaving = [tried[rule.number] for rule in plan.considered(state, plan.in_order)]
            self.stages[state] = Stage(state, leaving, self.has_peak and state in plan.peak_states)


class Entered:
    """A state was entered: by which rule, from which state, since when (ordinal), and the place of the peak that the rule looked at."""

    __slots__ = ("from_state", "onset_day", "peak", "rule")

    def __init__(self, rule: Transition, from_state: str, onset_day: int, peak: int) -> None:
        self.rule, self.from_state, self.onset_day, self.peak = rule, from_state, onset_day, peak


class Streak:
    """A run, which is changed in place: the first day (ordinal) and how many days; none: there is no run."""

    __slots__ = ("days", "first")

    def __init__(self, first: int, days: int) -> None:
        self.first, self.days = first, days

    def grow(self, date: int, truth: Truth) -> None:
        """By a day on which the condition is true; on any other it breaks."""
        if truth is not True:
            self.days = 0
        elif self.days:
            self.days += 1
        else:
            self.first, self.days = date, 1

    def is_long_enough(self, asked: Sustained, date: int) -> bool:
        """On a day."""
        return self.days > 0 and self.days >= asked.results and date - self.first >= asked.days


class Stride:
    """Where a course stands after a day. ``peak`` and ``nadir`` are places; the other names are those of `Walk`.

    Runs are in the order of the sustained rules; ``bare_runs`` are kept where one of them reads the peak.
    """

    __slots__ = ("at", "bare_runs", "nadir", "paces", "peak", "runs", "stage")

    def __init__(self, paces: Paces, at: Shorts, stage: Stage, runs: list[Streak], bare_runs: list[Streak]) -> None:
        self.paces, self.at, self.stage, self.runs, self.bare_runs = paces, at, stage, runs, bare_runs
        self.peak, self.nadir = NOWHERE, NOWHERE

    def copy(self) -> Stride:
        """The same place, to walk on from without moving this one."""
        copied = Stride(self.paces, self.at.copy(), self.stage, _copied(self.runs), _copied(self.bare_runs))
        copied.peak, copied.nadir = self.peak, self.nadir
        return copied

    def look(self, day: int, place: int, value: int) -> None:
        """Take in the reading of a day (``day`` from the index date), whether it is assessed or not. Its limit is in ``at``."""
        at = self.at
        at.value = value
        if self.paces.has_nadir and day >= 0 and (at.nadir < 0 or value < at.nadir):
            at.nadir, self.nadir = value, place
        if self.stage.sees_peak and (at.peak < 0 or value > at.peak):
            at.peak, self.peak = value, place

    def step(self, day: int, date: int, place: int, value: int) -> Entered | None:
        """Assess a day: the state that was entered, if any. ``day`` counts from the index date, ``date`` is the day itself (ordinal)."""
        self.look(day, place, value)
        before = _copied(self.bare_runs) if self.bare_runs else self.bare_runs
        self._run_on(date)
        for tried in self.stage.rules:
            if day < tried.from_day or day > tried.to_day:
                continue
            asked, onset = tried.sustained, date
            if asked is None:
                if tried.question.truth(self.at) is not True:
                    continue
            else:
                run = self.runs[tried.run]
                if not run.is_long_enough(asked, date):
                    continue
                onset = run.first
            return self._enter(tried.rule, date, place, onset, before)
        return None

    def walk(self, baseline: Day, latest: Day, reading_at: Callable[[int], Reading]) -> Walk:
        """The walk at this place. Its current reading is left out: the next day brings one."""
        plan = self.paces.plan
        peak, nadir = self._as_day(self.peak, baseline, reading_at), self._as_day(self.nadir, baseline, reading_at)
        runs, bare_runs = self._as_runs(self.runs), self._as_runs(self.bare_runs)
        return Walk(plan, self.stage.state, Moment({}, baseline, peak, nadir), latest, runs, bare_runs)

    def _run_on(self, date: int) -> None:
        """Grow or break the runs."""
        at = self.at
        for tried in self.paces.sustained:
            self.runs[tried.run].grow(date, tried.question.truth(at))
            if tried.rule.reads_peak:
                peak, at.peak = at.peak, NO_SHORT
                self.bare_runs[tried.run].grow(date, tried.question.truth(at))
                at.peak = peak

    def _enter(self, rule: Transition, date: int, place: int, onset: int, before: list[Streak]) -> Entered | None:
        if rule.to == self.stage.state:
            return None
        entered = Entered(rule, self.stage.state, onset, self.peak)
        self.stage = self.paces.stages[rule.to]
        if self.paces.has_peak:
            self.at.peak, self.peak = self.at.value, place
            for tried in self.paces.sustained:
                if tried.rule.reads_peak:  # a new state measures from a new peak: see Walk
                    run = self.runs[tried.run] = before[tried.run]
                    run.grow(date, tried.question.truth(self.at))
        return entered

    def _as_day(self, place: int, baseline: Day, reading_at: Callable[[int], Reading]) -> Day:
        (analyte,) = self.paces.plan.in_order
        if place == AT_BASELINE:
            return {analyte: baseline[analyte]}
        return {} if place == NOWHERE else {analyte: reading_at(place)}

    def _as_runs(self, runs: list[Streak]) -> dict[int, Run]:
        found: dict[int, Run] = {}
        for number, run in enumerate(runs):
            if run.days:
                found[self.paces.sustained[number].rule.number] = (run.first, run.days)
        return found


def first_stride(paces: Paces, baseline: Reading | None) -> Stride:
    """Before the first day."""
    sustained = paces.sustained
    bare_runs = [Streak(0, 0) for _ in sustained] if paces.peak_runs else []
    stride = Stride(paces, shorts_of(baseline), paces.stages[START], [Streak(0, 0) for _ in sustained], bare_runs)
    if baseline is not None and paces.has_nadir:
        stride.at.nadir, stride.nadir = baseline.short, AT_BASELINE
    return stride


def _copied(runs: list[Streak]) -> list[Streak]:
    return [Streak(run.first, run.days) for run in runs]
