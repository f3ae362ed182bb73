"""What `project --workers N` does: processes of their own that take the log in, started, watched and stopped by one that relays.

A worker goes on while a pipe from here is open. When it closes, because the work is done, because somebody said stop or because
this process was killed, the worker finishes the batch in hand and goes: none is left behind, and a signal that is sent to all
of them at once is no second one.
"""

from __future__ import annotations

import gc
import signal
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from multiprocessing.connection import Connection, wait
from typing import Final

from hepledger.bootstrap import Registry, open_registry
from hepledger.cli.output import note
from hepledger.cli.processes import hire
from hepledger.cli.working import GoingOn, Place, Tell, projected_sets, work
from hepledger.config import Config
from hepledger.errors import HepledgerError, ServiceUnreachable, exit_code_of
from hepledger.projection.outage import Outage
from hepledger.projection.relay import Relay, relay_while
from hepledger.projection.sets import Projected

LOOK_SECONDS: Final = 0.1
LOOKS: Final = 10
PAUSE_SECONDS: Final = 0.01
RESTART_SECONDS: Final = 1.0


class WorkerFailed(HepledgerError):
    """A worker has given up; what it said is above."""

    def __init__(self, number: int, code: int) -> None:
        super().__init__(f"worker {number} has given up: the others were stopped")
        self.number, self.code = number, code


def supervise(
    registry: Registry, sets: Sequence[Projected], places: Sequence[Place], going_on: GoingOn, tell: Tell, relay: Relay
) -> None:
    """Let workers take in what comes, and relay what they announce, for as long as ``going_on`` says so.

    Raises WorkerFailed, and ServiceUnreachable when an outage of what the relay needs has outlasted the patience.
    """
    limit = registry.config.outage_seconds if places[0].follow else 0.0
    with Workers(registry.config, [each.fingerprint for each in sets], places, tell) as workers:
        relay_while(going_on, relay, Outage(limit, workers.look, note), workers.look, LOOK_SECONDS)
    relay.publish_all()


Errand = Callable[[Registry, Sequence[str], Place, GoingOn, Tell], None]
"""What a worker does under some sets, named by their fingerprints. It ends when it is told to, and not before."""


def wait_to_be_told(going_on: GoingOn) -> None:
    """How an errand ends whose work was done before."""
    while going_on():
        time.sleep(PAUSE_SECONDS)


def _project(registry: Registry, fingerprints: Sequence[str], place: Place, going_on: GoingOn, tell: Tell) -> None:
    work(registry, projected_sets(registry, fingerprints), place, going_on, tell)


class Workers:
    """The processes. At the end of the context they are told to go, and waited for; after an interruption they are killed."""

    def __init__(
        self,
        config: Config,
        fingerprints: Sequence[str],
        places: Sequence[Place],
        tell: Tell,
        errand: Errand = _project,
    ) -> None:
        self._config, self._fingerprints, self._tell, self._errand = config, fingerprints, tell, errand
        self._running = [self._start(place) for place in places]

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        for each in self._running:
            each.line.close()
        if kind is not None and issubclass(kind, KeyboardInterrupt):
            self._kill()
        try:
            self._wait()
        except KeyboardInterrupt:
            self._kill()
            raise

    def look(self, seconds: float) -> bool:
        """Hear for a while what is taken in, and start again whom a signal has ended; whether anything was told.

        Raises WorkerFailed where one gave up.
        """
        heard = self._listen(seconds)
        for at, each in enumerate(self._running):
            code = each.process.exitcode
            if code is None:
                continue
            if code >= 0:
                raise WorkerFailed(each.place.number, code)
            if time.monotonic() >= each.started + RESTART_SECONDS:
                note(f"worker {each.place.number} was ended by {signal.Signals(-code).name}: it is started again")
                each.line.close()
                self._running[at] = self._start(each.place)
        return heard

    def wait_until(self, done: Callable[[], bool]) -> None:
        """Wait for what they do: ``done`` is asked when somebody has told of something, and every second. Raises what `look` raises."""
        while not done():
            for _ in range(LOOKS):
                if self.look(LOOK_SECONDS):
                    break

    def _kill(self) -> None:
        for each in self._running:
            each.process.kill()

    def _wait(self) -> None:
        while left := [each.process.sentinel for each in self._running if each.process.is_alive()]:
            wait(left, LOOK_SECONDS)
            self._listen(0.0)
        while not all(each.news.closed for each in self._running):  # what they told last may be many words
            self._listen(0.0)

    def _start(self, place: Place) -> _Running:
        return _Running(self._config, self._fingerprints, place, self._errand)

    def _listen(self, seconds: float) -> bool:
        heard = [each.news for each in self._running if not each.news.closed]
        if not heard:
            time.sleep(seconds)
        spoken = wait(heard, seconds)
        for news in (each for each in heard if each in spoken):
            try:
                self._tell(news.recv())
            except (EOFError, OSError):
                news.close()
        return bool(spoken)


class _Running:
    """A process, since when it runs, the line that keeps it going and the one it tells on."""

    def __init__(self, config: Config, fingerprints: Sequence[str], place: Place, errand: Errand) -> None:
        self.place, self.started = place, time.monotonic()
        hired = hire()
        hired.give(_work, config, fingerprints, place, errand)
        self.process, self.line, self.news = hired.process, hired.line, hired.news


def _work(
    config: Config, fingerprints: Sequence[str], place: Place, errand: Errand, held: Connection, told: Connection
) -> None:
    """A worker's process. It ends with the exit code of what it gave up for."""
    stopped: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _frame: stopped.append(number))

    def tell(events: int) -> None:
        if events:
            with suppress(OSError):  # nobody listens any more, and the line will say so
                told.send(events)

    def going_on() -> bool:
        return not (stopped or held.poll())

    try:
        _run(config, fingerprints, place, errand, going_on, tell)
    except Exception as error:  # noqa: BLE001 - the last door of this process: what happened is told, not thrown at a user
        reason = (
            str(error) if isinstance(error, HepledgerError) else f"unexpected failure ({type(error).__name__}: {error})"
        )
        note(f"hepledger: worker {place.number}: {' '.join(reason.split())}")
        sys.exit(exit_code_of(error))
    finally:
        gc.freeze()  # it all goes with the process, and the collector need not look through it first


def _run(
    config: Config, fingerprints: Sequence[str], place: Place, errand: Errand, going_on: GoingOn, tell: Tell
) -> None:
    """The errand, on a registry of the process's own; a worker that is started again in an outage waits for its end."""
    outage = Outage(config.outage_seconds if place.follow else 0.0, time.sleep, note)
    while going_on():
        try:
            with open_registry(config, lambda: datetime.now(UTC)) as registry:
                errand(registry, fingerprints, place, going_on, tell)
            return
        except ServiceUnreachable as error:
            outage.wait(error)
