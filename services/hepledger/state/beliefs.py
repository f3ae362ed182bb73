"""What a projection believes of each patient, from when until when: rows of transitions, relapse episodes and landmark answers.

A row is inserted when a belief opens and changed once more when it closes; nothing is deleted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Any, NamedTuple

from sqlalchemy import Select, Table, select

from hepledger.state import bulk
from hepledger.state.unit_of_work import UnitOfWork
from hepledger.tables import episode, landmark, transition


class Shape(NamedTuple):
    """Where beliefs of a kind are kept: the column that tells those of one patient apart, and those that say what is believed."""

    table: Table
    distinction: str
    content: tuple[str, ...]


class Kind(Enum):
    """What a belief is about."""

    TRANSITION = Shape(
        transition, "confirmed_day", ("from_state", "to_state", "onset_day", "relapse", "rule", "evidence")
    )
    EPISODE = Shape(episode, "opened_day", ("onset_day", "closed_day", "evidence"))
    LANDMARK = Shape(landmark, "code", ("answer",))

    __hash__ = object.__hash__  # members are one of a kind, and Enum's own hash is a call into Python

    @property
    def shape(self) -> Shape:
        """How it is kept."""
        shape: Shape = self.value
        return shape

    @property
    def fate(self) -> tuple[str, ...]:
        """The columns that may change after the row was inserted."""
        return ("known_to",) if self is Kind.LANDMARK else ("known_to", "announced_id")

    @property
    def key(self) -> tuple[str, ...]:
        """The primary key."""
        return ("projection_id", "patient_id", self.shape.distinction, "known_from")


class Held:
    """One belief while a batch is worked on. ``mark`` is the day or code that tells it apart, ``content`` what is believed.

    ``stored``: it is in the database; ``changed``: its fate is not as it is there.
    """

    __slots__ = ("announced_id", "changed", "content", "kind", "known_from", "known_to", "mark", "stored")

    def __init__(
        self,
        kind: Kind,
        mark: int | str,
        content: tuple[Any, ...],
        known_from: int,
        announced_id: bytes | None = None,
        stored: bool = False,
    ) -> None:
        self.kind, self.mark, self.content, self.known_from = kind, mark, content, known_from
        self.announced_id, self.stored, self.changed = announced_id, stored, False
        self.known_to: int | None = None

    def _fate(self) -> tuple[Any, ...]:
        return (self.known_to,) if self.kind is Kind.LANDMARK else (self.known_to, self.announced_id)

    def row(self, projection_id: int, patient_id: int) -> bulk.Row:
        """The whole row: its key, what is believed, its fate."""
        key = (projection_id, patient_id, self.mark, self.known_from)
        return key + self.content + self._fate()  # made by the million: to unpack them takes twice as long

    def fate_row(self, projection_id: int, patient_id: int) -> bulk.Row:
        """What changes of a stored row, and its key."""
        return (*self._fate(), projection_id, patient_id, self.mark, self.known_from)


def load_open(uow: UnitOfWork, projection_id: int, patient_ids: Iterable[int]) -> dict[int, list[Held]]:
    """What is believed now of the patients, by patient."""
    wanted = list(patient_ids)
    found: dict[int, list[Held]] = {}
    for kind in Kind if wanted else ():
        table = kind.shape.table
        mine = (table.c.projection_id == projection_id) & bulk.among(uow.connection, table.c.patient_id, wanted)
        statement = _columns(kind).where(mine, table.c.known_to.is_(None))
        for patient_id, mark, known_from, *rest in uow.connection.execute(statement.order_by(table.c.patient_id)):
            announced_id = None if kind is Kind.LANDMARK else rest.pop()
            held = Held(kind, mark, tuple(rest), known_from, announced_id=announced_id, stored=True)
            found.setdefault(patient_id, []).append(held)
    return found


def save(uow: UnitOfWork, beliefs: Sequence[tuple[int, int, Held]]) -> None:
    """Write beliefs of (projection, patient): new ones whole, of stored ones what changed."""
    for kind in Kind:
        fresh = [held.row(*whose) for *whose, held in beliefs if held.kind is kind and not held.stored]
        bulk.insert(uow.connection, kind.shape.table, (*kind.key, *kind.shape.content, *kind.fate), fresh)
        changed = [held.fate_row(*whose) for *whose, held in beliefs if held.kind is kind and held.changed]
        bulk.update(uow.connection, kind.shape.table, kind.fate, kind.key, changed)


def add(uow: UnitOfWork, beliefs: Sequence[tuple[int, int, Sequence[Held]]]) -> None:
    """Write beliefs of (projection, patient) of whom there were none."""
    rows: dict[Kind, list[bulk.Row]] = {kind: [] for kind in Kind}
    for projection_id, patient_id, entries in beliefs:
        for held in entries:
            rows[held.kind].append(held.row(projection_id, patient_id))
    for kind, mine in rows.items():
        bulk.add(uow.connection, kind.shape.table, (*kind.key, *kind.shape.content, *kind.fate), mine)


def _columns(kind: Kind) -> Select[Any]:
    announced = () if kind is Kind.LANDMARK else ("announced_id",)
    return select(
        *kind.shape.table.c["patient_id", kind.shape.distinction, "known_from", *kind.shape.content, *announced]
    )
