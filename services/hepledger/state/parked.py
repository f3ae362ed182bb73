"""The events of patients that a projection cannot go on with, kept in order until they can be taken in. None is ever skipped."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from sqlalchemy import distinct, func, select

from hepledger.state import bulk
from hepledger.state.unit_of_work import UnitOfWork
from hepledger.tables import parked, patient


class Parked(NamedTuple):
    """One event that waits: its place, whom it is about, why."""

    projection_id: int
    partition: int
    offset: int
    key: str
    event_id: bytes
    payload: bytes
    reason: str
    parked_at: int


def add(uow: UnitOfWork, rows: Sequence[Parked]) -> None:
    """Park events."""
    bulk.insert(uow.connection, parked, Parked._fields, rows)


def keys(uow: UnitOfWork, projection_ids: Collection[int]) -> set[tuple[int, str]]:
    """Who is parked: (projection, patient key)."""
    statement = select(parked.c.projection_id, parked.c.key).where(parked.c.projection_id.in_(projection_ids))
    return {(row.projection_id, row.key) for row in uow.connection.execute(statement.distinct())}


def first_offsets(uow: UnitOfWork, projection_ids: Collection[int]) -> dict[tuple[int, str], int]:
    """Who is parked from where on: (projection, patient key) → the first offset that was not taken in."""
    first = select(*parked.c["projection_id", "key"], func.min(parked.c.offset).label("at"))
    mine = parked.c.projection_id.in_(projection_ids)
    rows = uow.connection.execute(first.where(mine).group_by(parked.c.projection_id, parked.c.key))
    return {(row.projection_id, row.key): row.at for row in rows}


def keys_below(uow: UnitOfWork, partition: int, until: int) -> set[str]:
    """Who is parked on a partition, under whatever set, by an event below an offset."""
    mine = (parked.c.partition == partition) & (parked.c.offset < until)
    return set(uow.connection.execute(select(parked.c.key).where(mine).distinct()).scalars())


def share(uow: UnitOfWork, projection_id: int) -> tuple[int, int]:
    """How many patients are parked in a projection, of how many that the registry knows."""
    mine = parked.c.projection_id == projection_id
    waiting = uow.connection.execute(select(func.count(distinct(parked.c.key))).where(mine)).scalar_one()
    known = uow.connection.execute(select(func.count()).select_from(patient)).scalar_one()
    return waiting, max(waiting, known)


def waiting(uow: UnitOfWork, projection_id: int, key: str) -> list[Parked]:
    """The parked events of one patient, in the order of the log."""
    mine = (parked.c.projection_id == projection_id) & (parked.c.key == key)
    rows = uow.connection.execute(select(parked).where(mine).order_by(parked.c.partition, parked.c.offset))
    return [Parked(*row) for row in rows]


def remove(uow: UnitOfWork, rows: Sequence[Parked]) -> None:
    """Take events out, because they were taken in."""
    places = [(row.projection_id, row.partition, row.offset) for row in rows]
    bulk.remove(uow.connection, parked, ("projection_id", "partition", "offset"), places)
