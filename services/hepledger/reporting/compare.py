"""Two criteria sets asked one question: of the same facts, each patient in outline, most from what the projections keep.

Only who cannot be told from a projection is derived again: what was known at another time, and whether a patient in no
state yet could be judged at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from hepledger.clinical.course import Course, derive
from hepledger.clinical.criteria import START
from hepledger.clinical.difference import Change, Outline, outline_of
from hepledger.clinical.difference_text import names_of
from hepledger.clinical.evaluable import NO_INDEX_DATE, NOT_EVALUABLE, NOTHING_TO_ASSESS, gap_of
from hepledger.clinical.walk import Plan
from hepledger.reporting import queries
from hepledger.reporting.exports import Asked
from hepledger.reporting.subjects import Patient


@dataclass(frozen=True, slots=True)
class Pair:
    """A question under two sets, from the same facts, on one snapshot."""

    old: Asked
    new: Asked

    @property
    def sides(self) -> tuple[Asked, Asked]:
        """Old and new."""
        return self.old, self.new

    @property
    def names(self) -> tuple[str, str]:
        """What to call them beside each other."""
        return names_of(self.old.criteria, self.new.criteria)

    @property
    def plans(self) -> tuple[Plan, Plan]:
        """What the engine needs of each."""
        return Plan(self.old.criteria), Plan(self.new.criteria)


class Judged(NamedTuple):
    """A patient under one set: the outline, and in a word why the set cannot judge; empty where it can."""

    outline: Outline
    gap: str


def pair_of(old: Asked, new: Asked) -> Pair:
    """Both questions, asked of the facts that both projections have taken in; the one that is further on is derived again."""
    one, other = old.extent.below, new.extent.below
    common = {partition: min(one.get(partition, 0), other.get(partition, 0)) for partition in one.keys() | other.keys()}
    return Pair(_until(old, common), _until(new, common))


def _until(asked: Asked, common: Mapping[int, int]) -> Asked:
    reached = {partition: offset for partition, offset in asked.extent.below.items() if offset}
    if reached == {partition: offset for partition, offset in common.items() if offset}:
        return asked
    return replace(asked, extent=replace(asked.extent, below=common), derived=True)


def left_out(pair: Pair) -> frozenset[str]:
    """The keys of the patients whose projection stopped at an event that it could not take, under either set."""
    if pair.old.cut is not None or pair.old.extent.recorded_by is not None:
        return frozenset()
    numbers = {asked.projection_id for asked in pair.sides}
    parked = queries.parked_patients(pair.old.snapshot)
    return frozenset(each.key for each in parked if each.projection_id in numbers)


def judged(pair: Pair, group: Sequence[Patient]) -> Iterator[tuple[Patient, Judged, Judged]]:
    """Each patient of a group in outline, under both sets."""
    stored = [{} if asked.derived else dict(_stored(asked, group)) for asked in pair.sides]
    missing = [who for who in group if any(who not in known for known in stored)]
    histories = dict(queries.histories(pair.old.snapshot, missing, pair.old.extent)) if missing else {}
    plans = pair.plans
    for who in group:
        facts = histories.get(who.patient_id, ())
        one, other = (
            known[who] if who in known else judged_by(derive(facts, plan))
            for known, plan in zip(stored, plans, strict=True)
        )
        yield who, one, other


def judged_by(course: Course) -> Judged:
    """A patient in outline, from the course."""
    gap = gap_of(course)
    return Judged(outline_of(course), "" if gap is None else gap.kind)


def _stored(asked: Asked, group: Sequence[Patient]) -> Iterator[tuple[Patient, Judged]]:
    """The patients that the projection can tell of."""
    changes: dict[Patient, list[Change]] = {}
    for who, row in queries.transition_rows(asked.snapshot, asked.projection_id, group):
        change = Change(row.confirmed_day, row.onset_day, row.from_state, row.to_state)
        changes.setdefault(who, []).append(change)
    landmarks = dict(queries.landmark_answers(asked.snapshot, asked.projection_id, group))
    for who, row in queries.course_rows(asked.snapshot, asked.projection_id, group):
        gap = _gap(row)
        if gap is not None:
            yield who, Judged(_outline(row, gap, tuple(changes.get(who, ())), landmarks.get(who, {})), gap)


def _gap(row: Any) -> str | None:
    """Why the set cannot judge, in a word, empty where it can; None where the row does not tell."""
    if row is None or row.index_day is None:
        return NO_INDEX_DATE
    if row.last_day is None:
        return NOTHING_TO_ASSESS
    return None if row.state == START else ""


def _outline(row: Any, gap: str, changes: tuple[Change, ...], landmarks: Mapping[str, str]) -> Outline:
    indexed = row is not None and row.index_day is not None
    return Outline(
        index_day=row.index_day if indexed else None,
        standing=NOT_EVALUABLE if gap else row.state,
        best=row.best if indexed else None,
        relapses=row.relapses if indexed else 0,
        refractory=(row.refractory or "") if indexed else "",
        changes=changes,
        landmarks=landmarks,
    )
