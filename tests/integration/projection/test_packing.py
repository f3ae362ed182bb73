"""Packs change nothing that a replay answers: whoever has none, or none that can be read, is read from the facts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update

from hepledger.log.faults import OffsetMissing
from hepledger.log.port import Entry, EventLog, NewEntry
from hepledger.projection.packing import Packer
from hepledger.state import checkpoints
from hepledger.state.unit_of_work import Begin, UnitOfWork, look_on
from hepledger.tables import pack, packed, patient
from tests.support.cohort_of_many import new_entries
from tests.support.projecting import State, brittle, shipped, state_with
from tests.support.raw_log import RawLog
from tests.support.replaying import begin_replay, pack_all, replay, replayer

DOCUMENTS = [shipped(name) for name in ("hegade-2011", "relapse-3uln", "ctcae-v5-alt")]
ENTRIES = list(new_entries(6, 30))
CURSED = {str(number) for number in range(0, 400, 37)}


def live(entries: Sequence[NewEntry], *, stride: int = 1) -> tuple[State, RawLog]:
    """A registry that was projected under its answer, and its log."""
    state, log = state_with(DOCUMENTS), RawLog(entries, stride=stride)
    state.project(log, state.sets[:1], parked_percent=100)
    return state, log


def rebuilt(entries: Sequence[NewEntry] = ENTRIES) -> State:
    """What one worker makes of everything."""
    state = state_with(DOCUMENTS)
    state.project(RawLog(entries))
    return state


def packer(state: State, log: EventLog, *, page: int = 2, begin: Begin | None = None) -> Packer:
    return Packer(log, look_on(state.engine), begin or state.begin, range(log.partitions), page=page)


def packs(state: State) -> dict[str, int]:
    """Who has a pack, and how far it reaches."""
    with state.engine.connect() as connection:
        joined = select(patient.c.patient, pack.c.until_offset).where(patient.c.patient_id == pack.c.patient_id)
        return dict(iter(connection.execute(joined)))


def packed_until(state: State) -> int:
    with state.engine.connect() as connection:
        return int(connection.execute(select(packed.c.until_offset)).scalar_one())


def names(entries: Sequence[NewEntry]) -> set[str]:
    return {entry.key.partition("/")[2] for entry in entries}


@pytest.mark.parametrize("stride", [1, 3])
def test_those_are_packed_anew_of_whom_something_was_said_since(stride: int) -> None:
    state, log = live(ENTRIES[:100], stride=stride)
    pack_all(state, log)
    end = log.heads()[0]
    assert packs(state) == dict.fromkeys(names(ENTRIES[:100]), end)

    log.put(ENTRIES[100:104])
    state.project(log, state.sets[:1])
    pack_all(state, log)
    assert {name for name, until in packs(state).items() if until > end} == names(ENTRIES[100:104])
    assert packed_until(state) == log.heads()[0]

    log.put(ENTRIES[104:])
    state.project(log, state.sets[:1])
    replay(state, log, state.sets[1:])
    if stride == 1:
        assert state.rows() == rebuilt().rows()


def test_where_nothing_was_said_since_nothing_is_packed() -> None:
    state, log = live(ENTRIES)
    pack_all(state, log)

    def begin() -> UnitOfWork:
        raise AssertionError("something was written")

    again = packer(state, log, begin=begin)  # type: ignore[arg-type]
    assert again.step() == 0
    assert again.is_done


def test_the_pages_stand_for_all_events_of_a_stretch() -> None:
    state, log = live(ENTRIES)
    counted = packer(state, log, page=4)
    done = []
    while not counted.is_done:
        done.append(counted.step())
    assert (len(done), sum(done)) == (2, len(ENTRIES))


def test_a_log_that_does_not_keep_the_stretch_any_more_has_everybody_packed() -> None:
    state, log = live(ENTRIES[:100])
    pack_all(state, log)
    log.put(ENTRIES[100:104])
    state.project(log, state.sets[:1])

    class Kept(RawLog):
        def read(self, partition: int, start: int, limit: int) -> list[Entry]:
            raise OffsetMissing(self.stream, partition, start, limit, limit)

    pack_all(state, Kept(ENTRIES[:104]))
    assert packs(state) == dict.fromkeys(names(ENTRIES[:104]), 104)


def test_who_is_parked_has_no_pack_and_comes_to_the_same() -> None:
    state, log = live(ENTRIES[:60])
    pack_all(state, log)
    packed_before = set(packs(state))

    log, hegade = RawLog(ENTRIES), state.sets[0]
    state.project(log, [brittle(hegade, CURSED)], parked_percent=100)
    parked = {key.partition("/")[2] for key in state.parked(hegade)}
    assert parked & packed_before
    replay(state, log, state.sets[2:])
    assert set(packs(state)) == names(ENTRIES) - parked

    for key in state.parked(hegade):
        state.retry(hegade, key)
    replay(state, log, state.sets[1:])
    assert state.rows() == rebuilt().rows()


def test_who_is_parked_by_the_first_event_after_a_pack_has_that_pack_no_more() -> None:
    """Else a replay after the patient was taken in would find it, and believe that nothing came after it."""
    first = next(at for at in range(60, len(ENTRIES)) if b'"value":"' in ENTRIES[at].payload)
    state, log = live(ENTRIES[:first])
    pack_all(state, log)
    value = ENTRIES[first].payload.partition(b'"value":"')[2].partition(b'"')[0].decode()
    log, hegade = RawLog(ENTRIES[: first + 1]), state.sets[0]
    state.project(log, [brittle(hegade, {value})], parked_percent=100)
    who = {key.partition("/")[2] for key in state.parked(hegade)}
    assert who == names(ENTRIES[first : first + 1])
    pack_all(state, log)
    assert packed_until(state) == first + 1
    assert not who & set(packs(state))
    state.retry(hegade, state.parked(hegade)[0])
    replay(state, log, state.sets[1:])
    assert state.rows() == rebuilt(ENTRIES[: first + 1]).rows()


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_packed_at_any_moment_and_in_part_a_replay_comes_to_the_same(data: st.DataObject) -> None:
    state, log, at = state_with(DOCUMENTS), RawLog(()), 0
    hegade, broken = state.sets[0], brittle(state.sets[0], CURSED)
    pages = packer(state, log)
    while at < len(ENTRIES):
        more = data.draw(st.integers(1, 60), label="events")
        log.put(ENTRIES[at : at + more])
        at += more
        state.project(log, [data.draw(st.sampled_from([hegade, broken]), label="release")], parked_percent=100)
        if data.draw(st.booleans(), label="packing is begun"):
            pages = packer(state, log)
        for _ in range(data.draw(st.integers(0, 5), label="pages")):
            if not pages.is_done:
                pages.step()
        for key in state.parked(hegade) if data.draw(st.booleans(), label="retry") else ():
            state.retry(hegade, key)
    for key in state.parked(hegade):
        state.retry(hegade, key)
    begin_replay(state, log, state.sets[1:])
    worker = replayer(state, log, state.sets[1:])
    while not worker.is_done:
        worker.step()
    assert state.rows() == rebuilt().rows()


def test_a_pack_that_is_damaged_or_gone_is_done_without() -> None:
    state, log = live(ENTRIES)
    pack_all(state, log)
    with state.engine.begin() as connection:
        connection.execute(update(pack).where(pack.c.patient_id == 1).values(data=b"no history"))
        connection.execute(delete(pack).where(pack.c.patient_id == 2))
    replay(state, log, state.sets[1:])
    assert state.rows() == rebuilt().rows()


def test_of_two_who_pack_a_partition_the_slower_one_looks_again() -> None:
    state, log = live(ENTRIES[:100])
    slow = packer(state, log)
    slow.step()
    log.put(ENTRIES[100:])
    state.project(log, state.sets[:1])
    pack_all(state, log, page=100)
    assert slow.step() == 0
    while not slow.is_done:
        slow.step()
    assert packs(state) == dict.fromkeys(names(ENTRIES), len(ENTRIES))
    assert packed_until(state) == len(ENTRIES)


def test_what_was_read_before_everything_was_made_anew_is_not_written() -> None:
    state, log = live(ENTRIES)

    @contextmanager
    def after_a_rebuild() -> Iterator[UnitOfWork]:
        with state.begin() as uow:
            checkpoints.claim(uow, state.sets[0].projection_id, [0], "rebuild", 0)
            uow.commit()
        with state.begin() as uow:
            yield uow

    slow = packer(state, log, begin=after_a_rebuild)
    assert slow.step() == 0
    assert (packs(state), slow.is_done) == ({}, False)
