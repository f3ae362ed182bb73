"""The judge of these tests notices what it is there for: each fault that a registry might show is shown to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

import pytest

from hepledger.log.port import Entry, NewEntry
from hepledger.projection.consumer import Consumer
from hepledger.state import outbox
from hepledger.state.checkpoints import Fenced
from hepledger_events.codec import decode, encode
from tests.support.cohort_of_many import new_entries
from tests.support.fault_judge import ALL, SETS, verdict
from tests.support.projecting import State, shipped, state_with
from tests.support.raw_log import RawLog

BATCH = 50


def cohort() -> list[NewEntry]:
    return list(new_entries(patients=12, events_of_each=40))


def fresh() -> State:
    return state_with([shipped(name) for name in SETS])


def told_by(state: State) -> list[Entry]:
    """The stream that a relay makes of the outbox, which is empty then."""
    with state.begin() as uow:
        waiting = outbox.first(uow, ALL)
        outbox.forget(uow, waiting)
        uow.commit()
    return [Entry(0, at, each.event_id, each.key, each.payload) for at, each in enumerate(waiting)]


def projected() -> tuple[State, list[Entry]]:
    state = fresh()
    state.project(RawLog(cohort()), limit=BATCH)
    return state, told_by(state)


def judged(state: State, derived: list[Entry]) -> list[str]:
    entries = cohort()
    return verdict(state, derived, RawLog(entries), [entry.event_id for entry in entries])


def edited(state: State, statement: str, *values: int) -> None:
    with state.begin() as uow:
        assert uow.connection.exec_driver_sql(statement, values).rowcount > 0
        uow.commit()


def test_a_sound_registry_is_found_sound_and_tells_enough_to_be_judged_by() -> None:
    state, derived = projected()
    assert judged(state, derived) == []
    assert len(derived) > 30
    assert judged(state, [*derived, *derived[:7]]) == []  # published again, under the same ids


@pytest.mark.parametrize(
    ("statement", "table"),
    [
        ('DELETE FROM fact WHERE "offset" = 17', "fact"),
        ("UPDATE course SET state = 'X' WHERE patient_id = 3 AND projection_id = 2", "course"),
        ("DELETE FROM transition WHERE projection_id = 1 AND patient_id = 2", "transition"),
        ("UPDATE checkpoint SET next_offset = next_offset + 1 WHERE projection_id = 2", "checkpoint"),
        ("UPDATE landmark SET known_from = known_from + 1 WHERE patient_id = 5", "landmark"),
    ],
)
def test_a_row_that_is_not_as_projected_from_nothing_is_noticed(statement: str, table: str) -> None:
    state, derived = projected()
    edited(state, statement)
    assert table in {each.partition(":")[0] for each in judged(state, derived)}


def test_an_event_that_was_confirmed_and_is_nowhere_is_noticed() -> None:
    state, derived = projected()
    ids = [entry.event_id for entry in cohort()]
    for appended, complaint in (([*ids, bytes(16)], "lost"), (ids[1:], "foreign")):
        found = verdict(state, derived, RawLog(cohort()), appended)
        assert [each.partition(":")[0] for each in found] == [complaint]


def doubled_under_another_id(entry: Entry) -> Entry:
    """The same thing said again, as if the id were drawn anew each time."""
    payload = encode(replace(decode(entry.payload), id=str(UUID(int=1))))
    return entry._replace(event_id=UUID(int=1).bytes, payload=payload)


def out_of_order(derived: list[Entry]) -> list[Entry]:
    """Two events of one patient change places."""
    key = next(entry.key for entry in derived if sum(other.key == entry.key for other in derived) > 2)
    first, second = [at for at, entry in enumerate(derived) if entry.key == key][:2]
    swapped = list(derived)
    swapped[first], swapped[second] = derived[second], derived[first]
    return swapped


@pytest.mark.parametrize(
    "distorted",
    [
        lambda derived: derived[1:],
        lambda derived: [*derived, doubled_under_another_id(derived[0])],
        out_of_order,
    ],
    ids=["one is missing", "one is told twice under two ids", "two are out of order"],
)
def test_a_derived_stream_that_tells_something_else_is_noticed(
    distorted: Callable[[list[Entry]], list[Entry]],
) -> None:
    state, derived = projected()
    assert {each.partition(":")[0] for each in judged(state, distorted(derived))} == {"derived stream"}


def test_what_was_never_published_is_noticed() -> None:
    state = fresh()
    state.project(RawLog(cohort()), limit=BATCH)
    assert "outbox" in {each.partition(":")[0] for each in judged(state, told_by(projected()[0]))}


def zombie_and_successor() -> tuple[State, Consumer]:
    """A worker stood still after its first batches, and another one did all the rest."""
    state, log = fresh(), RawLog(cohort())
    zombie = state.consumer(log, limit=BATCH)
    zombie.step()
    zombie.step()
    state.consumer(log, limit=BATCH).drain()
    return state, zombie


def test_the_write_of_a_zombie_is_refused_and_changes_nothing() -> None:
    state, zombie = zombie_and_successor()
    with pytest.raises(Fenced):
        zombie.step()
    assert judged(state, told_by(state)) == []


def test_without_the_compare_and_set_the_write_of_a_zombie_would_be_noticed() -> None:
    state, zombie = zombie_and_successor()
    edited(state, "UPDATE checkpoint SET epoch = 1, next_offset = ?", 2 * BATCH)  # as the zombie remembers it
    zombie.step()
    edited(state, "UPDATE checkpoint SET next_offset = ?", len(cohort()))  # and where its successor had left it
    complaints = {each.partition(":")[0] for each in judged(state, told_by(state))}
    assert complaints >= {"course", "transition", "landmark", "derived stream"}
