"""The sample reporting consumer of `deploy/examples`, as tests run it and read its file.

As a program (`python -m tests.support.present_states KAFKA TOPIC FILE BATCH`) it runs the consumer again and again, the n-th time killed
before its n-th SQL statement, until one comes through; it prints how many were killed.
"""

from __future__ import annotations

import importlib.util
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from itertools import count
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import UUID

from tests.support.derived_stream import Believed
from tests.support.words import ROOT

PROGRAM = ROOT / "deploy" / "examples" / "present_states.py"


def sample() -> ModuleType:
    """The program as a module: it is in no package."""
    spec = importlib.util.spec_from_file_location("present_states", PROGRAM)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def start(address: str, topic: str, file: Path, *options: str) -> subprocess.Popen[str]:
    """The program as a reporting team starts it."""
    command = [sys.executable, str(PROGRAM), "--kafka", address, "--topic", topic, "--file", str(file), *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8")


def told(file: Path) -> Believed:
    """What the tables say."""
    with closing(sqlite3.connect(file)) as read:
        active = read.execute("SELECT criteria, version FROM active_criteria").fetchone()
        return Believed(
            states=dict(read.execute("SELECT patient, state FROM present_state")),
            beliefs={str(UUID(bytes=one)): whom for one, whom in read.execute("SELECT event_id, patient FROM belief")},
            active=active,
        )


def positions(file: Path) -> int:
    """How far the file has come, all partitions together; 0 where there is no file yet."""
    if not file.exists():
        return 0
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=60)) as read:
        try:
            return int(read.execute("SELECT coalesce(sum(next_offset), 0) FROM position").fetchone()[0])
        except sqlite3.OperationalError:  # its tables are being made
            return 0


def killed_before_statement(number: int, address: str, topic: str, name: str, batch: int) -> bool:
    """Runs the consumer in a child of this process; whether it was killed."""
    child = os.fork()
    if child == 0:
        _take_in_until(number, address, topic, name, batch)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.WEXITSTATUS(status) == 0
    return False


def _take_in_until(number: int, address: str, topic: str, name: str, batch: int) -> None:
    consumer: Any = sample()
    left = [number]

    def count_down(_statement: str) -> None:
        left[0] -= 1
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)

    with closing(consumer.open_file(name)) as file, closing(consumer.open_stream(address, topic)) as stream:
        file.set_trace_callback(count_down)
        consumer.take_in(file, stream, topic, batch, follow=False)
    os._exit(0)


def main(arguments: Sequence[str]) -> None:
    """Killed at every step."""
    address, topic, name, batch = arguments
    killed = next(
        number for number in count() if not killed_before_statement(number + 1, address, topic, name, int(batch))
    )
    sys.stdout.write(f"{killed}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
