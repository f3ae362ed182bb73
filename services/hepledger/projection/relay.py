"""The relay: from the outbox to the derived stream, in order, at least once.

It publishes first and forgets then, each on its own. A crash between the two publishes again, under the same ids: a reader who
keeps the ids of what it has seen sees each change once. One relay works at a time, under a lease; one that was paused and
comes back forgets nothing that another has in hand, and what it publishes once more is known by its id.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Final

from hepledger.clinical.facts import microseconds
from hepledger.errors import HepledgerError, ServiceUnreachable
from hepledger.log.port import EventLog, NewEntry, Outcome
from hepledger.projection.crashpoint import crashpoint
from hepledger.projection.outage import Outage
from hepledger.state import lease, outbox
from hepledger.state.lease import Lease, LeaseLost
from hepledger.state.outbox import Waiting
from hepledger.state.unit_of_work import Begin, UnitOfWork
from hepledger_events.canonical import canonical_json
from hepledger_events.codec import decode

PAGE: Final = 1_000
LEASE: Final = "relay"
LEASE_SECONDS: Final = 30


class AnnouncedOtherwise(HepledgerError):
    """A derived event stands in the log under the same id with other content. Run `verify`."""


class Relay:
    """Publishes what waits, while it holds the lease. Close it when done."""

    def __init__(
        self,
        begin: Begin,
        log: EventLog,
        *,
        clock: Callable[[], datetime],
        owner: str,
        lease_seconds: int = LEASE_SECONDS,
    ) -> None:
        self._begin, self._log, self._clock, self._owner = begin, log, clock, owner
        self._lasts = lease_seconds * 1_000_000
        self._lease: Lease | None = None
        self.published = 0

    def take_over(self) -> None:
        """Take the lease, whoever holds it: that relay publishes no more."""
        with self._begin() as uow:
            now = microseconds(self._clock())
            self._lease = lease.take(uow, LEASE, self._owner, now, now + self._lasts, by_force=True)
            uow.commit()

    def publish(self, limit: int = PAGE) -> int:
        """Publish the derived events that have waited longest; gives their number.

        It is 0 if none waits, or if another relay is at work. Raises AnnouncedOtherwise, and what the log and the database raise;
        what was not published waits on.
        """
        with self._begin() as uow:
            waiting = outbox.first(uow, limit)
            if not waiting or not self._leased(uow):
                return 0
        self._publish(waiting)
        try:
            self._forget(waiting)
        except LeaseLost:  # whoever has it now publishes them once more
            self._lease = None
            return 0
        self.published += len(waiting)
        return len(waiting)

    def publish_all(self) -> int:
        """Publish until nothing waits; gives the number of derived events."""
        published = 0
        while count := self.publish():
            published += count
        return published

    def close(self) -> None:
        """Give the lease back: another may begin at once. Raises DatabaseUnavailable; then it ends with its time."""
        held, self._lease = self._lease, None
        if held is not None:
            with self._begin() as uow:
                if lease.is_held(uow, held):
                    lease.hold(uow, held, 0)
                    uow.commit()

    def _leased(self, uow: UnitOfWork) -> bool:
        """Whether we hold the lease; it is taken if it is free, and held on to when half of its time is over."""
        now = microseconds(self._clock())
        if self._lease is not None and not lease.is_held(uow, self._lease):
            self._lease = None
        if self._lease is None:
            self._lease = lease.take(uow, LEASE, self._owner, now, now + self._lasts)
            uow.commit()
        elif self._lease.until - now < self._lasts // 2:
            self._lease = lease.hold(uow, self._lease, now + self._lasts)
            uow.commit()
        return self._lease is not None

    def _publish(self, waiting: Sequence[Waiting]) -> None:
        crashpoint("before-publishing")
        receipts = self._log.append([_entry(each) for each in waiting])
        crashpoint("after-publishing")
        if any(receipt.outcome is Outcome.CONFLICT for receipt in receipts):
            raise AnnouncedOtherwise

    def _forget(self, waiting: Sequence[Waiting]) -> None:
        held = self._lease
        if held is None:
            raise LeaseLost
        with self._begin() as uow:
            self._lease = lease.hold(uow, held, microseconds(self._clock()) + self._lasts)
            outbox.forget(uow, waiting)
            crashpoint("before-forgetting")
            uow.commit()
        crashpoint("after-forgetting")


def relay_all(begin: Begin, log: EventLog, clock: Callable[[], datetime], owner: str) -> int:
    """Publish until nothing waits, and instead of whoever else does; gives the number of derived events."""
    relay = Relay(begin, log, clock=clock, owner=owner)
    relay.take_over()
    try:
        return relay.publish_all()
    finally:
        relay.close()


def relay_while(
    going_on: Callable[[], bool], relay: Relay, outage: Outage, rest: Callable[[float], object], seconds: float
) -> None:
    """Publish what comes, with a rest of some seconds between two looks, and wait while a service is away.

    Raises ServiceUnreachable when an outage has outlasted the patience.
    """
    while going_on():
        try:
            relay.publish_all()
        except ServiceUnreachable as error:
            outage.wait(error)
        else:
            outage.end()
            rest(seconds)


def _entry(waiting: Waiting) -> NewEntry:
    return NewEntry(waiting.event_id, waiting.key, _content_hash(waiting.payload), waiting.payload)


def _content_hash(payload: bytes) -> bytes:
    """The hash of what is said, without when: derived again, it is the same event."""
    event = decode(payload)
    return sha256(canonical_json([event.type, event.key, event.occurred_at, event.data]).encode()).digest()
