"""Who may do what only one may do at a time, though many could: held under an epoch, for a while, unless it is given back.

The time decides who should, the epoch who may: whoever was paused and comes back late finds another epoch.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select, update

from hepledger.errors import HepledgerError
from hepledger.state import bulk
from hepledger.state.unit_of_work import UnitOfWork
from hepledger.tables import lease


class LeaseLost(HepledgerError):
    """Somebody else has taken this over: what was to be written under the lease is not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right to do what the name says, until ``until`` (µs since 1970 UTC) at least."""

    name: str
    epoch: int
    until: int


def take(uow: UnitOfWork, name: str, owner: str, now: int, until: int, *, by_force: bool = False) -> Lease | None:
    """Take a lease that nobody holds, or whose time is over; ``by_force`` in any case. None if another holds it.

    ``now`` and ``until`` are µs since 1970 UTC.
    """
    bulk.insert(uow.connection, lease, ("name", "epoch", "owner", "until"), [(name, 0, "", 0)])
    free = (lease.c.name == name) & ((lease.c.until <= now) | by_force)
    raised = update(lease).where(free).values(epoch=lease.c.epoch + 1, owner=owner, until=until)
    if uow.connection.execute(raised).rowcount != 1:
        return None
    epoch = uow.connection.execute(select(lease.c.epoch).where(lease.c.name == name)).scalar_one()
    return Lease(name=name, epoch=epoch, until=until)


def is_held(uow: UnitOfWork, held: Lease) -> bool:
    """Whether nobody else has taken it, as far as one can see without locking it."""
    found = uow.connection.execute(select(lease.c.epoch).where(lease.c.name == held.name)).scalar_one_or_none()
    return found == held.epoch


def hold(uow: UnitOfWork, held: Lease, until: int) -> Lease:
    """Lock it until the end of the transaction, and hold it until ``until``; 0 gives it back. Raises LeaseLost."""
    mine = (lease.c.name == held.name) & (lease.c.epoch == held.epoch)
    if uow.connection.execute(update(lease).where(mine).values(until=until)).rowcount != 1:
        raise LeaseLost
    return Lease(name=held.name, epoch=held.epoch, until=until)
