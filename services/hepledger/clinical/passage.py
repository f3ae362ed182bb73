"""A patient's facts under one criteria set, gone through event by event: after each the course stands as all of them make it.

`resume` puts a result where it belongs, late or not, and walks again from there; what may have changed more than the walk is
derived anew. Wherever it came by, a passage ends where `derive` of the same facts ends.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from hepledger.clinical.changes import StateChange, change_of
from hepledger.clinical.facts import FactKind, LabResult, Version
from hepledger.clinical.ground import Ground
from hepledger.clinical.history import counting, history_of
from hepledger.clinical.landmarks import Answer
from hepledger.clinical.readings import Reading, higher
from hepledger.clinical.tail import Tail, held, is_read, may_answer, may_be_the_index, may_move_the_ground
from hepledger.clinical.walk import Day, Doubtful, Plan, Walk, beginning

KEPT_EVERY: Final = 8
"""So many days lie between two places of the walk that are kept to walk again from."""
_LAB_RESULT: Final = int(FactKind.LAB_RESULT)


class Turn:
    """An event after which something else may be believed than before: the transitions, in day order, and the answers to the landmarks."""

    __slots__ = ("event_id", "landmarks", "offset", "transitions")

    def __init__(
        self, offset: int, event_id: str, transitions: list[StateChange], landmarks: Mapping[str, Answer]
    ) -> None:
        self.offset, self.event_id, self.transitions, self.landmarks = offset, event_id, transitions, landmarks


class Passage:
    """Where a patient stands. ``facts`` is this object's own and grows with it.

    ``ground`` is replaced where more than the walk may have changed, ``transitions`` and ``landmarks`` where they have, ``after``
    with every step: whoever holds the old ones can tell by identity. ``dates`` (ordinals), ``todays`` and ``doubts`` are of
    the days of the walk, in order.
    """

    __slots__ = (
        "_befores", "after", "answered", "dates", "doubts", "facts", "ground", "landmarks", "plan", "todays", "transitions"
    )  # fmt: skip

    def __init__(self, plan: Plan, facts: dict[str, list[Version]]) -> None:
        self.plan, self.facts = plan, facts
        self.transitions: list[StateChange] = []
        self._derive()

    def resume(self, version: Version) -> None:
        """Take in one more version of one fact."""
        known = self.facts.get(version.key)
        if known is None:
            self.facts[version.key] = [version]
            self._hear(version)
        else:
            known.append(version)
            self._hear_again(known)

    @property
    def tail(self) -> Tail:
        """The end of the course."""
        dates, changes = self.dates, self.transitions
        last_date = dates[-1] if dates else None
        entered = bool(changes) and changes[-1].confirmed_day == last_date
        before = self._before(len(dates) - 1) if dates else self.after
        today = self.todays[-1] if dates else {}
        return Tail(self.plan, self.ground.index_day, self.answered, before, last_date, today, self.after, entered)

    def _derive(self) -> None:
        """From nothing but the facts."""
        self.ground = ground = Ground(history_of(self.facts), self.plan.criteria)
        ground.refractory  # noqa: B018 - an engine that fails at it fails at this event
        self._answer(ground.landmarks)
        days = {} if ground.index_day is None else days_of(ground.readings, self.plan.analytes)
        self.dates, self.todays = list(days), list(days.values())
        self.doubts: list[tuple[Doubtful, ...]] = []
        self.after = beginning(self.plan, ground.baseline)
        self._befores: list[Walk | None] = []
        self._walk_on(0)

    def _answer(self, landmarks: dict[str, Answer]) -> None:
        self.landmarks = landmarks
        self.answered = frozenset(code for code, answer in landmarks.items() if answer is not Answer.PENDING)

    def _hear(self, version: Version) -> None:
        """The first that is said of a fact."""
        content = version.content
        if not isinstance(content, LabResult):
            if content is not None:  # else it takes back or makes final what was never said
                self._derive()
            return
        reading = content.reading
        if content.preliminary or reading is None:
            return
        plan, index_day, day = self.plan, self.ground.index_day, reading.day
        if may_be_the_index(plan, index_day, day):
            self._derive()
            return
        if index_day is None:
            return
        if is_read(content, plan.criteria):
            if may_move_the_ground(plan, index_day, day):
                self._derive()
                return
            self._put(reading if plan.own_limits else held(reading, self.ground.baseline))
        if may_answer(plan.criteria, self.answered, day - index_day, reading.measurement.analyte):
            self._answer_again()

    def _hear_again(self, versions: list[Version]) -> None:
        """What is said of a fact of which something was said before."""
        plan, index_day = self.plan, self.ground.index_day
        if versions[0].kind != _LAB_RESULT or plan.by_first_result:
            self._derive()
            return
        was, now = counting(versions[:-1]), counting(versions)
        if was is now or index_day is None:
            return
        places = [*self._place_of(was), *self._place_of(now)]
        if any(may_move_the_ground(plan, index_day, day) for _, day in places):
            self._derive()
            return
        for analyte, day in dict.fromkeys(places):
            self._set(analyte, day, self._reading_on(analyte, day))
        if not self._are_answered_for_good(index_day, places):
            self._answer_again()

    def _are_answered_for_good(self, index_day: int, places: list[tuple[str, int]]) -> bool:
        """Whether a result that changed on days after the windows of all landmarks leaves them answered: some other day ends the wait."""
        last_day = self.dates[-1] if self.dates else index_day
        landmarks = self.plan.criteria.landmarks
        for landmark in landmarks:
            end = index_day + landmark.last_day
            if landmark.code not in self.answered or last_day < end or any(day <= end for _, day in places):
                return False
        return bool(places) or not landmarks

    def _answer_again(self) -> None:
        answers = self.ground.landmarks_now(history_of(self.facts), self.plan.criteria)
        if answers != self.landmarks:
            self._answer(answers)

    def _place_of(self, version: Version | None) -> list[tuple[str, int]]:
        """The analyte and the day (ordinal) that the version in force of a result has a say in."""
        content = None if version is None else version.content
        if not isinstance(content, LabResult) or content.reading is None or not is_read(content, self.plan.criteria):
            return []
        return [(content.measurement.analyte, content.reading.day)]

    def _reading_on(self, analyte: str, day: int) -> Reading | None:
        """What an analyte was on a day, of all the results there are."""
        found: Reading | None = None
        for versions in self.facts.values():
            if len(versions) == 1 and versions[0].day != day:
                continue
            version = counting(versions)
            content = None if version is None else version.content
            if isinstance(content, LabResult) and (analyte, day) in self._place_of(version):
                reading = content.reading
                found = reading if found is None or reading is None else higher(reading, found)
        return found if found is None or self.plan.own_limits else held(found, self.ground.baseline)

    def _put(self, reading: Reading) -> None:
        """One more result of a day."""
        analyte, day = reading.measurement.analyte, reading.day
        days = self.ground.readings[analyte]
        if analyte in self.plan.analytes and (not self.dates or day > self.dates[-1]):
            days[day] = reading
            self._walk_one(day, {analyte: reading})
            return
        rival = days.get(day)
        chosen = reading if rival is None else higher(reading, rival)
        if chosen is not rival:
            self._set(analyte, day, chosen)

    def _set(self, analyte: str, day: int, reading: Reading | None) -> None:
        """From now on an analyte was this on a day, or was not measured; walk again from there."""
        days = self.ground.readings[analyte]
        if reading is None:
            days.pop(day, None)
        else:
            _put_in_order(days, day, reading)
        if analyte in self.plan.analytes:
            self._walk_again(day)

    def _walk_one(self, date: int, today: Day) -> None:
        """One day more, after the last."""
        befores, before = self._befores, self.after
        self.dates.append(date)
        self.todays.append(today)
        last = len(befores) - 1
        if last > 0 and last % KEPT_EVERY:
            befores[last] = None
        befores.append(before)
        self.after = before.copy()
        change = self._step(self.after, date, today)
        if change is not None:
            self.transitions = [*self.transitions, change]

    def _walk_again(self, date: int) -> None:
        """Again from a day on, of which the readings have changed."""
        readings = self.ground.readings
        today = {a: readings[a][date] for a in self.plan.in_order if date in readings[a]}
        at = bisect_left(self.dates, date)
        if at < len(self.dates) and self.dates[at] == date:
            if today:
                self.todays[at] = today
            else:
                del self.dates[at], self.todays[at]
        elif today:
            self.dates.insert(at, date)
            self.todays.insert(at, today)
        self._walk_on(at)

    def _walk_on(self, start: int) -> None:
        """Walk the days from a place on. What stands before it stays; after it, nothing may be as it was."""
        dates, count = self.dates, len(self.dates)
        at = max(0, min(start, count - 1))
        while at > 0 and (at >= len(self._befores) or self._befores[at] is None):
            at -= 1
        walk = self._before(at).copy() if self._befores else self.after
        del self._befores[at:], self.doubts[at:]
        last = dates[start - 1] if start else -1
        changes = [change for change in self.transitions if change.confirmed_day <= last]
        for number in range(at, count):
            is_kept = number % KEPT_EVERY == 0 or number == count - 1
            self._befores.append(walk.copy() if is_kept else None)
            change = self._step(walk, dates[number], self.todays[number])
            if change is not None and number >= start:
                changes.append(change)
        self.after = walk
        if changes != self.transitions:
            self.transitions = changes

    def _step(self, walk: Walk, date: int, today: Day) -> StateChange | None:
        """A day of the walk: the change that it brings, if it brings one. What it leaves in doubt is added to the doubts."""
        day = date - (self.ground.index_day or 0)
        if day < self.plan.assess_from:
            walk.look(day, today, date)
            self.doubts.append(())
            return None
        entry, doubtful = walk.step(day, today, date)
        self.doubts.append(doubtful)
        return None if entry is None else change_of(entry, date, self.ground.readings, walk)

    def _before(self, number: int) -> Walk:
        """The walk before a day, where it is kept."""
        walk = self._befores[number]
        assert walk is not None  # noqa: S101 - the first and the last are
        return walk


def _put_in_order(days: dict[int, Reading], day: int, reading: Reading) -> None:
    """A reading among those of its analyte, which stand in the order of their days."""
    later: list[int] = []
    if day not in days:
        for other in reversed(days):
            if other < day:
                break
            later.append(other)
    days[day] = reading
    for other in reversed(later):
        days[other] = days.pop(other)


def turns(passage: Passage, versions: Iterable[Version]) -> Iterator[Turn]:
    """Resume a passage event by event; gives the first event, and those that may have changed what is believed."""
    transitions: list[StateChange] | None = None
    landmarks: Mapping[str, Answer] | None = None
    for version in versions:
        passage.resume(version)
        if passage.transitions is not transitions or passage.landmarks is not landmarks:
            transitions, landmarks = passage.transitions, passage.landmarks
            yield Turn(version.offset, version.event_id, transitions, landmarks)


def days_of(readings: dict[str, dict[int, Reading]], analytes: frozenset[str]) -> dict[int, Day]:
    """The days (ordinals) that bring a reading of one of the analytes, in order, with the readings."""
    if len(analytes) == 1:
        (analyte,) = analytes
        return {day: {analyte: reading} for day, reading in readings[analyte].items()}
    days: dict[int, Day] = {}
    for analyte in sorted(analytes):
        for day, reading in readings[analyte].items():
            days.setdefault(day, {})[analyte] = reading
    return dict(sorted(days.items()))
