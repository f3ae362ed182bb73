"""Projections that are being derived from the histories: how far each has come, and who may go on.

As with checkpoints the database says who may: whoever takes a partition over raises the epoch, and every page begins with a
compare-and-set of it. Until the last partition is through, a projection is not one yet: nobody answers from it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import bindparam, delete, distinct, func, select, update

from hepledger.state import bulk
from hepledger.state.checkpoints import Fenced
from hepledger.state.unit_of_work import UnitOfWork
from hepledger.tables import checkpoint, parked, patient, projection
from hepledger.tables import replay as table

_COLUMNS = ("projection_id", "partition", "until_offset", "next_patient", "epoch", "owner", "updated_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """The right of one worker to go on with a replay on a partition: from a patient's number on, while the epoch holds."""

    projection_id: int
    partition: int
    until_offset: int
    next_patient: int
    epoch: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a replay has come on a partition: ``done`` of ``patients``, with what was said of them below an offset."""

    fingerprint: str
    criteria: str
    version: int
    partition: int
    until_offset: int
    done: int
    patients: int


def begin(uow: UnitOfWork, projection_id: int, partitions: Iterable[int], owner: str, now: int) -> list[int]:
    """Begin a replay on those partitions where the projection has no checkpoint; gives them. ``now`` is µs since 1970 UTC.

    It reaches as far as the projection that has come furthest there. Whom that one has parked are parked here too, by the same
    events: their facts may not be stored.
    """
    _lock(uow, projection_id)
    begun = []
    taken = {*_partitions(uow, checkpoint, projection_id), *_partitions(uow, table, projection_id)}
    for partition in sorted(set(partitions) - taken):
        leader, until = _leader(uow, partition)
        row = (projection_id, partition, until, 0, 0, owner, now)
        bulk.insert(uow.connection, table, _COLUMNS, [row])
        _park_as(uow, leader, projection_id, partition, until)
        begun.append(partition)
    return begun


def claim(
    uow: UnitOfWork, projection_ids: Collection[int], partitions: Collection[int], owner: str, now: int
) -> list[Replay]:
    """Take over what is left on some partitions: whoever held it is fenced."""
    mine = table.c.projection_id.in_(projection_ids) & table.c.partition.in_(partitions)
    uow.connection.execute(update(table).where(mine).values(epoch=table.c.epoch + 1, owner=owner, updated_at=now))
    rows = uow.connection.execute(select(*table.c[_COLUMNS[:5]]).where(mine).order_by(*table.primary_key.columns))
    return [Replay(**row) for row in rows.mappings()]


_ADVANCE = (
    update(table)
    .where(
        *(table.c[name] == bindparam(f"of_{name}") for name in ("projection_id", "partition", "epoch", "next_patient"))
    )
    .values(next_patient=bindparam("to_patient"), updated_at=bindparam("now"))
)


def advance(uow: UnitOfWork, held: Replay, next_patient: int, now: int) -> Replay:
    """Lock it until the end of the transaction and move it on. Raises Fenced if it is not where the right says it is."""
    parameters = {
        "of_projection_id": held.projection_id,
        "of_partition": held.partition,
        "of_epoch": held.epoch,
        "of_next_patient": held.next_patient,
        "to_patient": next_patient,
        "now": now,
    }
    if uow.connection.execute(_ADVANCE, parameters).rowcount != 1:
        raise Fenced(held.projection_id, held.partition)
    return replace(held, next_patient=next_patient)


def finish(uow: UnitOfWork, held: Replay, owner: str, now: int) -> None:
    """Everybody is through: from here on the projection follows the log from where the histories ended."""
    mine = (table.c.projection_id == held.projection_id) & (table.c.partition == held.partition)
    uow.connection.execute(delete(table).where(mine))
    row = (held.projection_id, held.partition, held.until_offset, held.epoch, owner, now)
    columns = tuple(column.name for column in checkpoint.columns)
    bulk.insert(uow.connection, checkpoint, columns, [row])


def unfinished(uow: UnitOfWork) -> set[str]:
    """The fingerprints of the sets that are being replayed."""
    joined = projection.join(table, table.c.projection_id == projection.c.projection_id)
    return set(uow.connection.execute(select(projection.c.fingerprint).select_from(joined)).scalars())


def progress(uow: UnitOfWork) -> list[Progress]:
    """Every replay, by criteria set and partition."""
    joined = projection.join(table, table.c.projection_id == projection.c.projection_id)
    columns = (
        *projection.c["fingerprint", "criteria", "version"],
        *table.c["partition", "until_offset", "next_patient"],
    )
    rows = uow.connection.execute(
        select(*columns).select_from(joined).order_by(projection.c.projection_id, table.c.partition)
    ).mappings()
    return [_progress(uow, dict(row)) for row in rows.all()]


def _progress(uow: UnitOfWork, row: dict[str, Any]) -> Progress:
    done = func.count().filter(patient.c.patient_id < row.pop("next_patient"))
    counted = select(done, func.count()).where(patient.c.partition == row["partition"])
    through, everybody = uow.connection.execute(counted).one()
    return Progress(**row, done=through, patients=everybody)


def _lock(uow: UnitOfWork, projection_id: int) -> None:
    """Whoever claims the projection's checkpoints locks this row too: one of the two finds the other's work."""
    mine = select(projection.c.projection_id).where(projection.c.projection_id == projection_id)
    uow.connection.execute(mine.with_for_update()).all()


def _partitions(uow: UnitOfWork, of: Any, projection_id: int) -> set[int]:
    return set(uow.connection.execute(select(of.c.partition).where(of.c.projection_id == projection_id)).scalars())


def _leader(uow: UnitOfWork, partition: int) -> tuple[int | None, int]:
    """The projection that has come furthest on a partition, of several the one that parks fewest, and how far that is."""
    at = checkpoint.c
    waiting = select(func.count(distinct(parked.c.key))).where(
        parked.c.projection_id == at.projection_id, parked.c.partition == partition
    )
    order = (at.next_offset.desc(), waiting.correlate(checkpoint).scalar_subquery(), at.projection_id)
    asked = select(at.projection_id, at.next_offset).where(at.partition == partition).order_by(*order).limit(1)
    row = uow.connection.execute(asked).one_or_none()
    return (None, 0) if row is None else (row.projection_id, row.next_offset)


def _park_as(uow: UnitOfWork, leader: int | None, projection_id: int, partition: int, until: int) -> None:
    mine = (parked.c.projection_id == leader) & (parked.c.partition == partition) & (parked.c.offset < until)
    rows = uow.connection.execute(select(parked).where(mine)).all()
    names = tuple(column.name for column in parked.columns)
    bulk.insert(uow.connection, parked, names, [(projection_id, *row[1:]) for row in rows])
