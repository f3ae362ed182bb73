"""The days of a course and the strides over them: one analyte in short numbers, the readings told apart by their places in a sheet."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import Final

from hepledger.clinical.changes import StateChange
from hepledger.clinical.conditions import Reference
from hepledger.clinical.packed import NO_DAY
from hepledger.clinical.passage import KEPT_EVERY
from hepledger.clinical.readings import Reading
from hepledger.clinical.sheet import Sheet
from hepledger.clinical.stride import AT_BASELINE, NOWHERE, Entered, Paces, Stride, first_stride
from hepledger.clinical.tail import Tail, held
from hepledger.clinical.walk import Day

_BASELINE: Final = Reference.BASELINE
_PEAK: Final = Reference.PEAK


class Trail:
    """The days (ordinals) that bring a reading, the places of the readings, and the ``transitions`` that follow, which are
    replaced where they have changed."""

    __slots__ = (
        "_after", "_baseline", "_index", "_kept", "_paces", "_plan", "_sheet", "baseline", "dates", "last_date", "places",
        "transitions"
    )  # fmt: skip

    def __init__(self, paces: Paces, sheet: Sheet) -> None:
        self._paces, self._plan, self._sheet, self._index = paces, paces.plan, sheet, NOWHERE
        self.baseline: Day = {}
        self._baseline: Reading | None = None
        self._after = first_stride(paces, None)
        self.transitions: list[StateChange] = []
        self.last_date = NO_DAY
        self.dates: list[int] = []
        self.places: list[int] = []
        self._kept: list[Stride | None] = []

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

    def append(self, date: int, place: int) -> None:
        """One day more, after the last."""
        number = len(self.dates)
        self.dates.append(date)
        self.places.append(place)
        self.last_date = date
        self._kept.append(self._after.copy() if number % KEPT_EVERY == 0 else None)
        entered = self._step(self._after, number)
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
        del self._kept[start:]
        last = self.dates[start - 1] if start else -1
        changes = [change for change in self.transitions if change.confirmed_day <= last]
        for number in range(start, len(self.dates)):
            self._kept.append(walk.copy() if number % KEPT_EVERY == 0 else None)
            entered = self._step(walk, number)
            if entered is not None:
                changes.append(self._change(entered, number, walk))
        self._after = walk
        self.last_date = self.dates[-1] if self.dates else NO_DAY
        if changes != self.transitions:
            self.transitions = changes

    def _walked_until(self, number: int) -> Stride:
        """The walk before a day, gone again from the last place before it that is kept."""
        at = min(number, len(self._kept) - 1)
        kept: Stride | None = None
        while at >= 0 and kept is None:
            kept = self._kept[at]
            at -= 1
        if kept is None:
            return first_stride(self._paces, self._baseline)
        walk = kept.copy()
        for each in range(at + 1, number):
            self._step(walk, each)
        return walk

    def _step(self, walk: Stride, number: int) -> Entered | None:
        """A day of the walk: the state that it brings, if it brings one."""
        date, place = self.dates[number], self.places[number]
        day, sheet = date - self._index, self._sheet
        measurement = sheet.measurements[sheet.measured[place]]
        at = walk.at
        if self._plan.own_limits:
            at.limit, at.closed = measurement.short_limit, measurement.limit_closed
        else:
            at.limit, at.closed = at.baseline_limit, at.baseline_closed
        if day < self._plan.assess_from:
            walk.look(day, place, measurement.short)
            return None
        return walk.step(day, date, place, measurement.short)

    def _change(self, entered: Entered, number: int, walk: Stride) -> StateChange:
        """What a state that was entered on a day means for the course."""
        rule, date = entered.rule, self.dates[number]
        evidence = self._evidence(entered, number, walk)
        relapse = rule.to in self._plan.relapses
        return StateChange(entered.from_state, rule.to, entered.onset_day, date, relapse, rule.number, evidence)

    def _evidence(self, entered: Entered, number: int, walk: Stride) -> tuple[str, ...]:
        """Event ids, in day order: the readings from onset to confirmation, and what they were held against."""
        first, sheet, rule = number, self._sheet, entered.rule
        while rule.sustained is not None and first > 0 and self.dates[first - 1] >= entered.onset_day:
            first -= 1
        days = self.dates[first : number + 1]
        used = [sheet.event_id(place) for place in self.places[first : number + 1]]
        references = self._plan.references[rule.number]
        if not references:
            return tuple(used)
        for source, _ in references:
            place = AT_BASELINE if source is _BASELINE else entered.peak if source is _PEAK else walk.nadir
            if place == AT_BASELINE and self._baseline is not None:
                day, event_id = self._baseline.day, self._baseline.event_id
            elif place >= 0:
                day, event_id = sheet.days[place], sheet.event_id(place)
            else:
                continue
            at = bisect_right(days, day)
            days.insert(at, day)
            used.insert(at, event_id)
        return tuple(dict.fromkeys(used))

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
