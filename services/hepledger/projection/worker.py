"""A worker that goes on: it takes over what it is given, waits while a service is away, and gives up what is another's by now."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from hepledger.errors import ServiceUnreachable
from hepledger.log.membership import Assigned
from hepledger.projection.consumer import Consumer
from hepledger.projection.outage import Outage
from hepledger.projection.packing import Upkeep
from hepledger.projection.relay import Relay
from hepledger.projection.sharing import Share
from hepledger.state.checkpoints import Fenced

IDLE_SECONDS: Final = 1.0
JOINING_SECONDS: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """For how long a worker puts up with what hinders it, in seconds.

    ``outage``: a service that is out of reach. ``fenced``: a partition that another worker has taken over while the group says
    that it is ours, before it is claimed again; None is no time at all, for where there is no group nobody changes its mind.
    """

    outage: float = 0.0
    fenced: float | None = None


class Worker:
    """Follows the log on the partitions of its share, for as long as it is told to."""

    def __init__(
        self,
        consumer: Consumer,
        share: Share,
        patience: Patience,
        *,
        relay: Relay | None = None,
        upkeep: Upkeep | None = None,
        note: Callable[[str], None] = lambda _: None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._consumer, self._share, self._relay, self._fenced = consumer, share, relay, patience.fenced
        self._upkeep, self._monotonic = upkeep, monotonic
        self._outage = Outage(patience.outage, share.rest, note, monotonic)
        self._unclaimed: set[int] = set()
        self._aside: dict[int, float] = {}  # partition → when to claim it again
        self._in_doubt = False

    def work(self, going_on: Callable[[], bool], told: Callable[[int], None] = lambda _: None) -> None:
        """Take in what comes for as long as ``going_on`` says so; it is asked between batches, and ``told`` their size.

        Raises ServiceUnreachable when an outage has outlasted the patience, Fenced where there is no group, and what a batch
        raises; then nothing of the last batch was written.
        """
        while going_on():
            try:
                told(self._turn())
            except ServiceUnreachable as error:  # the answer to a commit may be what was lost
                self._in_doubt = True
                self._outage.wait(error)
            except Fenced:
                if self._fenced is None:
                    raise
                self._in_doubt = True
            else:
                self._outage.end()

    def _turn(self) -> int:
        if self._in_doubt:
            self._find_out(self._consumer.check_claims())
        self._settle()
        if self._consumer.held:
            taken = self._step()
        else:
            self._share.rest(JOINING_SECONDS)
            taken = 0
        if self._relay is not None:
            self._relay.publish_all()
        return taken

    def _step(self) -> int:
        if self._upkeep is None:
            return self._consumer.step(IDLE_SECONDS)
        taken = self._consumer.step(0.0 if self._upkeep.is_under_way else IDLE_SECONDS)
        self._upkeep.go_on(taken, self._consumer.held)
        return taken

    def _find_out(self, lost: list[Fenced]) -> None:
        self._in_doubt = False
        if lost and self._fenced is None:
            raise lost[0]
        self._aside |= {fenced.partition: self._monotonic() + (self._fenced or 0.0) for fenced in lost}

    def _settle(self) -> None:
        """Claim what was assigned and release what was revoked, in the order in which it happened."""
        for change in self._share.changes():
            self._consumer.release(change.partitions)
            self._unclaimed -= change.partitions
            for partition in change.partitions:
                self._aside.pop(partition, None)
            if isinstance(change, Assigned):
                self._unclaimed |= change.partitions
        now = self._monotonic()
        self._unclaimed |= {partition for partition, until in self._aside.items() if until <= now}
        if self._unclaimed:
            self._consumer.claim(sorted(self._unclaimed))
            self._aside = {at: until for at, until in self._aside.items() if at not in self._unclaimed}
            self._unclaimed.clear()
