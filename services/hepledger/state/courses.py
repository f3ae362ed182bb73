"""Where each patient stands under each criteria set: one row, and in it the engine's snapshot to go on from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

import msgspec
from sqlalchemy import select

from hepledger.clinical.changes import best_of, onset_after, state_after
from hepledger.clinical.measurement import Measurement
from hepledger.clinical.passage import Passage
from hepledger.clinical.sweep import Sweep
from hepledger.clinical.tail import Tail, snapshot_of
from hepledger.state import bulk
from hepledger.state.unit_of_work import UnitOfWork
from hepledger.tables import course

COLUMNS: Final = tuple(column.name for column in course.columns)
_ENCODER: Final = msgspec.json.Encoder()
_KEY: Final = ("projection_id", "patient_id")


def load_snapshots(uow: UnitOfWork, projection_id: int, patient_ids: Iterable[int]) -> dict[int, bytes]:
    """The engine's snapshots of those patients that have a course row."""
    wanted = list(patient_ids)
    if not wanted:
        return {}
    mine = bulk.among(uow.connection, course.c.patient_id, wanted)
    statement = select(course.c.patient_id, bulk.raw(course.c.snapshot)).where(
        course.c.projection_id == projection_id, mine
    )
    return {row.patient_id: row.snapshot for row in uow.connection.execute(statement)}


def save(uow: UnitOfWork, rows: Sequence[bulk.Row]) -> None:
    """Write whole rows (see `course_row`), over what was there."""
    bulk.upsert(uow.connection, course, COLUMNS, rows)


def add(uow: UnitOfWork, rows: Sequence[bulk.Row]) -> None:
    """Write whole rows where there was none."""
    bulk.add(uow.connection, course, COLUMNS, rows)


def save_tails(uow: UnitOfWork, rows: Sequence[bulk.Row]) -> None:
    """Write what a result that changed nothing else has moved (see `tail_row`)."""
    bulk.update(uow.connection, course, ("last_day", "snapshot"), _KEY, rows)


def course_row(projection_id: int, patient_id: int, answer: Passage | Sweep) -> bulk.Row:
    """The row of a course. Without an index date all but the snapshot is null."""
    tail = answer.tail
    return (projection_id, patient_id, *_answered(answer, tail), _packed(tail))


def tail_row(projection_id: int, patient_id: int, tail: Tail) -> bulk.Row:
    """What `save_tails` writes of a course that only grew longer."""
    return (tail.last_assessed_day, _packed(tail), projection_id, patient_id)


def _packed(tail: Tail) -> bytes:
    return _ENCODER.encode(snapshot_of(tail))


def _answered(answer: Passage | Sweep, tail: Tail) -> tuple[int | str | None, ...]:
    ground, changes = answer.ground, answer.transitions
    if ground.index_day is None:
        return (None,) * 10
    return (
        ground.index_day,
        state_after(changes),
        onset_after(changes),
        best_of(changes, answer.plan.criteria),
        sum(change.relapse for change in changes),
        ground.refractory.answer or None,
        tail.last_assessed_day,
        *_baseline(answer),
    )


def _baseline(answer: Passage | Sweep) -> tuple[str | None, str | None, str | None]:
    """Value and unit as reported, and ×ULN, of the first analyte that the criteria's transitions name."""
    reading = answer.ground.baseline.get(answer.plan.criteria.first_analyte)
    return (None, None, None) if reading is None else _stated(reading.measurement)


@lru_cache(maxsize=4_096)
def _stated(said: Measurement) -> tuple[str, str, str | None]:
    """Kept, because a course is written again and again and its baseline stays; ×ULN is a division of fractions."""
    return said.stated_value, said.unit, said.stated_times_uln
