"""The walk through the assessment days: one state, one step a day, the transitions tried in the order of the document."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from hepledger.clinical.comparison import Truth
from hepledger.clinical.conditions import Moment, Reference, Versus, atoms, sources_of
from hepledger.clinical.criteria import START, Criteria, Landmark, Sustained, Transition
from hepledger.clinical.readings import Reading, rises_above

Day = dict[str, Reading]
"""What the analytes of the criteria were on one day."""

Run = tuple[int, int]
"""An unbroken run of a rule's own days on which its condition was true: the first day (ordinal) and how many days."""


class Entry(NamedTuple):
    """A state was entered: by which rule, from which state, since when (ordinal), and the peaks that the rule looked at."""

    rule: Transition
    from_state: str
    onset_day: int
    peak: Day


class Doubtful(NamedTuple):
    """A rule that was found unknown on the way, and why."""

    to: str
    reason: str


class Plan:
    """What of a criteria set the walk needs at hand, worked out once."""

    __slots__ = (
        "_considered",
        "analytes",
        "assess_from",
        "by_first_result",
        "carry",
        "criteria",
        "in_order",
        "landmarks_from",
        "nadirs",
        "own_limits",
        "peak_states",
        "peaks",
        "references",
        "relapses",
        "settled_after",
        "sustained",
    )

    def __init__(self, criteria: Criteria) -> None:
        rules = criteria.transitions
        self.criteria = criteria
        self.analytes = criteria.course_analytes
        self.in_order = tuple(sorted(self.analytes))
        self.assess_from = criteria.assess_from
        self.landmarks_from = min((_seen_from(landmark, criteria) for landmark in criteria.landmarks), default=0)
        self.carry = criteria.carry_forward_days
        self.own_limits = criteria.uln != "baseline"
        self.by_first_result = criteria.index_event == "first_result"
        self.settled_after = 0 if criteria.window is None else max(0, criteria.window[1])
        self.relapses = frozenset(state.code for state in criteria.states if state.relapse)
        self.sustained = tuple(rule for rule in rules if rule.sustained is not None)
        compared = [atom for rule in rules for atom in atoms(rule.condition) if isinstance(atom, Versus)]
        self.peaks = frozenset(atom.analyte for atom in compared if atom.reference is Reference.PEAK)
        self.nadirs = frozenset(atom.analyte for atom in compared if atom.reference is Reference.NADIR)
        self.references = {rule.number: tuple(sources_of(rule.condition, criteria.uln)) for rule in rules}
        readers = [rule.sources for rule in rules if rule.reads_peak]
        codes = {state.code for state in criteria.states}  # in START there is no peak
        self.peak_states = frozenset(code for code in codes for of in readers if of is None or code in of)
        self._considered: dict[str, dict[str, tuple[Transition, ...]]] = {}

    def considered(self, state: str, today: Collection[str]) -> tuple[Transition, ...]:
        """The rules to try in a state on a day with readings of these analytes: those that leave it and name one of them."""
        leaving = self._considered.get(state)
        if leaving is None:
            leaving = self._considered[state] = {}
        named = self.in_order[0] if len(self.in_order) == 1 else "+".join(today)
        rules = leaving.get(named)
        if rules is None:
            rules = leaving[named] = tuple(
                rule
                for rule in self.criteria.transitions
                if not rule.analytes.isdisjoint(today) and (rule.sources is None or state in rule.sources)
            )
        return rules


class Walk(Moment):
    """Where a course stands after a day: a moment for conditions to look at, and what is carried from day to day.

    What it holds is never changed in place, so that copies share it. ``runs`` holds, by the number of each sustained rule, the
    run as the present state sees it; ``bare_runs`` the same run where no peak is known, which is how days before the present
    state was confirmed are seen.
    """

    __slots__ = ("bare_runs", "latest", "plan", "runs", "state")

    def __init__(
        self, plan: Plan, state: str, moment: Moment, latest: Day, runs: dict[int, Run], bare_runs: dict[int, Run]
    ) -> None:
        super().__init__(moment.current, moment.baseline, moment.peak, moment.nadir)
        self.plan, self.state, self.latest, self.runs, self.bare_runs = plan, state, latest, runs, bare_runs

    def copy(self) -> Walk:
        """The same place, to walk on from without moving this one."""
        return Walk(self.plan, self.state, self, self.latest, self.runs, self.bare_runs)

    def look(self, day: int, today: Day, date: int) -> None:
        """Take in the readings of a day (``day`` from the index date, ``date`` itself), whether it is assessed or not."""
        plan = self.plan
        if plan.carry:
            self.latest = {**self.latest, **today}
            self.current = {a: r for a, r in self.latest.items() if date - r.day <= plan.carry}
        else:
            self.current = today
        if plan.nadirs and day >= 0:
            self.nadir = _lowest(self.nadir, today, plan.nadirs)
        if self.state in plan.peak_states:
            self.peak = _highest(self.peak, today, plan.peaks)

    def step(self, day: int, today: Day, date: int) -> tuple[Entry | None, tuple[Doubtful, ...]]:
        """Assess a day: which state was entered, if any, and which rules were found unknown on the way.

        ``day`` counts from the index date, ``date`` is the day itself (ordinal).
        """
        self.look(day, today, date)
        before = self.bare_runs
        unknown = self.run_on(today, date)
        doubtful: tuple[Doubtful, ...] = ()
        for rule in self.plan.considered(self.state, today):
            if day < rule.from_day or day > rule.to_day:
                continue
            asked, truth = rule.sustained, None
            if asked is None:
                truth = rule.condition.truth(self)
            elif rule.number not in unknown:
                truth = self.is_sustained(rule.number, asked, date)
            if truth is None:
                doubtful += (Doubtful(rule.to, rule.condition.doubt(self)),)
            elif truth:
                return self._enter(rule, today, date, before), doubtful
        return None, doubtful

    def run_on(self, today: Day, date: int) -> tuple[int, ...]:
        """Grow or break the runs of the sustained rules whose own day this is; which of them are unknown today."""
        plan = self.plan
        unknown: tuple[int, ...] = ()
        for rule in plan.sustained:
            if len(plan.analytes) > 1 and rule.analytes.isdisjoint(today):
                continue
            truth = rule.condition.truth(self)
            if truth is None:
                unknown = (*unknown, rule.number)
            self.runs = _grown(self.runs, rule.number, date, truth)
            if rule.reads_peak:
                self.bare_runs = _grown(self.bare_runs, rule.number, date, self._bare_truth(rule))
        return unknown

    def is_sustained(self, number: int, asked: Sustained, date: int) -> bool:
        """Whether the run of a rule, if there is one that ends on ``date`` (ordinal), is long enough."""
        run = self.runs.get(number)
        return run is not None and run[1] >= asked.results and date - run[0] >= asked.days

    def _enter(self, rule: Transition, today: Day, date: int, before: dict[int, Run]) -> Entry | None:
        if rule.to == self.state:
            return None
        onset = date if rule.sustained is None else self.runs[rule.number][0]
        entry = Entry(rule, self.state, onset, self.peak)
        self.state = rule.to
        if self.plan.peaks:
            self.peak = _highest({}, today, self.plan.peaks)
            self._see_runs_anew(today, date, before)
        return entry

    def _see_runs_anew(self, today: Day, date: int, before: dict[int, Run]) -> None:
        """A new state measures from a new peak: days before it see none, this day sees the one that begins today."""
        for rule in self.plan.sustained:
            if rule.reads_peak:
                runs = {number: run for number, run in self.runs.items() if number != rule.number}
                if rule.number in before:
                    runs[rule.number] = before[rule.number]
                self.runs = runs
                if not rule.analytes.isdisjoint(today):
                    self.runs = _grown(runs, rule.number, date, rule.condition.truth(self))

    def _bare_truth(self, rule: Transition) -> Truth:
        peak, self.peak = self.peak, {}
        truth = rule.condition.truth(self)
        self.peak = peak
        return truth


def _seen_from(landmark: Landmark, criteria: Criteria) -> int:
    """The first day (from the index date) whose readings the answer to a landmark may depend on, the baseline apart."""
    first = landmark.first_day - criteria.carry_forward_days
    return min(first, 0) if landmark.nadirs else first


def beginning(plan: Plan, baseline: Day) -> Walk:
    """The walk before its first day."""
    nadir = {analyte: reading for analyte, reading in baseline.items() if analyte in plan.nadirs}
    return Walk(plan, START, Moment({}, baseline, {}, nadir), {}, {}, {})


def _grown(runs: dict[int, Run], number: int, date: int, truth: Truth) -> dict[int, Run]:
    """The runs after one more of a rule's own days: its run grows on a true one, and breaks on one that is false or unknown."""
    run = runs.get(number)
    if truth is not True:
        return runs if run is None else {other: runs[other] for other in runs if other != number}
    return {**runs, number: (date, 1) if run is None else (run[0], run[1] + 1)}


def _highest(peak: Day, today: Day, analytes: frozenset[str]) -> Day:
    for analyte in analytes:
        reading, top = today.get(analyte), peak.get(analyte)
        if reading is not None and (top is None or rises_above(reading, top)):
            peak = {**peak, analyte: reading}
    return peak


def _lowest(nadir: Day, today: Day, analytes: frozenset[str]) -> Day:
    for analyte in analytes:
        reading, bottom = today.get(analyte), nadir.get(analyte)
        if reading is not None and (bottom is None or rises_above(bottom, reading)):
            nadir = {**nadir, analyte: reading}
    return nadir
