"""Killed anywhere, without a word: whoever goes on ends with the state projected from nothing, row by row, and a reader of
the derived stream who keeps the ids sees every change once."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pytest

from hepledger.projection.crashpoint import POINTS
from hepledger_events.codec import decode
from tests.support import projector_process as process
from tests.support.projecting import State, shipped, state_with
from tests.support.raw_log import RawLog
from tests.support.reader import Reader

OF_A_RETRY = ("before-drain", "after-drain")
OF_OTHERS = (
    "before-packs", "after-packs", "before-page", "after-page",
    "before-activation", "after-activation", "before-swap", "after-swap",
)  # fmt: skip
"""Those of packing, a replay, an activation and a rebuild: see test_answer_crashpoints."""


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A registry that was never projected."""
    file = tmp_path_factory.mktemp("filled") / "registry.sqlite"
    process.fill(file)
    return file


@pytest.fixture(scope="module")
def parked(filled: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A registry that was projected by the broken release: a patient is parked."""
    file = tmp_path_factory.mktemp("parked") / "registry.sqlite"
    shutil.copy(filled, file)
    state = process.registry(file)
    process.project(state)
    assert state.parked(state.sets[0]) == ["LEE/CURSED"]
    state.engine.dispose()
    return file


@pytest.fixture(scope="module")
def from_nothing() -> State:
    """The state that one sound worker makes in one go."""
    state = state_with([shipped("hegade-2011"), shipped("iaihg-2022")])
    state.project(RawLog(process.entries()))
    return state


def assert_as_from_nothing(state: State, sound: State) -> None:
    rows, expected = state.rows(), sound.rows()
    assert rows.pop("outbox") == []
    announced = {row["event_id"] for row in expected.pop("outbox")}
    assert len(announced) > 10
    assert rows == expected
    reader, entries = Reader(), process.derived(state).read(0, 0, 10_000)
    for entry in entries:
        reader.read(entry.payload)
    assert {entry.event_id for entry in entries} == announced
    assert Counter(decode(entry.payload).id for entry in entries).most_common(1)[0][1] == 1
    moved = {
        row["patient_id"]: row["state"] for row in rows["course"] if row["projection_id"] == 1 and row["since_day"]
    }
    assert {key: now for key, now in reader.states.items() if now != "start"} == moved


@pytest.mark.parametrize("point", [point for point in POINTS if point not in OF_A_RETRY + OF_OTHERS])
def test_a_projector_killed_at_a_crash_point_loses_nothing_and_doubles_nothing(
    point: str, filled: Path, from_nothing: State, tmp_path: Path
) -> None:
    file = tmp_path / "registry.sqlite"
    shutil.copy(filled, file)
    assert process.killed_at(f"{point}:2", "project", file)
    state = process.registry(file)
    process.project(state)
    process.retry(state)
    assert_as_from_nothing(state, from_nothing)


@pytest.mark.parametrize(
    "point", [*OF_A_RETRY, "after-fence", "after-beliefs", "after-parked", "after-commit", "after-publishing"]
)
def test_a_retry_killed_at_a_crash_point_loses_nothing_and_doubles_nothing(
    point: str, parked: Path, from_nothing: State, tmp_path: Path
) -> None:
    file = tmp_path / "registry.sqlite"
    shutil.copy(parked, file)
    assert process.killed_at(point, "retry", file)
    state = process.registry(file)
    process.retry(state)
    assert_as_from_nothing(state, from_nothing)


def test_a_process_passes_a_crash_point_that_nobody_named(filled: Path, tmp_path: Path) -> None:
    file = tmp_path / "registry.sqlite"
    shutil.copy(filled, file)
    assert not process.killed_at("nowhere", "project", file)


def test_a_position_that_was_written_apart_from_its_result_would_be_noticed(
    filled: Path, from_nothing: State, tmp_path: Path
) -> None:
    file = tmp_path / "registry.sqlite"
    shutil.copy(filled, file)
    state = process.registry(file)
    state.consumer(RawLog(process.entries()), limit=process.LIMIT).step()
    with state.begin() as uow:
        uow.connection.exec_driver_sql("UPDATE checkpoint SET next_offset = next_offset + 1")
        uow.commit()
    process.project(state)
    process.retry(state)
    with pytest.raises(AssertionError):
        assert_as_from_nothing(state, from_nothing)
