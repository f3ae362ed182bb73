"""What a centre should look at, as rows: opened by the event that raised the doubt, closed by the one that settled it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from hepledger.state import bulk
from hepledger.state.unit_of_work import UnitOfWork
from hepledger.tables import data_query


class Doubt(NamedTuple):
    """A problem with the version of a fact that ``event_id`` names."""

    patient_id: int
    kind: int
    identity: str
    event_id: bytes
    problem: str


def save(uow: UnitOfWork, opened: Sequence[tuple[Doubt, int]], closed: Sequence[tuple[Doubt, int]]) -> None:
    """Open and close queries, each at the offset of the event that did it.

    A doubt that is opened and closed among these, and perhaps opened again, has a row for each time.
    """
    bulk.insert(uow.connection, data_query, (*Doubt._fields, "known_from"), [(*doubt, at) for doubt, at in opened])
    rows = [(at, *doubt, at) for doubt, at in closed]
    bulk.close(uow.connection, data_query, Doubt._fields, rows)
