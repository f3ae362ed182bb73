"""How far each projection has come, and who may go on.

The group of workers says who should, the database says who may: a worker raises the epoch of a checkpoint when it takes
the partition over, and every transaction of it begins with a compare-and-set of epoch and offset. One that was paused or
cut off and comes back finds another epoch, and changes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import bindparam, func, select, update

from hepledger.errors import HepledgerError, WrongUsage
from hepledger.state import bulk
from hepledger.state.unit_of_work import UnitOfWork
from hepledger.tables import checkpoint, projection, replay


class Fenced(HepledgerError):
    """Another worker has taken this partition over: this one gives it up and changes nothing."""

    def __init__(self, projection_id: int, partition: int) -> None:
        self.projection_id, self.partition = projection_id, partition
        super().__init__(f"another worker has taken over partition {partition} of projection {projection_id}")


class BeingReplayed(WrongUsage):
    """The projection is being derived from the histories: nobody takes it further, or answers from it, before that is done."""

    def __init__(self, criteria: str) -> None:
        self.criteria = criteria
        super().__init__(
            f"{criteria} is being replayed, and until that is done it is no projection: `hepledger replay {criteria}` goes on with it,"
            " `hepledger status` shows how far it is"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The right of one worker to take a projection further on a partition: from ``next_offset``, while the epoch holds."""

    projection_id: int
    partition: int
    next_offset: int
    epoch: int

    def moved_to(self, offset: int) -> Claim:
        """The same right after the events below ``offset`` were taken in."""
        return Claim(projection_id=self.projection_id, partition=self.partition, next_offset=offset, epoch=self.epoch)


def claim(uow: UnitOfWork, projection_id: int, partitions: Iterable[int], owner: str, now: int) -> list[Claim]:
    """Take partitions over: whoever held them before is fenced. A checkpoint that is not there begins at offset 0.

    ``now`` is µs since 1970 UTC. Raises BeingReplayed.
    """
    _check_not_replayed(uow, projection_id)
    wanted = list(partitions)
    columns = ("projection_id", "partition", "next_offset", "epoch", "owner", "updated_at")
    fresh = [(projection_id, partition, 0, 0, owner, now) for partition in wanted]
    bulk.insert(uow.connection, checkpoint, columns, fresh)
    mine = (checkpoint.c.projection_id == projection_id) & checkpoint.c.partition.in_(wanted)
    raised = update(checkpoint).where(mine).values(epoch=checkpoint.c.epoch + 1, owner=owner, updated_at=now)
    uow.connection.execute(raised)
    rows = uow.connection.execute(select(checkpoint).where(mine).order_by(checkpoint.c.partition))
    return [
        Claim(projection_id=row.projection_id, partition=row.partition, next_offset=row.next_offset, epoch=row.epoch)
        for row in rows
    ]


def _check_not_replayed(uow: UnitOfWork, projection_id: int) -> None:
    """The row is locked: nobody begins a replay of the projection before this transaction ends."""
    mine = projection.c.projection_id == projection_id
    name = uow.connection.execute(select(projection.c.criteria).where(mine).with_for_update()).scalar_one_or_none()
    if uow.connection.execute(select(replay).where(replay.c.projection_id == projection_id).limit(1)).first():
        raise BeingReplayed(str(name))


_ADVANCE = (
    update(checkpoint)
    .where(
        checkpoint.c.projection_id == bindparam("of_projection"),
        checkpoint.c.partition == bindparam("of_partition"),
        checkpoint.c.epoch == bindparam("of_epoch"),
        checkpoint.c.next_offset == bindparam("from_offset"),
    )
    .values(next_offset=bindparam("to_offset"), updated_at=bindparam("now"))
)


def advance(uow: UnitOfWork, claims: Collection[Claim], ends: Mapping[int, int], now: int) -> list[Claim]:
    """Move checkpoints to where a batch ends, by partition. Raises Fenced if one is not where its claim says it is.

    This is the first thing that a transaction does: it locks the checkpoint until the end of the transaction.
    """
    moved = []
    for held in claims:
        hold(uow, held, ends[held.partition], now)
        moved.append(held.moved_to(ends[held.partition]))
    return moved


def hold(uow: UnitOfWork, held: Claim, to_offset: int, now: int) -> None:
    """Lock a checkpoint and move it to ``to_offset``, which may be where it stands. Raises Fenced."""
    parameters = {
        "of_projection": held.projection_id,
        "of_partition": held.partition,
        "of_epoch": held.epoch,
        "from_offset": held.next_offset,
        "to_offset": to_offset,
        "now": now,
    }
    if uow.connection.execute(_ADVANCE, parameters).rowcount != 1:
        raise Fenced(held.projection_id, held.partition)


def find_claim(uow: UnitOfWork, projection_id: int, partition: int) -> Claim | None:
    """The checkpoint as it stands, without taking it over."""
    statement = select(checkpoint).where(
        checkpoint.c.projection_id == projection_id, checkpoint.c.partition == partition
    )
    row = uow.connection.execute(statement).one_or_none()
    if row is None:
        return None
    return Claim(projection_id=projection_id, partition=partition, next_offset=row.next_offset, epoch=row.epoch)


def positions(uow: UnitOfWork, projection_id: int) -> dict[int, int]:
    """How far a projection has come: partition → next offset."""
    statement = select(checkpoint.c.partition, checkpoint.c.next_offset)
    rows = uow.connection.execute(statement.where(checkpoint.c.projection_id == projection_id))
    return {row.partition: row.next_offset for row in rows}


def furthest(uow: UnitOfWork) -> dict[int, int]:
    """By partition how far the projection has come that has come furthest."""
    asked = select(checkpoint.c.partition, func.max(checkpoint.c.next_offset)).group_by(checkpoint.c.partition)
    return dict(iter(uow.connection.execute(asked)))


def epochs(uow: UnitOfWork, partition: int, *, hold: bool = False) -> int:
    """The sum of the epochs of a partition: another one after somebody was fenced, as everybody is when all is made anew.

    With ``hold`` nobody makes all anew before the end of the transaction; projections move on meanwhile.
    """
    asked = select(checkpoint.c.epoch).where(checkpoint.c.partition == partition)
    return sum(uow.connection.execute(asked.with_for_update(read=True, key_share=True) if hold else asked).scalars())
