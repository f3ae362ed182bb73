"""The days of a course and the strides over them: one analyte in short numbers, the readings told apart by their places in a sheet."""

from __future__ import annotations

from bisect import bisect_left
from typing import Final

from hepledger.clinical.changes import StateChange
from hepledger.clinical.conditions import Reference
from hepledger.clinical.packed import NO_DAY, NOWHERE
from hepledger.clinical.passage import KEPT_EVERY
from hepledger.clinical.readings import Reading
from hepledger.clinical.sheet import Sheet
from hepledger.clinical.stride import AT_BASELINE, Entered, Paces, Stride, first_stride
from hepledger.clinical.tail import Tail, held
from hepledger.clinical.walk import Day
from hepledger.clinical.ways import Way

_BASELINE: Final = Reference.BASELINE
_PEAK: Final = Reference.PEAK


class Trail:
    """The days (ordinals) that bring a reading, the places of the readings, and the ``transitions`` that follow, which are
    replaced where they have changed."""

    __slots__ = (
        "_after", "_assess_from", "_baseline", "_index", "_kept", "_own_limits", "_paces", "_plan", "_sheet", "_ways",
        "baseline", "dates", "last_date", "places", "transitions"
    )  # fmt: skip

    def __init__(self, paces: Paces, sheet: Sheet, ways: list[Way]) -> None:
        self._paces, self._plan, self._sheet, self._index, self._ways = paces, paces.plan, sheet, NOWHERE, ways
        self._assess_from, self._own_limits = self._plan.assess_from, self._plan.own_limits
        self.baseline: Day = {}
        self._baseline: Reading | None = None
        self._after = first_stride(paces, None)
        self.transitions: list[StateChange] = []
        self.last_date = NO_DAY
        self.dates: list[int] = []
        self.places: list[int] = []
        self._kept: list[Stride] = []  # before every so many days

    def begin(self, index_day: int, baseline: Day, chosen: dict[int, int]) -> None:
        """Begin anew: day 0 (ordinal), the baselines, and the place of the reading of each day."""
        self._index, self.baseline = index_day, baseline
        self._baseline = baseline.get(self._plan.in_order[0])
        self.dates = sorted(chosen)
        self.places = [chosen[date] for date in self.dates]
        self._kept = []
        self._walk_on(0)

    def is_unassessed(self) -> bool:
        """Whether none of the days is one of assessment."""
        return not self.dates or self.dates[-1] - self._index < self._plan.assess_from

    def place_on(self, date: int) -> int:
        """The place of the reading of a day, if there is one."""
        at = bisect_left(self.dates, date)
        return self.places[at] if at < len(self.dates) and self.dates[at] == date else NOWHERE

    def append(self, date: int, place: int, way: Way) -> None:
        """One day more, after the last. The way is that of the place."""
        number = len(self.dates)
        self.dates.append(date)
        self.places.append(place)
        self.last_date = date
        if number % KEPT_EVERY == 0:
            self._kept.append(self._after.copy())
        entered = self._step(self._after, date, place, way)
        if entered is not None:
            self.transitions = [*self.transitions, self._change(entered, number, self._after)]

    def set(self, date: int, place: int) -> None:
        """From now on the reading of a day is this one, or there is none; walk again from there."""
        dates, places = self.dates, self.places
        at = bisect_left(dates, date)
        is_there = at < len(dates) and dates[at] == date
        if place >= 0 and is_there:
            places[at] = place
        elif place >= 0:
            dates.insert(at, date)
            places.insert(at, place)
        elif is_there:
            del dates[at], places[at]
        self._walk_on(at)

    def tail(self, index_day: int | None, answered: frozenset[str]) -> Tail:
        """The end of the course."""
        plan, last = self._plan, len(self.dates) - 1
        after = self._after.walk(self.baseline, self._latest(last), self._reading_at)
        if last < 0:
            return Tail(plan, index_day, answered, after, None, {}, after, entered=False)
        before = self._walked_until(last).walk(self.baseline, self._latest(last - 1), self._reading_at)
        entered = bool(self.transitions) and self.transitions[-1].confirmed_day == self.dates[last]
        today = {plan.in_order[0]: self._reading_at(self.places[last])}
        return Tail(plan, index_day, answered, before, self.dates[last], today, after, entered)

    def _walk_on(self, start: int) -> None:
        """Walk the days from a place on. What stands before it stays; after it, nothing may be as it was."""
        walk = self._walked_until(start)
        del self._kept[(start + KEPT_EVERY - 1) // KEPT_EVERY :]
        last = self.dates[start - 1] if start else -1
        changes = [change for change in self.transitions if change.confirmed_day <= last]
        for number in range(start, len(self.dates)):
            if number % KEPT_EVERY == 0:
                self._kept.append(walk.copy())
            entered = self._step_again(walk, number)
            if entered is not None:
                changes.append(self._change(entered, number, walk))
        self._after = walk
        self.last_date = self.dates[-1] if self.dates else NO_DAY
        if changes != self.transitions:
            self.transitions = changes

    def _walked_until(self, number: int) -> Stride:
        """The walk before a day, gone again from the last place before it that is kept."""
        at = min(number // KEPT_EVERY, len(self._kept) - 1)
        if at < 0:
            return first_stride(self._paces, self._baseline)
        walk = self._kept[at].copy()
        for each in range(at * KEPT_EVERY, number):
            self._step_again(walk, each)
        return walk

    def _step_again(self, walk: Stride, number: int) -> Entered | None:
        place = self.places[number]
        return self._step(walk, self.dates[number], place, self._ways[self._sheet.manner(place)])

    def _step(self, walk: Stride, date: int, place: int, way: Way) -> Entered | None:
        """A day of the walk: the state that it brings, if it brings one."""
        day, at, value = date - self._index, walk.at, self._sheet.number(place) * way.scale
        if self._own_limits:
            at.limit, at.closed = way.limit, way.limit_closed
        else:
            at.limit, at.closed = at.baseline_limit, at.baseline_closed
        if day < self._assess_from:
            walk.look(day, place, value)
            return None
        return walk.step(day, date, place, value)

    def _change(self, entered: Entered, number: int, walk: Stride) -> StateChange:
        """What a state that was entered on a day means for the course."""
        rule, date = entered.rule, self.dates[number]
        evidence = self._evidence(entered, number, walk)
        relapse = rule.to in self._plan.relapses
        return StateChange(entered.from_state, rule.to, entered.onset_day, date, relapse, rule.number, evidence)

    def _evidence(self, entered: Entered, number: int, walk: Stride) -> tuple[str, ...]:
        """Event ids, in day order: the readings from onset to confirmation, and what they were held against."""
        first, sheet, rule, dates = number, self._sheet, entered.rule, self.dates
        while rule.sustained is not None and first > 0 and dates[first - 1] >= entered.onset_day:
            first -= 1
        days = dates[first : number + 1]
        used = [sheet.event_id(place) for place in self.places[first : number + 1]]
        for source, _ in self._plan.references[rule.number]:
            place = AT_BASELINE if source is _BASELINE else entered.peak if source is _PEAK else walk.nadir
            if place == AT_BASELINE and self._baseline is not None:
                day, event_id = self._baseline.day, self._baseline.event_id
            elif place >= 0:
                day, event_id = sheet.day(place), sheet.event_id(place)
            else:
                continue
            if event_id not in used:
                at = len(days)
                while at > 0 and days[at - 1] > day:
                    at -= 1
                days.insert(at, day)
                used.insert(at, event_id)
        return tuple(used)

    def _latest(self, number: int) -> Day:
        """What is carried forward after a day."""
        if not self._plan.carry or number < 0:
            return {}
        return {self._plan.in_order[0]: self._reading_at(self.places[number])}

    def _reading_at(self, place: int) -> Reading:
        """The reading that the criteria see."""
        reading = self._sheet.result(place).reading
        assert reading is not None  # noqa: S101 - it is walked on
        return reading if self._plan.own_limits else held(reading, self.baseline)
