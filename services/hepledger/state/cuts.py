"""The data cuts that were made, as the log tells of them: each known by its name, and of two of one name the first."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from hepledger.errors import NotFound
from hepledger.state import bulk
from hepledger.state.unit_of_work import UnitOfWork
from hepledger.tables import data_cut
from hepledger_events.canonical import canonical_json


class CutUnknown(NotFound):
    """There is no data cut of that name."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"there is no data cut {name}: see `hepledger cut list`")


@dataclass(frozen=True, slots=True)
class KnownCut:
    """A data cut as it was announced in the registry's log (``cut_created``); ``created_at`` is µs since 1970 UTC."""

    name: str
    document: Mapping[str, Any]
    created_at: int


def add(uow: UnitOfWork, document: Mapping[str, Any], created_at: int) -> None:
    """Make a cut known. One whose name is taken is left out: whoever made it lost a race."""
    row = (document["name"], canonical_json(document), created_at)
    bulk.insert(uow.connection, data_cut, ("name", "document", "created_at"), [row])


def known_cuts(uow: UnitOfWork) -> list[KnownCut]:
    """Every cut, the oldest first."""
    rows = uow.connection.execute(select(data_cut).order_by(data_cut.c.created_at, data_cut.c.name))
    return [KnownCut(row.name, json.loads(row.document), row.created_at) for row in rows]


def find_cut(uow: UnitOfWork, name: str) -> KnownCut | None:
    """The cut of a name."""
    row = uow.connection.execute(select(data_cut).where(data_cut.c.name == name)).one_or_none()
    return None if row is None else KnownCut(row.name, json.loads(row.document), row.created_at)


def get_cut(uow: UnitOfWork, name: str) -> KnownCut:
    """The cut of a name. Raises CutUnknown."""
    known = find_cut(uow, name)
    if known is None:
        raise CutUnknown(name)
    return known
