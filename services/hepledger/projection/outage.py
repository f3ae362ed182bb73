"""Waiting for a service that is away: nothing is lost by it, for what was not committed is still in the log."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from hepledger.database import Contended
from hepledger.errors import ServiceUnreachable

SHORTEST_PAUSE: Final = 0.05
LONGEST_PAUSE: Final = 2.0

CONTENTION_SECONDS: Final = 60.0
"""So long others may be in the way, one after the other. What gives way to a deadlock goes through at the next attempt."""


class Outage:
    """Waiting for what is away, longer from time to time, up to a limit. It is told to whoever looks on, once."""

    def __init__(
        self,
        limit: float,
        rest: Callable[[float], object],
        note: Callable[[str], None] = lambda _: None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limit, self._rest, self._note, self._monotonic = limit, rest, note, monotonic
        self._since: float | None = None
        self._pause, self._told = SHORTEST_PAUSE, False

    def wait(self, error: ServiceUnreachable) -> None:
        """Wait before another attempt. Raises the error when it has been long enough."""
        now = self._monotonic()
        self._since = now if self._since is None else self._since
        limit = max(self._limit, CONTENTION_SECONDS) if isinstance(error, Contended) else self._limit
        if now - self._since >= limit:
            raise error
        if not (self._told or isinstance(error, Contended)):
            self._note(f"{error}; trying again for {self._limit:.0f} s")
            self._told = True
        try:
            self._rest(self._pause)
        except ServiceUnreachable:  # the log is what is away
            time.sleep(self._pause)
        self._pause = min(2 * self._pause, LONGEST_PAUSE)

    def end(self) -> None:
        """It works again."""
        if self._told and self._since is not None:
            self._note(f"going on after {self._monotonic() - self._since:.1f} s")
        self._since, self._pause, self._told = None, SHORTEST_PAUSE, False
