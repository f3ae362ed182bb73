"""Processes for workers: each reads the program, waits for its work on a line, and does it.

To read the program takes longer than to begin a small piece of work. Processes that are asked for on the command line are
therefore begun first of all, and read it while this one does. Nothing of the program is read here.
"""

from __future__ import annotations

import gc
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, Final

from hepledger.cli import WORKERS

MOST_AHEAD: Final = 64
"""More are begun when it is certain that they are needed."""

_PROCESSES: Final = get_context("spawn")  # a fork would share connections, and leave the client's threads behind
_ahead: Final[list[Hired]] = []


class Hired:
    """A process, the line that gives it its work and keeps it going, and the one it tells on."""

    def __init__(self) -> None:
        held, self.line = _PROCESSES.Pipe(duplex=False)
        self.news, told = _PROCESSES.Pipe(duplex=False)
        self.process = _PROCESSES.Process(target=_wait_for_work, args=(held, told))
        self.process.start()
        for theirs in (held, told):
            theirs.close()

    def give(self, work: Callable[..., None], *arguments: Any) -> None:
        """What to do; ``work`` is handed the arguments and, of both lines, the other ends."""
        with suppress(BrokenPipeError):  # it is gone, as its exit code says
            self.line.send((work, arguments))


def hire() -> Hired:
    """One that was begun ahead, if one is left."""
    return _ahead.pop() if _ahead else Hired()


@contextmanager
def begun_ahead(arguments: Sequence[str]) -> Iterator[None]:
    """Begin as many as the words of a command line ask for. At the end of the context those that nobody needed are sent away."""
    number = _asked_for(arguments)
    try:
        for _ in range(number if 1 < number <= MOST_AHEAD else 0):
            _ahead.append(Hired())
        yield
    finally:
        for each in _ahead:
            each.line.close()
        _ahead.clear()


def _asked_for(arguments: Sequence[str]) -> int:
    """How many, as far as that can be read without knowing the command; it is no error here if it cannot."""
    for word, following in zip(arguments, [*arguments[1:], ""], strict=True):
        name, _, value = word.partition("=")
        if name == WORKERS:
            number = value or following
            return int(number) if number.isascii() and number.isdecimal() else 0
    return 0


def _wait_for_work(held: Connection, told: Connection) -> None:
    """The process. From a terminal Ctrl-C comes to all: the one who watches decides."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.disable()  # what is read stays to the end, and the collector need not look through it
    from hepledger.cli import replaying  # noqa: F401, PLC0415 - it reads what any work needs

    gc.freeze()
    gc.enable()
    with suppress(EOFError):  # it was not needed
        work, arguments = held.recv()
        work(*arguments, held, told)
