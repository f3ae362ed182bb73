"""A server program as a child of the tests: in a folder of its own, on loopback, and gone when the tests are, however they end.

Three things end it: `close`, the end of the interpreter, and, where that never comes because somebody killed the tests, a guard: a
second small process that waits for its input to end.
"""

from __future__ import annotations

import atexit
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PORTS = range(20_000, 32_000)
"""Below those that outgoing connections are given: nobody takes the port of a server while it is stopped, and no client that
keeps trying meets itself there."""

GUARD = """
import os, shutil, signal, sys, time
if not sys.stdin.buffer.read():
    try:
        os.kill(int(sys.argv[2]), signal.SIGKILL)
    except OSError:
        pass
    for _ in range(50):
        shutil.rmtree(sys.argv[1], ignore_errors=True)
        if not os.path.exists(sys.argv[1]):
            break
        time.sleep(0.1)
"""
"""The children of a PostgreSQL notice the death of their parent and end by themselves; until then they may write."""


class Unavailable(Exception):
    """There is no such server to be had this way."""


@dataclass(frozen=True, slots=True)
class Account:
    """Who a server program runs as where the tests run as root."""

    uid: int
    gid: int


def unprivileged() -> Account | None:
    """An account for programs that refuse to run as root; None where the tests are not root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(found.pw_uid, found.pw_gid)
    raise Unavailable("the tests run as root and there is no account postgres or nobody to run a server as")


def own_folder(name: str, account: Account | None = None) -> Path:
    """A new temporary folder that belongs to the account and to nobody else."""
    folder = Path(tempfile.mkdtemp(prefix=f"hepledger-{name}-"))
    if account:
        os.chown(folder, account.uid, account.gid)
    return folder


def free_port() -> int:
    """A port on loopback that nobody listens on."""
    for port in secrets.SystemRandom().sample(PORTS, 100):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise Unavailable("no free port on loopback")


def run_once(command: Sequence[str | Path], account: Account | None = None) -> None:
    """Runs a program to its end. Raises Unavailable with its last words if it fails."""
    name = Path(command[0]).name
    try:
        subprocess.run(
            command, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            check=True, text=True, timeout=600, **_as(account),
        )  # fmt: skip
    except subprocess.CalledProcessError as failed:
        raise Unavailable(f"{name} failed: {_last_words(failed.output)}") from failed
    except (OSError, subprocess.TimeoutExpired) as failed:
        raise Unavailable(f"{name} did not run: {failed}") from failed


@dataclass(slots=True, kw_only=True)
class Program:
    """A server that can be started, stopped, killed and frozen, again and again, over the same data.

    ``stop_signal`` asks it to end in good order; ``patience`` is the seconds it is given for that before it is killed.
    """

    command: Sequence[str | Path]
    folder: Path
    account: Account | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    patience: float = 30.0
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _guard: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        atexit.register(self.close)

    @property
    def running(self) -> bool:
        """Whether it is there, frozen or not."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """The process that was started; asked of a running program only."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Starts it if it does not run."""
        if self.running:
            return
        self._dismiss_guard()
        with (self.folder / "output.log").open("ab") as log:
            self._process = subprocess.Popen(
                self.command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                **_as(self.account),
            )  # fmt: skip
        self._guard = _guard(self.folder, self._process.pid)

    def stop(self) -> None:
        """Asks it to end and waits for that."""
        if self.running:
            self.resume()
            os.kill(self.pid, self.stop_signal)
            try:
                self._reaped(self.patience)
            except subprocess.TimeoutExpired:
                self.kill()

    def kill(self) -> None:
        """Kills it with its children, as a loss of power would."""
        if self.running:
            self.pause()
            self._signal(signal.SIGKILL)
            self._reaped(self.patience)

    def pause(self) -> None:
        """Freezes it with its children: connections stay, nothing answers."""
        os.kill(self.pid, signal.SIGSTOP)  # the parent first, so that no child is born between
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Goes on after `pause`."""
        if self.running:
            self._signal(signal.SIGCONT)

    def close(self) -> None:
        """Stops it for good and removes its folder."""
        atexit.unregister(self.close)
        self.stop()
        self._dismiss_guard()
        shutil.rmtree(self.folder, ignore_errors=True)

    def last_words(self) -> str:
        """The end of what it printed."""
        log = self.folder / "output.log"
        return _last_words(log.read_text("utf-8", "replace")) if log.exists() else ""

    def _signal(self, number: signal.Signals) -> None:
        for pid in (*children_of(self.pid), self.pid):
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                continue

    def _reaped(self, seconds: float) -> None:
        assert self._process is not None
        self._process.wait(seconds)

    def _dismiss_guard(self) -> None:
        if self._guard:
            self._guard.communicate(b"done")
            self._guard = None


def children_of(pid: int) -> Iterator[int]:
    """The processes whose parent is this one; none where the system keeps no /proc."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = stat.read_text().rpartition(")")[2].split()[1]
        except OSError:  # gone meanwhile
            continue
        if int(parent) == pid:
            yield int(stat.parent.name)


def wait_until(
    answers: Callable[[], object],
    seconds: float,
    alive: Callable[[], bool] = lambda: True,
    last_words: Callable[[], str] = lambda: "",
) -> None:
    """Asks until nothing is raised any more; raises Unavailable with the last refusal when time is over or nobody is alive."""
    until = time.monotonic() + seconds
    while True:
        try:
            answers()
        except Exception as refused:
            if time.monotonic() > until or not alive():
                raise Unavailable(f"it does not answer: {last_words() or refused}") from refused
            time.sleep(0.05)
        else:
            return


def _guard(folder: Path, pid: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-I", "-S", "-c", GUARD, str(folder), str(pid)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)


def _as(account: Account | None) -> dict[str, Any]:
    return {"user": account.uid, "group": account.gid, "extra_groups": []} if account else {}


def _last_words(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return " / ".join(lines[-5:])
