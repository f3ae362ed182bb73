"""Whether a registry came through: its state is the one projected from nothing, nothing is lost, and every change was told once.

What was found and what was to be expected are plain data, so that the judge can be shown a registry that did not.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from hepledger.log.bounded import BoundedLog
from hepledger.log.port import Entry, EventLog
from hepledger.state import outbox
from tests.support import derived_reader
from tests.support.derived_reader import Said, Told
from tests.support.projecting import State, shipped, state_with

SETS = ("hegade-2011", "iaihg-2022")
"""What the registries of these tests project; the first is the active one, which has a voice."""

ALL = 1_000_000

Rows = Mapping[str, Sequence[Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Sound:
    """What one sound worker makes of the log in one go: the rows, and by patient what it has to tell."""

    rows: Rows
    said: Mapping[str, list[Said]]


def from_nothing(log: EventLog) -> Sound:
    """The whole log, projected into an empty state."""
    state = state_with([shipped(name) for name in SETS])
    state.project(log)
    rows = state.rows()
    rows.pop("outbox")
    said: dict[str, list[Said]] = {}
    with state.begin() as uow:
        for waiting in outbox.first(uow, ALL):
            said.setdefault(waiting.key, []).append(derived_reader.said_by(waiting.payload))
    state.engine.dispose()
    return Sound(rows, said)


def verdict(state: State, derived: Sequence[Entry], log: EventLog, appended: Collection[bytes]) -> list[str]:
    """What is wrong with a registry: its state, its derived stream; ``appended`` are the ids of all that was confirmed."""
    sound, rows = from_nothing(log), state.rows()
    told = derived_reader.told(derived)
    return [*differences(rows, sound.rows), *losses(rows, appended), *untold(told, sound.said), *unbelieved(told, rows)]


def verdict_so_far(state: State, derived: Sequence[Entry], log: EventLog) -> list[str]:
    """The same of a registry that was interrupted, held against the log below its checkpoints: what waits in the outbox is not lost."""
    rows = state.rows()
    with state.begin() as uow:
        waiting = [Entry(_partition_of(each.key, derived), each.seq, *each[1:]) for each in outbox.first(uow, ALL)]
    until = {row["partition"]: row["next_offset"] for row in rows["checkpoint"]}
    sound = from_nothing(BoundedLog(log, {at: until.get(at, 0) for at in range(log.partitions)}))
    told = derived_reader.told([*derived, *waiting])
    return [*differences({**rows, "outbox": []}, sound.rows), *untold(told, sound.said)]


def _partition_of(key: str, derived: Sequence[Entry]) -> int:
    return next((entry.partition for entry in derived if entry.key == key), -1)


def differences(rows: Rows, sound: Rows) -> Iterator[str]:
    """Tables that are not as projected from nothing, with a row that only one side has; and what was never published."""
    for table, expected in sound.items():
        if list(rows[table]) != list(expected):
            ours, theirs = (sorted(map(repr, side)) for side in (rows[table], expected))
            odd = [*(row for row in ours if row not in set(theirs)), *(row for row in theirs if row not in set(ours))]
            yield f"{table}: {len(ours)} rows instead of {len(theirs)}; {(odd or ['a row that is there twice'])[0]}"
    if rows["outbox"]:
        yield f"outbox: {len(rows['outbox'])} derived events wait still"


def losses(rows: Rows, appended: Collection[bytes]) -> Iterator[str]:
    """Events that were confirmed and are neither a fact nor parked, under every set."""
    facts = {row["event_id"] for row in rows["fact"]}
    parked = {row["event_id"] for row in rows["parked"]}
    if lost := set(appended) - facts - parked:
        yield f"lost: {len(lost)} of {len(appended)} events, such as {UUID(bytes=min(lost))}"
    if foreign := (facts | parked) - set(appended):
        yield f"foreign: {len(foreign)} events that nobody sent"


def untold(told: Told, sound: Mapping[str, list[Said]]) -> Iterator[str]:
    """Patients of whom a reader hears something else, or in another order, than a run without faults tells."""
    wrong = sorted(key for key in told.said.keys() | sound.keys() if told.said.get(key) != sound.get(key))
    if wrong:
        heard, expected = ([one.type for one in side.get(wrong[0], [])] for side in (told.said, sound))
        yield f"derived stream: {len(wrong)} patients are told of otherwise; {wrong[0]}: {heard} instead of {expected}"


def unbelieved(told: Told, rows: Rows) -> Iterator[str]:
    """Patients of whom a reader believes another present state than the registry's answer is."""
    courses = {row["patient_id"]: row["state"] for row in rows["course"] if row["projection_id"] == 1}
    wrong = sorted(key for key, state in told.states.items() if courses.get(key) != state)
    if wrong:
        yield f"derived stream: {len(wrong)} patients are believed to be in another state, such as {wrong[0]}"
