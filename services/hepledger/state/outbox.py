"""Derived events that were decided in a projector's transaction and wait for the relay, in the order they were decided."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import func, select

from hepledger.state import bulk
from hepledger.state.unit_of_work import UnitOfWork
from hepledger.tables import outbox


class Waiting(NamedTuple):
    """A derived event that is not yet published. ``partition`` is that of the event that caused it."""

    seq: int
    event_id: bytes
    key: str
    payload: bytes


def add(uow: UnitOfWork, rows: Sequence[tuple[bytes, int, str, bytes]]) -> None:
    """Put events at the end: (event_id, partition of the cause, key, payload)."""
    bulk.insert(uow.connection, outbox, ("event_id", "partition", "key", "payload"), rows)


def first(uow: UnitOfWork, limit: int) -> list[Waiting]:
    """The events that have waited longest, in order."""
    columns = (outbox.c.seq, outbox.c.event_id, outbox.c.key, outbox.c.payload)
    return [Waiting(*row) for row in uow.connection.execute(select(*columns).order_by(outbox.c.seq).limit(limit))]


def forget(uow: UnitOfWork, published: Sequence[Waiting]) -> None:
    """Take out events that were published. One that another relay took out is no matter."""
    bulk.remove(uow.connection, outbox, ("seq",), [(each.seq,) for each in published])


def count(uow: UnitOfWork) -> int:
    """How many events wait."""
    return uow.connection.execute(select(func.count()).select_from(outbox)).scalar_one()
