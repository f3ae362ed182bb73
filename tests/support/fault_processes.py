"""Processes that a test of faults starts and then hurts: the real program, its workers, a load. All are gone when the test is.

Each has a session of its own, so that whatever it has started in turn goes with it, frozen or not.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from hepledger.errors import ServiceUnreachable
from tests.support.server_program import children_of

ROOT = Path(__file__).parents[2]
PROGRAM = "hepledger.cli"
PATIENCE = 40.0
GLANCE = 0.05
LAST_WORDS = 600
HELPERS = (b"resource_tracker", b"forkserver")
"""Of the children of a parent of workers these are Python's own."""


@dataclass(frozen=True, slots=True)
class Running:
    """A process that was started, and where it writes what it says."""

    process: subprocess.Popen[bytes]
    output: Path

    @property
    def pid(self) -> int:
        """Its number."""
        return self.process.pid

    @property
    def runs(self) -> bool:
        """Whether it has not ended."""
        return self.process.poll() is None

    def said(self) -> str:
        """All that it wrote."""
        return self.output.read_text("utf-8", "replace")

    def workers(self) -> list[int]:
        """The processes that it has started to do the work, in the order of their numbers."""
        return sorted(pid for pid in children_of(self.pid) if _is_worker(pid))

    def end(self, seconds: float = PATIENCE) -> int:
        """Waits for its end; gives the exit code."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"it goes on: {self.last_words()}") from None

    def leave(self) -> int:
        """Asks it to end, and waits for that; gives the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.end()

    def stop(self) -> None:
        """Asks it to end, and expects that it ends well."""
        assert self.leave() == 0, self.last_words()

    def kill(self) -> None:
        """Ends it without a word. Those that it started are left to themselves."""
        self.process.kill()
        self.end()

    def last_words(self) -> str:
        """The end of what it wrote, and how it ended."""
        return f"{self.process.args!r} ({self.process.poll()}): …{self.said()[-LAST_WORDS:]}"


@dataclass(slots=True)
class Crew:
    """The processes of a test."""

    folder: Path
    environment: Mapping[str, str]
    started: list[Running] = field(default_factory=list)

    def hepledger(self, *arguments: str, **settings: str) -> Running:
        """Starts the program; ``settings`` are HEPLEDGER_… variables, by what follows the prefix."""
        return self.module(PROGRAM, *arguments, **settings)

    def module(self, name: str, *arguments: str, **settings: str) -> Running:
        """Starts a module as a program."""
        output = self.folder / f"process-{len(self.started)}.log"
        told = {f"HEPLEDGER_{setting}": value for setting, value in settings.items()}
        with output.open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", name, *arguments], cwd=ROOT, env={**self.environment, **told},
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        self.started.append(Running(process, output))
        return self.started[-1]

    def until(self, true: Callable[[], bool], seconds: float = PATIENCE, *, needed: tuple[Running, ...] = ()) -> None:
        """Waits until something is true; a server that is away is not yet. Fails when time is over or one that is needed has ended."""
        deadline = time.monotonic() + seconds
        while True:
            with suppress(ServiceUnreachable):
                if true():
                    return
            gone = [each for each in needed if not each.runs]
            assert not gone, f"ended too early: {gone[0].last_words()}"
            assert time.monotonic() < deadline, f"not in {seconds:g} s: {true}\n{self.last_words()}"
            time.sleep(GLANCE)

    def last_words(self) -> str:
        """What everybody said last."""
        return "\n".join(each.last_words() for each in self.started)

    def disband(self) -> None:
        """Ends everybody, with all that they started, and those that they left behind."""
        for each in self.started:
            with suppress(ProcessLookupError):
                os.killpg(each.pid, signal.SIGKILL)
            each.process.wait()


@contextmanager
def crew(folder: Path, environment: Mapping[str, str]) -> Iterator[Crew]:
    """Processes with an environment, ended when the test is."""
    mine = Crew(folder, environment)
    try:
        yield mine
    finally:
        mine.disband()


def _is_worker(pid: int) -> bool:
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:  # gone meanwhile
        return False
    return bool(command) and not any(name in command for name in HELPERS)
