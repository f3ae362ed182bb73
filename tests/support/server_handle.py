"""What a test holds of a server: where it is, and the hands to stop, kill and freeze it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, Self

import pytest

from tests.support.server_program import wait_until

PATIENCE = 120.0
"""Seconds a server of our own is given to answer; a busy machine takes its time."""

PATIENCE_ELSEWHERE = 10.0
"""The same for somebody else's, which should be there already."""


class Machine(Protocol):
    """What a server runs on: a program or a container. Each verb does nothing where there is nothing to do."""

    @property
    def running(self) -> bool:
        """Whether it is there, frozen or not."""

    def start(self) -> None:
        """Starts it over the data it had."""

    def stop(self) -> None:
        """Asks it to end in good order, and waits."""

    def kill(self) -> None:
        """Ends it without warning."""

    def pause(self) -> None:
        """Freezes it: connections stay, nothing answers."""

    def resume(self) -> None:
        """Goes on after `pause`."""

    def close(self) -> None:
        """Ends it for good, and its data."""

    def last_words(self) -> str:
        """The end of what it printed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server on loopback. ``url`` is how the program is told of it, ``address`` is host:port, the same after every restart."""

    url: str
    address: str
    answers: Callable[[], object]  # raises until it does
    machine: Machine | None = None  # None: somebody else's, found by its address in the environment

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def own(self) -> Machine:
        """The hands on it; a test that stops a server is skipped where the server is somebody else's."""
        if self.machine is None:
            pytest.skip(f"the server at {self.address} is not ours to stop")
        return self.machine

    def start(self) -> None:
        """Starts it, if it does not run, and waits until it answers. Raises Unavailable if it never does."""
        if self.machine is None:
            wait_until(self.answers, PATIENCE_ELSEWHERE)
            return
        self.machine.resume()
        self.machine.start()
        wait_until(self.answers, PATIENCE, lambda: self.own.running, self.machine.last_words)

    def stop(self) -> None:
        """Stops it in good order."""
        self.own.stop()

    def kill(self) -> None:
        """Kills it, as a loss of power would."""
        self.own.kill()

    def pause(self) -> None:
        """Freezes it: connections stay, nothing answers."""
        self.own.pause()

    def resume(self) -> None:
        """Goes on after `pause`."""
        self.own.resume()

    def close(self) -> None:
        """Ends it for good; leaves alone what is somebody else's."""
        if self.machine is not None:
            self.machine.close()


def started(server: Server) -> Server:
    """The server, answering; closed if it does not come to that. Raises Unavailable."""
    try:
        server.start()
    except BaseException:
        server.close()
        raise
    return server
