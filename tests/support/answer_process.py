"""What changes the registry's answer, in a process of its own, to be killed: `python -m tests.support.answer_process ROLE FILE`.

The roles are `replay` (two sets, beside a live projection that parks a patient), `activate`, `rollback` and `rebuild`.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from hepledger.database import make_engine, sqlite_url
from hepledger.log.port import NewEntry
from hepledger.log.sql import SqlLog, create_stream, open_stream
from hepledger.projection.activation import activate, roll_back
from hepledger.projection.crashpoint import SETTING
from hepledger.projection.rebuild_swap import Rebuild, Rebuilt
from hepledger.state import catalogue
from hepledger.state.unit_of_work import begin_on
from hepledger.tables import METADATA
from hepledger_events.streams import DERIVED, REPORTED
from tests.support.builders import lab, prescription
from tests.support.cohort_of_many import new_entries
from tests.support.projecting import LATER, State, brittle, entries_of, shipped, state_with
from tests.support.replaying import replay

ROOT: Final = Path(__file__).parents[2]
SETS: Final = ("hegade-2011", "relapse-3uln", "ctcae-v5-alt")
DAYS: Final = ("2023-12-20", "2024-02-01", "2024-03-05", "2024-05-01")
VALUES: Final = {"P0": ("200", "35", "30", "90"), "P1": ("200", "66", "30", "190"), "P2": ("200", "35", "30", "32")}


def entries() -> Iterator[NewEntry]:
    """A small cohort; P0 relapses under one set only, and the broken release fails on a result of P1."""
    yield from new_entries(patients=4, events_of_each=25)
    for name, values in VALUES.items():
        yield from entries_of([prescription(name), *(lab(name, *said) for said in zip(DAYS, values, strict=True))])


def registry(file: Path) -> State:
    """The registry of a file, made if it is not there."""
    return state_with([shipped(name) for name in SETS], file)


def fill(file: Path) -> None:
    """A registry that a broken release has projected under the set that is its answer."""
    state = registry(file)
    create_stream(state.engine, DERIVED)
    create_stream(state.engine, REPORTED).append(list(entries()))
    state.project(reported(state), [brittle(state.sets[0], {"66"})], parked_percent=100)
    state.relay_all(open_stream(state.engine, DERIVED))
    state.engine.dispose()


def reported(state: State) -> SqlLog:
    """The stream of what was reported."""
    return open_stream(state.engine, REPORTED)


def make_other(state: State) -> None:
    """The other sets, from the histories."""
    replay(state, reported(state), state.sets[1:])


def make_answer(state: State) -> None:
    """The second set becomes the registry's answer, if it is not yet."""
    with state.begin() as uow:
        known, active = catalogue.get_criteria(uow, SETS[1]), catalogue.find_active(uow)
    if active != known.fingerprint:
        activate(state.begin, known, lambda: LATER)


def go_back(state: State) -> None:
    """What was the answer before becomes it again."""
    roll_back(state.begin, lambda: LATER)


@contextmanager
def _no_progress(_label: str, _total: int) -> Iterator[Callable[[int], None]]:
    yield lambda _: None


def make_anew(state: State) -> Rebuilt:
    """Everything, from the log."""
    with TemporaryDirectory() as folder:
        aside = make_engine(sqlite_url(Path(folder) / "aside.sqlite"))
        METADATA.create_all(aside)
        rebuild = Rebuild(reported(state), state.begin, begin_on(aside), clock=lambda: LATER, progress=_no_progress)
        try:
            return rebuild.run()
        finally:
            aside.dispose()


ROLES: Final[dict[str, Callable[[State], object]]] = {
    "replay": make_other,
    "activate": make_answer,
    "rollback": go_back,
    "rebuild": make_anew,
}


def killed_at(point: str, role: str, file: Path) -> bool:
    """Run a role in a process of its own, and say whether it was killed at the crash point."""
    environment = {**os.environ, SETTING: point}
    command = [sys.executable, "-m", __spec__.name, role, str(file)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode in {0, -signal.SIGKILL}, done.stderr
    return done.returncode == -signal.SIGKILL


if __name__ == "__main__":
    ROLES[sys.argv[1]](registry(Path(sys.argv[2])))
