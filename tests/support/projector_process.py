"""A projector and its relay in a process of their own, to be killed: `python -m tests.support.projector_process ROLE FILE`.

The role `project` is a release whose engine fails on some results, `retry` the release that mends it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from hepledger.log.port import NewEntry
from hepledger.log.sql import SqlLog, create_stream, open_stream
from hepledger.projection.crashpoint import SETTING
from hepledger_events.streams import DERIVED, REPORTED
from tests.support.builders import lab, prescription
from tests.support.cohort_of_many import new_entries
from tests.support.projecting import State, brittle, entries_of, shipped, state_with

ROOT = Path(__file__).parents[2]
CURSED = {"66"}
LIMIT = 20


def entries() -> Iterator[NewEntry]:
    """A small cohort, and a patient on one of whose results the broken release fails."""
    yield from entries_of([prescription("CURSED"), lab("CURSED", "2023-12-20")])
    yield from new_entries(patients=4, events_of_each=25)
    days = ("2024-02-01", "66"), ("2024-03-01", "35"), ("2024-04-15", "30"), ("2024-06-01", "90")
    yield from entries_of(lab("CURSED", day, value) for day, value in days)


def registry(file: Path) -> State:
    """The registry of a file, made if it is not there."""
    return state_with([shipped("hegade-2011"), shipped("iaihg-2022")], file)


def fill(file: Path) -> None:
    """A registry whose log holds the cohort."""
    state = registry(file)
    create_stream(state.engine, DERIVED)
    create_stream(state.engine, REPORTED).append(list(entries()))
    state.engine.dispose()


def derived(state: State) -> SqlLog:
    """The stream of what was derived."""
    return open_stream(state.engine, DERIVED)


def project(state: State) -> None:
    """Everything the log holds, relayed batch by batch."""
    hegade, iaihg = state.sets
    consumer = state.consumer(open_stream(state.engine, REPORTED), [brittle(hegade, CURSED), iaihg], limit=LIMIT)
    while consumer.step():
        state.relay_all(derived(state))
    state.relay_all(derived(state))


def retry(state: State) -> None:
    """Everybody who is parked, by the release that is sound."""
    for projected in state.sets:
        for key in state.parked(projected):
            state.retry(projected, key)
    state.relay_all(derived(state))


def killed_at(point: str, role: str, file: Path) -> bool:
    """Run a role in a process of its own, and say whether it was killed at the crash point."""
    environment = {**os.environ, SETTING: point}
    command = [sys.executable, "-m", __spec__.name, role, str(file)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode in {0, -signal.SIGKILL}, done.stderr
    return done.returncode == -signal.SIGKILL


if __name__ == "__main__":
    {"project": project, "retry": retry}[sys.argv[1]](registry(Path(sys.argv[2])))
