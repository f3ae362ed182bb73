"""Killed anywhere in a replay, an activation, a rollback or a rebuild: the answer is the old one or the new one, whoever goes on
ends with the rows of a rebuild, and what differs is told exactly once."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pytest

from hepledger.log.sql import open_stream
from hepledger.state import catalogue
from hepledger_events.codec import decode
from hepledger_events.streams import DERIVED
from tests.support import answer_process as process
from tests.support.projecting import State, shipped, state_with
from tests.support.raw_log import RawLog
from tests.support.reader import Reader


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A registry whose live projection parks a patient."""
    file = tmp_path_factory.mktemp("filled") / "registry.sqlite"
    process.fill(file)
    return file


@pytest.fixture(scope="module")
def replayed(filled: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, mended, with two more sets that were made from the histories."""
    file = tmp_path_factory.mktemp("replayed") / "registry.sqlite"
    shutil.copy(filled, file)
    state = process.registry(file)
    process.make_other(state)
    state.retry(state.sets[0], "LEE/P1")
    state.relay_all(open_stream(state.engine, DERIVED))
    state.engine.dispose()
    return file


@pytest.fixture(scope="module")
def from_nothing() -> State:
    """The state that one sound worker makes in one go."""
    state = state_with([shipped(name) for name in process.SETS])
    state.project(RawLog(process.entries()))
    return state


def copied(source: Path, tmp_path: Path) -> Path:
    file = tmp_path / "registry.sqlite"
    shutil.copy(source, file)
    return file


def answer(state: State) -> str:
    with state.begin() as uow:
        return catalogue.get_active(uow).id


def rows_of(state: State) -> dict[str, list[dict[str, object]]]:
    """All that is remembered; which event told the world of a belief is looked at by a reader."""
    return {
        name: [{column: value for column, value in row.items() if column != "announced_id"} for row in rows]
        for name, rows in state.rows().items()
        if name != "outbox"
    }


def assert_as_from_nothing(state: State, sound: State) -> None:
    assert rows_of(state) == rows_of(sound)


def told(state: State) -> Reader:
    """Whoever reads the derived stream, from its beginning."""
    log = open_stream(state.engine, DERIVED)
    state.relay_all(log)
    reader, entries = Reader(), log.read(0, 0, 10_000)
    assert Counter(decode(entry.payload).id for entry in entries).most_common(1)[0][1] == 1
    for entry in entries:
        reader.read(entry.payload)
    return reader


@pytest.mark.parametrize(
    "point",
    [
        "before-packs",
        "before-packs:3",
        "after-packs:2",
        "before-page",
        "before-page:3",
        "after-page",
        "after-page:4",
        "after-fence",
        "after-drain",
    ],
)
def test_a_replay_killed_at_a_crash_point_goes_on_where_it_stood(
    point: str, filled: Path, from_nothing: State, tmp_path: Path
) -> None:
    file = copied(filled, tmp_path)
    assert process.killed_at(point, "replay", file)
    state = process.registry(file)
    process.make_other(state)
    state.retry(state.sets[0], "LEE/P1")
    assert_as_from_nothing(state, from_nothing)


@pytest.mark.parametrize(("point", "pages"), [("after-packs", 3), ("after-page", 4)])
def test_a_replay_killed_after_every_page_comes_to_its_end(
    point: str, pages: int, filled: Path, from_nothing: State, tmp_path: Path
) -> None:
    file, killed = copied(filled, tmp_path), 0
    while process.killed_at(point, "replay", file):
        killed += 1
    state = process.registry(file)
    state.retry(state.sets[0], "LEE/P1")
    assert killed == pages  # seven patients, two at a time; one is parked and not packed
    assert_as_from_nothing(state, from_nothing)


@pytest.mark.parametrize(
    ("point", "then"), [("before-activation", "hegade-2011"), ("after-activation", "relapse-3uln")]
)
def test_an_activation_killed_at_a_crash_point_leaves_the_old_or_the_new_answer_and_tells_the_differences_once(
    point: str, then: str, replayed: Path, tmp_path: Path
) -> None:
    file = copied(replayed, tmp_path)
    assert process.killed_at(point, "activate", file)
    state = process.registry(file)
    assert answer(state) == then
    process.make_answer(state)
    reader = told(state)
    assert reader.states["LEE/P0"] == "CR"
    assert reader.criteria == [state.sets[1].fingerprint]


@pytest.mark.parametrize(
    ("point", "then"), [("before-activation", "relapse-3uln"), ("after-activation", "hegade-2011")]
)
def test_a_rollback_killed_at_a_crash_point_leaves_the_old_or_the_new_answer(
    point: str, then: str, replayed: Path, tmp_path: Path
) -> None:
    file = copied(replayed, tmp_path)
    state = process.registry(file)
    process.make_answer(state)
    state.engine.dispose()
    assert process.killed_at(point, "rollback", file)
    state = process.registry(file)
    assert answer(state) == then
    assert told(state).states["LEE/P0"] == ("RP" if then == "hegade-2011" else "CR")


@pytest.mark.parametrize("point", ["after-facts", "before-swap", "after-swap"])
def test_a_rebuild_killed_at_a_crash_point_leaves_the_old_or_the_new_state(
    point: str, replayed: Path, from_nothing: State, tmp_path: Path
) -> None:
    file = copied(replayed, tmp_path)
    with_damage(file)
    assert process.killed_at(point, "rebuild", file)
    state = process.registry(file)
    damaged = [row["identity"] for row in state.rows("fact")["fact"] if row["identity"] == "damaged"]
    assert damaged == ([] if point == "after-swap" else ["damaged"])
    process.make_anew(state)
    assert_as_from_nothing(state, from_nothing)


def with_damage(file: Path) -> None:
    state = process.registry(file)
    with state.begin() as uow:
        one = "(SELECT event_id FROM fact WHERE identity <> '' LIMIT 1)"
        uow.connection.exec_driver_sql(f"UPDATE fact SET identity = 'damaged' WHERE event_id = {one}")  # noqa: S608
        uow.commit()
    state.engine.dispose()
