"""The end of a course: enough of it to take in one more result of a later day without looking at the history again.

Whatever the tail cannot decide for certain it hands back, and the course is derived from the facts. So it is an economy, never a
second rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from hepledger.clinical.criteria import Criteria
from hepledger.clinical.facts import LabResult, Version
from hepledger.clinical.history import excluded
from hepledger.clinical.measurement import Measurement, measure
from hepledger.clinical.readings import Reading, higher, reading_of
from hepledger.clinical.walk import Day, Plan, Walk, beginning


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
        return self.last_date if self.last_date - self.index_day >= self.plan.assess_from else None

    def offer(self, version: Version) -> Tail | None:
        """The tail after a version of a fact never heard of before; None if it may change more than the end: derive the course."""
        content, plan, index_day = version.content, self.plan, self.index_day
        if not isinstance(content, LabResult):
            return None
        reading = content.reading
        if content.preliminary or reading is None:
            return self
        date, analyte = reading.day, content.measurement.analyte
        if may_be_the_index(plan, index_day, date):
            return None
        if index_day is None:
            return self
        if may_answer(plan.criteria, self.answered, date - index_day, analyte):
            return None
        if not is_read(content, plan.criteria):
            return self
        return None if may_move_the_ground(plan, index_day, date) else self._advance(reading)

    def _advance(self, reading: Reading) -> Tail | None:
        """One step on, for a result on the last day or a later one that enters no state."""
        analyte, date = reading.measurement.analyte, reading.day
        if analyte not in self.plan.analytes:
            return self
        if self.last_date is not None and (date < self.last_date or (date == self.last_date and self.entered)):
            return None
        own = reading if self.plan.own_limits else held(reading, self.after.baseline)
        same_day = date == self.last_date
        rival = self.today.get(analyte) if same_day else None
        today = {**(self.today if same_day else {}), analyte: own if rival is None else higher(own, rival)}
        tail = walked(self, self.before if same_day else self.after, date, today)
        return None if tail.entered else tail


def may_answer(criteria: Criteria, answered: frozenset[str], day: int, analyte: str) -> bool:
    """Whether a new fact of a day (from the index date) may change the answer to a landmark: end its waiting, or fall in its window."""
    for landmark in criteria.landmarks:
        if landmark.code in answered:
            if day <= landmark.last_day and analyte in landmark.analytes:
                return True
        elif day >= landmark.last_day:
            return True
    return False


def may_be_the_index(plan: Plan, index_day: int | None, date: int) -> bool:
    """Whether a result of a day (ordinal) may be the one that the course is counted from."""
    return plan.by_first_result and (index_day is None or date < index_day)


def may_move_the_ground(plan: Plan, index_day: int, date: int) -> bool:
    """Whether a reading of a day (ordinal) may change more than the walk: the baseline, or whether the patient was refractory."""
    return date - index_day <= plan.settled_after


def is_read(result: LabResult, criteria: Criteria) -> bool:
    """Whether the criteria look at results like this one."""
    return result.measurement.analyte in criteria.analytes and not (result.flags and excluded(result, criteria))


def walked(tail: Tail, before: Walk, date: int, today: Day) -> Tail:
    """One more day (ordinal) of a course that has an index date, walked from ``before`` on."""
    plan, index_day, answered, *_ = tail
    assert index_day is not None  # noqa: S101 - there is no walk without an index date
    after, day = before.copy(), date - index_day
    entered = False
    if day >= plan.assess_from:
        entered = after.step(day, today, date)[0] is not None
    else:
        after.look(day, today, date)
    return Tail(plan, index_day, answered, before, date, today, after, entered)


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
    baseline = _restored(snapshot["baseline"])
    walk = beginning(plan, baseline)
    walk.state = snapshot["state"]
    walk.latest = _readings(snapshot["latest"], baseline, plan)
    walk.peak = _readings(snapshot["peak"], baseline, plan)
    walk.nadir = _readings(snapshot["nadir"], baseline, plan)
    walk.runs = {number: (first, days) for number, first, days in snapshot["runs"]}
    walk.bare_runs = {number: (first, days) for number, first, days in snapshot["bare_runs"]}
    tail = Tail(
        plan=plan,
        index_day=snapshot["index"],
        answered=frozenset(snapshot["answered"]),
        before=walk,
        last_date=snapshot["last"],
        today=_readings(snapshot["today"], baseline, plan),
        after=walk,
        entered=False,
    )
    return tail if tail.last_date is None else walked(tail, walk, tail.last_date, tail.today)


def _plain(readings: Mapping[str, Reading]) -> list[list[Any]]:
    return [[r.day, r.event_id, *_parts(r.measurement)] for _, r in sorted(readings.items())]


def _parts(measurement: Measurement) -> tuple[str | None, ...]:
    m = measurement
    return (m.analyte, m.text, m.comparator, m.unit, m.limit_text, m.limit_comparator)


def _restored(plain: list[list[Any]]) -> dict[str, Reading]:
    readings = (reading_of(day, event_id, measure(*parts)) for day, event_id, *parts in plain)
    return {reading.measurement.analyte: reading for reading in readings}


def _readings(plain: list[list[Any]], baseline: Day, plan: Plan) -> dict[str, Reading]:
    restored = _restored(plain)
    return restored if plan.own_limits else {a: held(reading, baseline) for a, reading in restored.items()}


def held(reading: Reading, baseline: Day) -> Reading:
    """The reading held against the limit of its analyte's baseline."""
    return reading.against(baseline.get(reading.measurement.analyte))
