"""Another criteria set becomes the registry's answer: the pointer and what the world is told of it are one transaction, or nothing.

History is not told again: of each patient whose present state differs one event says so. What stays the same keeps the event
that told it, so that a later revision names what it supersedes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from hepledger.clinical.facts import microseconds
from hepledger.database import Contended
from hepledger.errors import CheckFailed, NotFound, WrongUsage
from hepledger.projection.activation_events import Herald, Waiting
from hepledger.projection.crashpoint import crashpoint
from hepledger.state import activations, catalogue, checkpoints, outbox, parked, replays
from hepledger.state.activations import PAGE, Activation, Kind, Mover, Standing
from hepledger.state.catalogue import KnownCriteria
from hepledger.state.checkpoints import BeingReplayed
from hepledger.state.unit_of_work import Begin, UnitOfWork

ATTEMPTS: Final = 5
NAMED: Final = 5
NEVER_PROJECTED: Final = 0
"""The number of no projection."""


class AlreadyActive(WrongUsage):
    """The set is the registry's answer already."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is the registry's answer already: nothing was changed")


class NotReady(CheckFailed):
    """The projection of a set is not fit to be the registry's answer. Nothing was changed."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name} cannot be the registry's answer yet: {why}. Nothing was changed")


class NothingToRollBack(NotFound):
    """There is nothing to roll back to: the registry has had one answer only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Activated:
    """What was done: the set that is the registry's answer, the one that was, and how many patients' present state differs."""

    now: KnownCriteria
    before: KnownCriteria
    number: int
    differences: int


def activate(
    begin: Begin, known: KnownCriteria, clock: Callable[[], datetime], kind: Kind = Kind.ACTIVATED
) -> Activated:
    """Let a set be the registry's answer. Raises AlreadyActive, BeingReplayed, NotReady, DatabaseUnavailable."""
    for _ in range(ATTEMPTS - 1):
        with suppress(Contended):
            done = _attempt(begin, known, clock, kind)
            if done is not None:
                return done
    done = _attempt(begin, known, clock, kind)
    if done is None:
        raise NotReady(known.name, "the registry's answer is being changed by somebody else: see `hepledger status`")
    return done


def roll_back(begin: Begin, clock: Callable[[], datetime]) -> Activated:
    """Let that be the registry's answer which was before the last change of it. Raises NothingToRollBack, and as `activate`."""
    with begin() as uow:
        last = activations.find_last(uow)
        if last is None or last.previous is None:
            raise NothingToRollBack
        known = catalogue.get_criteria(uow, last.previous)
    return activate(begin, known, clock, Kind.ROLLED_BACK)


def _attempt(begin: Begin, known: KnownCriteria, clock: Callable[[], datetime], kind: Kind) -> Activated | None:
    """None if somebody else has changed the registry's answer just now."""
    with begin() as uow:
        before = catalogue.get_active(uow)
        if before.fingerprint == known.fingerprint:
            raise AlreadyActive(known.name)
        old, new = (catalogue.find_projection(uow, each) or NEVER_PROJECTED for each in (before, known))
        activations.lock_projections(uow, [old, new])
        if activations.lock_pointer(uow) != before.fingerprint:
            return None
        if known.fingerprint in replays.unfinished(uow):
            raise BeingReplayed(known.id)
        for why in _hindrances(uow, known, before, old, new):
            raise NotReady(known.name, why)
        now = clock()
        at = microseconds(now)
        number = catalogue.make_active(uow, known, at, kind)
        herald = Herald(known, Activation(number, known.fingerprint, before.fingerprint, at, kind), now)
        differing = activations.movers(uow, old, new)
        activations.hand_over(uow, old, new)
        outbox.add(uow, [herald.activated()])
        for start in range(0, len(differing), PAGE):
            outbox.add(uow, _told(uow, herald, old, new, differing[start : start + PAGE]))
        crashpoint("before-activation")
        uow.commit()
    crashpoint("after-activation")
    return Activated(now=known, before=before, number=number, differences=len(differing))


def _hindrances(uow: UnitOfWork, known: KnownCriteria, before: KnownCriteria, old: int, new: int) -> Iterator[str]:
    reached, needed = checkpoints.positions(uow, new), checkpoints.positions(uow, old)
    if new == NEVER_PROJECTED or not reached:
        yield f"nothing was projected under it; `hepledger replay {known.id}` does"
    behind = {at: offset - reached.get(at, 0) for at, offset in sorted(needed.items()) if offset > reached.get(at, 0)}
    if behind:
        told = ", ".join(f"{events} events on partition {at}" for at, events in behind.items())
        yield f"it is behind {before.name} by {told}; `hepledger project --criteria {known.id}` takes it further"
    waiting = parked.keys(uow, [old, new])
    stopped = sorted(key for at, key in waiting if at == new and (old, key) not in waiting)
    if stopped:
        more = f" and {len(stopped) - NAMED} more" if len(stopped) > NAMED else ""
        named = ", ".join(stopped[:NAMED]) + more
        yield f"patients are parked under it that {before.name} does not park ({named}); see `hepledger parked list`"


def _told(uow: UnitOfWork, herald: Herald, old: int, new: int, page: Sequence[Mover]) -> list[Waiting]:
    whose = [mover.patient_id for mover in page]
    told, now = (activations.standing(uow, each, whose) for each in (old, new))
    rows: list[Waiting] = []
    marks: list[tuple[bytes | None, Standing]] = []
    for mover in page:
        last, standing = told.get(mover.patient_id), now.get(mover.patient_id)
        row = herald.changed(mover, standing, None if last is None else last.announced_id)
        rows.append(row)
        if standing is not None:
            marks.append((row[0], standing))
    activations.announce(uow, new, marks)
    activations.announce(uow, old, [(None, last) for last in told.values()])
    return rows
