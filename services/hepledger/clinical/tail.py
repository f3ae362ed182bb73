"""The end of a course: enough of it to take in one more result of a later day without looking at the history again.

Whatever the tail cannot decide for certain it hands back, and the course is derived from the facts. So it is an economy, never a
second rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from hepledger.clinical.criteria import Criteria
from hepledger.clinical.facts import LabResult, Version
from hepledger.clinical.measurement import Measurement, measure
from hepledger.clinical.readings import Reading, higher, reading_of
from hepledger.clinical.walk import NOTHING, Day, Doubtful, Entry, Plan, Walk


class Tail(NamedTuple):
    """Where a course ends.

    ``before`` is the walk up to the last day that brought a reading (``last_date``, ordinal), ``after`` the walk past it,
    ``today`` its readings; ``entered`` tells whether it entered a state. ``answered`` are the landmarks no longer pending.
    """

    plan: Plan
    index_day: int | None
    answered: frozenset[str]
    before: Walk
    last_date: int | None
    today: Day
    after: Walk
    entered: bool

    @property
    def last_assessed_day(self) -> int | None:
        """The last assessment day (ordinal), if there was one."""
        if self.index_day is None or self.last_date is None:
            return None
        return self.last_date if self.last_date - self.index_day >= self.plan.criteria.assess_from else None

    def offer(self, version: Version) -> Tail | None:
        """The tail after a version of a fact never heard of before; None if it may change more than the end: derive the course."""
        if self.is_indifferent_to(version):
            return self
        step = self.advance(version)
        return None if step is None or step.entry is not None else step.tail

    def is_indifferent_to(self, version: Version) -> bool:
        """Whether the first version of a fact changes nothing of the course."""
        content, criteria = version.content, self.plan.criteria
        if not isinstance(content, LabResult):
            return False
        if content.preliminary or content.reading is None:
            return True
        date = content.reading.day
        if self._may_answer(date, content.measurement.analyte) or self._may_be_the_index(date):
            return False
        if self.index_day is None or content.measurement.analyte not in criteria.analytes:
            return True
        return not criteria.exclude_flags.isdisjoint(content.flags)

    def advance(self, version: Version) -> Advance | None:
        """One step on, for a result that counts, on the last day or a later one; None if the tail does not reach that far back."""
        reading = self.walked_by(version)
        if reading is None:
            return None
        analyte, date = reading.measurement.analyte, reading.day
        if analyte not in self.plan.analytes:
            return Advance(self, None, (), date, assessed=False)
        if self.last_date is not None and (date < self.last_date or (date == self.last_date and self.entered)):
            return None
        return self._step(date, analyte, reading)

    def walked_by(self, version: Version) -> Reading | None:
        """The reading of a result that can move nothing but the walk: not the index date, a baseline or a landmark. Else None."""
        content, criteria = version.content, self.plan.criteria
        if not isinstance(content, LabResult) or content.reading is None or self.index_day is None:
            return None
        date = content.reading.day
        settled = 0 if criteria.window is None else max(0, criteria.window[1])
        if date - self.index_day <= settled or self._may_answer(date, content.measurement.analyte):
            return None
        return _held(content.reading, self.after.baseline, criteria)

    def _step(self, date: int, analyte: str, reading: Reading) -> Advance:
        same_day = date == self.last_date
        rival = self.today.get(analyte) if same_day else None
        today = {**(self.today if same_day else NOTHING), analyte: reading if rival is None else higher(reading, rival)}
        return walked(self, self.before if same_day else self.after, date, today)

    def _may_answer(self, date: int, analyte: str) -> bool:
        """Whether a fact of this day may change the answer to a landmark: end its waiting, or fall within its window."""
        if self.index_day is None:
            return False
        day = date - self.index_day
        for landmark in self.plan.criteria.landmarks:
            if landmark.code in self.answered:
                if day <= landmark.last_day and analyte in landmark.analytes:
                    return True
            elif day >= landmark.last_day:
                return True
        return False

    def _may_be_the_index(self, date: int) -> bool:
        first_result = self.plan.criteria.index_event == "first_result"
        return first_result and (self.index_day is None or date < self.index_day)


class Advance(NamedTuple):
    """One day walked at the end of a course: the new tail, the state entered if any, the rules in doubt, the day (ordinal)."""

    tail: Tail
    entry: Entry | None
    doubtful: tuple[Doubtful, ...]
    date: int
    assessed: bool


def walked(tail: Tail, before: Walk, date: int, today: Day) -> Advance:
    """Walk one more day (ordinal) of a course that has an index date, from ``before`` on."""
    plan, index_day, answered, *_ = tail
    assert index_day is not None  # noqa: S101 - there is no walk without an index date
    after, day = before.copy(), date - index_day
    entry: Entry | None = None
    doubtful: tuple[Doubtful, ...] = ()
    assessed = day >= plan.criteria.assess_from
    if assessed:
        entry, doubtful = after.step(day, today, date)
    else:
        after.look(day, today, date)
    stepped = Tail(plan, index_day, answered, before, date, today, after, entry is not None)
    return Advance(stepped, entry, doubtful, date, assessed)


def snapshot_of(tail: Tail) -> dict[str, Any]:
    """The tail as plain data (JSON), from which `tail_from` makes it again."""
    walk = tail.before
    return {
        "index": tail.index_day,
        "answered": sorted(tail.answered),
        "last": tail.last_date,
        "today": _plain(tail.today),
        "state": walk.state,
        "baseline": _plain(walk.baseline),
        "latest": _plain(walk.latest),
        "peak": _plain(walk.peak),
        "nadir": _plain(walk.nadir),
        "runs": [[number, *run] for number, run in sorted(walk.runs.items())],
        "bare_runs": [[number, *run] for number, run in sorted(walk.bare_runs.items())],
    }


def tail_from(snapshot: Mapping[str, Any], plan: Plan) -> Tail:
    """The tail that a snapshot holds, under the criteria it was taken under."""
    criteria = plan.criteria
    baseline = _restored(snapshot["baseline"])
    walk = Walk(plan, baseline)
    walk.state = snapshot["state"]
    walk.latest = _readings(snapshot["latest"], baseline, criteria)
    walk.peak = _readings(snapshot["peak"], baseline, criteria)
    walk.nadir = _readings(snapshot["nadir"], baseline, criteria)
    walk.runs = {number: (first, days) for number, first, days in snapshot["runs"]}
    walk.bare_runs = {number: (first, days) for number, first, days in snapshot["bare_runs"]}
    tail = Tail(
        plan=plan,
        index_day=snapshot["index"],
        answered=frozenset(snapshot["answered"]),
        before=walk,
        last_date=snapshot["last"],
        today=_readings(snapshot["today"], baseline, criteria),
        after=walk,
        entered=False,
    )
    return tail if tail.last_date is None else walked(tail, walk, tail.last_date, tail.today).tail


def _plain(readings: Mapping[str, Reading]) -> list[list[Any]]:
    return [[r.day, r.event_id, *_parts(r.measurement)] for _, r in sorted(readings.items())]


def _parts(measurement: Measurement) -> tuple[str | None, ...]:
    m = measurement
    return (m.analyte, m.text, m.comparator, m.unit, m.limit_text, m.limit_comparator)


def _restored(plain: list[list[Any]]) -> dict[str, Reading]:
    readings = (reading_of(day, event_id, measure(*parts)) for day, event_id, *parts in plain)
    return {reading.measurement.analyte: reading for reading in readings}


def _readings(plain: list[list[Any]], baseline: Mapping[str, Reading], criteria: Criteria) -> dict[str, Reading]:
    return {analyte: _held(reading, baseline, criteria) for analyte, reading in _restored(plain).items()}


def _held(reading: Reading, baseline: Mapping[str, Reading], criteria: Criteria) -> Reading:
    """The reading held against the limit that the criteria's policy names."""
    if criteria.uln != "baseline":
        return reading
    own = baseline.get(reading.measurement.analyte)
    if own is None:
        return reading._replace(limit=None, limit_closed=True)
    return reading._replace(limit=own.limit, limit_closed=own.limit_closed)
