"""Whether treatment had failed before the index date: long enough exposure, and a condition that persisted through it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from hepledger.clinical.comparison import Truth
from hepledger.clinical.criteria import Criteria, Persistence
from hepledger.clinical.exposure import exposed
from hepledger.clinical.facts import Prescription
from hepledger.clinical.landmarks import days_of, glimpse
from hepledger.clinical.readings import Reading, Readings

_ALWAYS: Final = -(10**9)


class Verdict(NamedTuple):
    """``yes``, ``no``, ``not_evaluable``, or empty where nothing was asked; and in words, why."""

    answer: str
    reason: str


def judge_refractory(
    criteria: Criteria,
    prescriptions: Sequence[Prescription],
    readings: Readings,
    baseline: dict[str, Reading],
    index_day: int | None,
) -> Verdict:
    """Kleene *and* of exposure and persistence; empty where the document does not ask or there is no index date."""
    asked = criteria.refractory
    if asked is None or index_day is None:
        return Verdict("", "")
    was_exposed = exposed(asked.exposure, prescriptions, index_day)
    if not was_exposed:
        return Verdict("no", f"no {asked.exposure.overlap_days} unbroken days of the treatment before the index date")
    persisted, reason = _persisted(asked.persistent, criteria, readings, baseline, index_day)
    if persisted is None:
        return Verdict("not_evaluable", reason)
    return Verdict("yes" if persisted else "no", reason)


def _persisted(
    asked: Persistence, criteria: Criteria, readings: Readings, baseline: dict[str, Reading], index_day: int
) -> tuple[Truth, str]:
    days = days_of(asked.analytes, readings, _ALWAYS, index_day)
    if not any(day >= index_day - asked.last_within_days for day in days):
        return None, f"no result in the {asked.last_within_days} days before the index date"
    carry, nadirs = criteria.carry_forward_days, asked.nadirs
    seen = [glimpse(asked.analytes, nadirs, readings, baseline, index_day, day, carry) for day in days]
    truths = [asked.condition.truth(moment) for moment in seen]
    if _has_run(asked, days, [truth is True for truth in truths], index_day):
        return True, "the condition persisted up to the index date"
    if _has_run(asked, days, [truth is not False for truth in truths], index_day):
        return (
            None,
            "unknown on days that decide it: no limit, no baseline, a censored value or an analyte not measured",
        )
    return False, "the condition did not persist up to the index date"


def _has_run(asked: Persistence, days: Sequence[int], true: Sequence[bool], index_day: int) -> bool:
    """Whether some unbroken run is long enough and ends close enough to the index date."""
    first: int | None = None
    length = 0
    for number, day in enumerate(days):
        first, length = (day if first is None else first, length + 1) if true[number] else (None, 0)
        if first is None or day < index_day - asked.last_within_days:
            continue
        if length >= asked.results and day - first >= asked.days:
            return True
    return False
