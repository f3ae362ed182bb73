"""Packs change nothing that a replay answers: whoever has none, or none that can be read, is read from the facts."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, select, update

from hepledger.log.port import NewEntry
from hepledger.projection.packing import Packer
from hepledger.state.unit_of_work import look_on
from hepledger.tables import pack, packed, patient
from tests.support.cohort_of_many import new_entries
from tests.support.projecting import State, brittle, shipped, state_with
from tests.support.raw_log import RawLog
from tests.support.replaying import begin_replay, replay

DOCUMENTS = [shipped(name) for name in ("hegade-2011", "relapse-3uln", "ctcae-v5-alt")]
ENTRIES = list(new_entries(6, 30))


def live(entries: Sequence[NewEntry]) -> tuple[State, RawLog]:
    """A registry that was projected under its answer, and its log."""
    state, log = state_with(DOCUMENTS), RawLog(entries)
    state.project(log, state.sets[:1], parked_percent=100)
    return state, log


def rebuilt() -> State:
    """What one worker makes of everything."""
    state = state_with(DOCUMENTS)
    state.project(RawLog(ENTRIES))
    return state


def packer(state: State, number: int, *, page: int = 2) -> Packer:
    """Who packs what the replay of a set will read."""
    projections = [state.sets[number].projection_id]
    return Packer(look_on(state.engine), state.begin, projections, range(1), page=page)


def packs(state: State) -> dict[str, int]:
    """Who has a pack, and how far it reaches."""
    with state.engine.connect() as connection:
        joined = select(patient.c.patient, pack.c.until_offset).where(patient.c.patient_id == pack.c.patient_id)
        return dict(iter(connection.execute(joined)))


def packed_until(state: State) -> int:
    with state.engine.connect() as connection:
        return int(connection.execute(select(packed.c.until_offset)).scalar_one())


def test_a_later_replay_packs_those_of_whom_something_was_said_since() -> None:
    state, log = live(ENTRIES[:100])
    replay(state, log, state.sets[1:2])
    before = packs(state)
    assert set(before.values()) == {100}

    log = RawLog(ENTRIES[:110])
    state.project(log, state.sets[:1])
    begin_replay(state, log, state.sets[2:])
    second = packer(state, 2)
    while not second.is_done:
        second.step()
    touched = {entry.key.partition("/")[2] for entry in ENTRIES[100:110]}
    assert {name for name, until in packs(state).items() if until == 110} == touched
    assert packed_until(state) == 110

    log = RawLog(ENTRIES)
    state.project(log, state.sets[:1])
    replay(state, log, state.sets[1:])
    assert state.rows() == rebuilt().rows()


def test_where_nothing_was_said_since_nothing_is_packed() -> None:
    state, log = live(ENTRIES)
    replay(state, log, state.sets[1:2])
    begin_replay(state, log, state.sets[2:])
    assert packer(state, 2).is_done


def test_who_is_parked_has_no_pack_and_comes_to_the_same() -> None:
    state, log = live(ENTRIES[:60])
    replay(state, log, state.sets[1:2])
    packed_before = set(packs(state))

    log, hegade = RawLog(ENTRIES), state.sets[0]
    cursed = brittle(hegade, {str(number) for number in range(0, 400, 37)})
    state.project(log, [cursed], parked_percent=100)
    parked = {key.partition("/")[2] for key in state.parked(hegade)}
    assert parked & packed_before
    replay(state, log, state.sets[2:])
    assert set(packs(state)) == {entry.key.partition("/")[2] for entry in ENTRIES} - parked

    for key in state.parked(hegade):
        state.retry(hegade, key)
    replay(state, log, state.sets[1:])
    assert state.rows() == rebuilt().rows()


def test_a_pack_that_is_damaged_or_gone_is_done_without() -> None:
    state, log = live(ENTRIES)
    begin_replay(state, log, state.sets[1:])
    worker = packer(state, 1)
    while not worker.is_done:
        worker.step()
    with state.engine.begin() as connection:
        connection.execute(update(pack).where(pack.c.patient_id == 1).values(data=b"no history"))
        connection.execute(delete(pack).where(pack.c.patient_id == 2))
    replay(state, log, state.sets[1:])
    assert state.rows() == rebuilt().rows()


def test_of_two_who_pack_a_partition_the_slower_one_leaves_it_alone() -> None:
    state, log = live(ENTRIES[:100])
    begin_replay(state, log, state.sets[1:2])
    slow = packer(state, 1)
    slow.step()
    state.project(RawLog(ENTRIES), state.sets[:1])
    begin_replay(state, RawLog(ENTRIES), state.sets[2:])
    fast = packer(state, 2, page=100)
    fast.step()
    while not slow.is_done:
        slow.step()
    assert set(packs(state).values()) == {len(ENTRIES)}
    assert packed_until(state) == len(ENTRIES)
