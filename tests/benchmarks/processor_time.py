"""What a program and all it started have had of the processors, so that a benchmark can say who was short of them."""

from __future__ import annotations

import os
import resource
from pathlib import Path

from tests.support.server_handle import Server
from tests.support.server_program import Program

PARENT, TIMES = (
    1,
    slice(11, 15),
)  # in /proc/<pid>/stat, counted from the state: ppid; utime, stime, and of children that ended


def seconds_of(server: Server) -> float:
    """Of a server that is a program of this machine; 0 for any other, and where the system does not tell."""
    return tree_seconds(server.machine.pid) if isinstance(server.machine, Program) else 0.0


def of_processors(who: int) -> float:
    """Of this process (`RUSAGE_SELF`), or of those it started that have ended (`RUSAGE_CHILDREN`)."""
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


def tree_seconds(root: int) -> float:
    """Of a process, those it started, and those of them that have ended."""
    told = {pid: fields for pid, fields in map(_stat, _pids()) if fields}
    family = {root}
    while more := {pid for pid, fields in told.items() if int(fields[PARENT]) in family} - family:
        family |= more
    ticks = sum(int(each) for pid in family for each in told.get(pid, [])[TIMES])
    return ticks / os.sysconf("SC_CLK_TCK")


def _pids() -> list[int]:
    return [int(folder.name) for folder in Path("/proc").glob("[0-9]*")]


def _stat(pid: int) -> tuple[int, list[str]]:
    try:
        text = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
    except OSError:  # it has ended meanwhile
        return pid, []
    return pid, text.rpartition(")")[2].split()
