"""How long a command takes, and how the peak memory of each worker process that it starts grows meanwhile: level, or with the work."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryFile
from typing import Final, NamedTuple

LOOK_SECONDS: Final = 0.2
QUARTERS: Final = 4
WORKER: Final = b"multiprocessing.spawn"
"""In the command line of a worker, and of no other child."""


class Watched(NamedTuple):
    """What a command took, what it said, and the peaks (MB) of each worker after each quarter of the time; None: it was not there."""

    seconds: float
    said: str
    peaks_mb: list[list[int | None]]


def watch(command: Sequence[str], environment: Mapping[str, str]) -> Watched:
    """Run a command to its end. Raises RuntimeError with what it said if it fails."""
    seen: dict[int, list[tuple[float, int]]] = {}
    with TemporaryFile("w+") as out, TemporaryFile("w+") as errors:
        begun = time.perf_counter()
        with subprocess.Popen(command, stdout=out, stderr=errors, env=environment, text=True) as running:
            while not _ends(running):
                now = time.perf_counter() - begun
                for pid in workers_of(running.pid):
                    if peak := peak_mb(pid):
                        seen.setdefault(pid, []).append((now, peak))
        seconds = time.perf_counter() - begun
        for stream in (out, errors):
            stream.seek(0)
        if running.returncode:
            raise RuntimeError(f"{' '.join(command[-4:])} ended with {running.returncode}: {errors.read()}")
        return Watched(seconds, out.read(), [by_quarter(samples, seconds) for _, samples in sorted(seen.items())])


def by_quarter(samples: Sequence[tuple[float, int]], seconds: float) -> list[int | None]:
    """The last sample (when, MB) of each quarter of some seconds."""
    last: list[int | None] = [None] * QUARTERS
    for moment, peak in samples:
        last[min(QUARTERS - 1, int(QUARTERS * moment / seconds))] = peak
    return last


def workers_of(pid: int) -> list[int]:
    """The worker processes that a process has started; none where the system does not tell."""
    children = [child for task in _read(f"/proc/{pid}/task/{pid}/children").split() if (child := int(task))]
    return [child for child in children if WORKER in _read(f"/proc/{child}/cmdline")]


def peak_mb(pid: int) -> int:
    """The most memory that a process has had so far; 0 where it is gone."""
    told = (line.split() for line in _read(f"/proc/{pid}/status").splitlines() if line.startswith(b"VmHWM:"))
    return next((int(words[1]) // 1024 for words in told), 0)


def _ends(running: subprocess.Popen[str]) -> bool:
    try:
        running.wait(LOOK_SECONDS)
    except subprocess.TimeoutExpired:
        return False
    return True


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError:
        return b""
