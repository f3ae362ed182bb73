"""What was the registry's answer, one after the other, and what changes for whom when something else becomes it.

Nothing here decides: the questions of an activation are answered from the rows, and its marks are made set by set.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from enum import StrEnum
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, FromClause, Table, func, select, update

from hepledger.clinical.criteria import START
from hepledger.state import bulk
from hepledger.state.unit_of_work import UnitOfWork
from hepledger.tables import activation, active_criteria, checkpoint, course, episode, patient, projection, transition

PAGE: Final = 1_000


class Kind(StrEnum):
    """How something became the registry's answer."""

    FIRST = "first"
    ACTIVATED = "activated"
    ROLLED_BACK = "rolled_back"


class Activation(NamedTuple):
    """One of them. ``previous`` is the fingerprint of what it was before; ``activated_at`` is µs since 1970 UTC."""

    number: int
    fingerprint: str
    previous: str | None
    activated_at: int
    kind: Kind


class Mover(NamedTuple):
    """A patient whose present state is not the same under two sets. Without a course the state is ``start``."""

    patient_id: int
    key: str
    partition: int
    before: str
    after: str


class Standing(NamedTuple):
    """The last transition that is believed of a patient under a set, and the derived event that told the world."""

    patient_id: int
    confirmed_day: int
    known_from: int
    onset_day: int
    announced_id: bytes | None


def record(uow: UnitOfWork, fingerprint: str, previous: str | None, now: int, kind: Kind) -> int:
    """Note that something else is the registry's answer; gives the number of the activation."""
    columns = ("fingerprint", "previous", "activated_at", "kind")
    bulk.insert(uow.connection, activation, columns, [(fingerprint, previous, now, str(kind))])
    return int(uow.connection.execute(select(func.max(activation.c.activation_id))).scalar_one())


def find_last(uow: UnitOfWork) -> Activation | None:
    """The latest one."""
    row = uow.connection.execute(select(activation).order_by(activation.c.activation_id.desc()).limit(1)).one_or_none()
    return (
        None
        if row is None
        else Activation(row.activation_id, row.fingerprint, row.previous, row.activated_at, Kind(row.kind))
    )


def lock_projections(uow: UnitOfWork, projection_ids: Collection[int]) -> None:
    """Let nobody move these projections, or claim them, until the end of the transaction; what is being written is waited for."""
    wanted = projection.c.projection_id.in_(projection_ids)
    uow.connection.execute(select(projection).where(wanted).order_by(projection.c.projection_id).with_for_update())
    mine = checkpoint.c.projection_id.in_(projection_ids)
    ordered = select(checkpoint).where(mine).order_by(checkpoint.c.projection_id, checkpoint.c.partition)
    uow.connection.execute(ordered.with_for_update()).all()


def lock_pointer(uow: UnitOfWork) -> str | None:
    """The fingerprint of what is the registry's answer, which nobody changes until the end of the transaction."""
    return uow.connection.execute(select(active_criteria.c.fingerprint).with_for_update()).scalar_one_or_none()


def movers(uow: UnitOfWork, old: int, new: int) -> list[Mover]:
    """Whose present state differs between two projections, in the order of their keys."""
    before, after = course.alias("before"), course.alias("after")
    was, is_ = (func.coalesce(each.c.state, START) for each in (before, after))
    joined = patient.outerjoin(before, (before.c.patient_id == patient.c.patient_id) & (before.c.projection_id == old))
    joined = joined.outerjoin(after, (after.c.patient_id == patient.c.patient_id) & (after.c.projection_id == new))
    columns = patient.c["patient_id", "centre", "patient", "partition"]
    asked = select(*columns, was, is_).select_from(joined).where(was != is_)
    found = (Mover(row[0], f"{row[1]}/{row[2]}", *row[3:]) for row in bulk.stream(uow.connection, asked))
    return sorted(found, key=lambda mover: mover.key)


def standing(uow: UnitOfWork, projection_id: int, patient_ids: Iterable[int]) -> dict[int, Standing]:
    """The last transition believed now of each of some patients that has one."""
    at = transition.c
    asked = select(*transition.c["patient_id", "confirmed_day", "known_from", "onset_day", "announced_id"])
    mine = (at.projection_id == projection_id) & at.known_to.is_(None)
    asked = asked.where(mine, bulk.among(uow.connection, at.patient_id, patient_ids)).order_by(at.confirmed_day)
    return {row.patient_id: Standing(*row) for row in uow.connection.execute(asked)}


def announce(uow: UnitOfWork, projection_id: int, told: Iterable[tuple[bytes | None, Standing]]) -> None:
    """Note which derived event tells the world of a transition that stands, None if none does any more."""
    key = ("projection_id", "patient_id", "confirmed_day", "known_from")
    rows = [(event_id, projection_id, at.patient_id, at.confirmed_day, at.known_from) for event_id, at in told]
    bulk.update(uow.connection, transition, ("announced_id",), key, rows)


def hand_over(uow: UnitOfWork, old: int, new: int) -> None:
    """What told the world of a belief under one set tells of the same one under another.

    Where the present state is the same, what told of it goes on telling of it; of what was before, and of relapses, each event
    tells of its equal. It tells of one row at a time: under the set that it leaves nothing tells of it any more.
    """
    before = ("confirmed_day", "from_state", "to_state", "onset_day", "evidence")
    _hand_over(uow, transition, old, new, ("to_state",), lambda row: [~_is_followed(row)])
    _hand_over(uow, transition, old, new, before, lambda row: [_is_followed(row)])
    _hand_over(uow, episode, old, new, ("opened_day", "onset_day", "evidence"), lambda _: [])


def _hand_over(
    uow: UnitOfWork,
    table: Table,
    old: int,
    new: int,
    same: Collection[str],
    fit: Callable[[FromClause], list[ColumnElement[bool]]],
) -> None:
    told, mine = table.alias("told"), [*_open(table, new), *fit(table)]
    equal = [told.c[name] == table.c[name] for name in ("patient_id", *same)]
    asked = select(told.c.announced_id).where(*_open(told, old), *fit(told), told.c.announced_id.is_not(None), *equal)
    asked = asked.correlate(table)
    uow.connection.execute(update(table).where(*mine, asked.exists()).values(announced_id=asked.scalar_subquery()))
    taker = table.alias("taker")
    taken = select(taker.c.announced_id).where(
        *_open(taker, new), taker.c.patient_id == table.c.patient_id, taker.c.announced_id == table.c.announced_id
    )
    uow.connection.execute(
        update(table).where(*_open(table, old), taken.correlate(table).exists()).values(announced_id=None)
    )


def _open(row: FromClause, projection_id: int) -> list[ColumnElement[bool]]:
    return [row.c.projection_id == projection_id, row.c.known_to.is_(None)]


def _is_followed(row: FromClause) -> ColumnElement[bool]:
    later = transition.alias()
    whose = [later.c[name] == row.c[name] for name in ("projection_id", "patient_id")]
    after = select(later.c.patient_id).where(
        *whose, later.c.confirmed_day > row.c.confirmed_day, later.c.known_to.is_(None)
    )
    return after.correlate(row).exists()
