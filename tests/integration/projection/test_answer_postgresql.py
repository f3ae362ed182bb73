"""On PostgreSQL a replay by several workers makes the rows that SQLite holds, an activation waits for what is being written and
what comes is written after it, and a rebuild exchanges everything."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Engine

from hepledger.database import make_engine
from hepledger.log.memory import MemoryLog
from hepledger.projection.activation import Activated, activate, roll_back
from hepledger.projection.rebuild_swap import Rebuild
from hepledger.state import catalogue, checkpoints, outbox
from hepledger.state.unit_of_work import begin_on
from hepledger.tables import METADATA
from hepledger_events.codec import decode
from tests.support.builders import lab
from tests.support.cohort_of_many import new_entries
from tests.support.databases import opened
from tests.support.projecting import COMPARED, LATER, State, entries_of, shipped, state_on, state_with
from tests.support.raw_log import RawLog
from tests.support.replaying import begin_replay, replay, replayer

DOCUMENTS = [shipped(name) for name in ("hegade-2011", "relapse-3uln", "ctcae-v5-alt")]


def log_of(patients: int, partitions: int) -> MemoryLog:
    log = MemoryLog("hepledger.reported", partitions)
    log.append(list(new_entries(patients, 40)))
    return log


def rows_of(state: State) -> dict[str, list[object]]:
    """The rows; the patients without their numbers, which each engine gives out as it likes."""
    found: dict[str, list[object]] = {name: list(rows) for name, rows in state.rows(*COMPARED).items()}
    found["patient"] = [*sorted(map(repr, state.rows("patient")["patient"]))]
    return found


def differing(one: dict[str, list[object]], other: dict[str, list[object]]) -> list[str]:
    return [name for name in one if one[name] != other[name]]


def test_two_workers_replay_two_sets_on_four_partitions_to_the_rows_of_sqlite(postgresql_url: str) -> None:
    log = log_of(30, 4)
    with opened(postgresql_url) as engine, opened(postgresql_url) as other:
        state = state_on(engine, DOCUMENTS)
        second = State(other, begin_on(other), state.sets)
        state.project(log, state.sets[:1])
        begin_replay(state, log, state.sets[1:])
        worker, twin = (replayer(each, log, each.sets[1:], page=3) for each in (state, second))
        worker.claim(range(0, 4, 2))
        twin.claim(range(1, 4, 2))
        with ThreadPoolExecutor(2) as threads:
            for each in [threads.submit(through, one) for one in (worker, twin)]:
                assert each.result(60) > 2
        replay(state, log, state.sets[1:])
        found = rows_of(state)
    embedded = state_with(DOCUMENTS)
    embedded.project(log)
    assert differing(rows_of(embedded), found) == []


def through(worker: Any) -> int:
    pages = 0
    while not worker.is_done:
        worker.step()
        pages += 1
    return pages


def prepared(engine: Engine) -> tuple[State, RawLog, RawLog]:
    """A registry with all sets projected on a part of a log, and the whole of it."""
    entries = list(new_entries(8, 40))
    part, whole = RawLog(entries[:200]), RawLog([*entries, *entries_of([lab("P9")])])
    state = state_on(engine, DOCUMENTS)
    state.project(part)
    return state, part, whole


def set_named(state: State, name: str) -> catalogue.KnownCriteria:
    with state.begin() as uow:
        return catalogue.get_criteria(uow, name)


def wait_for_a_lock(engine: Engine) -> None:
    """Until some session of this database waits for another one."""
    asked = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    until = time.monotonic() + 20
    while time.monotonic() < until:
        with engine.connect() as connection:
            if connection.exec_driver_sql(asked).scalar_one():
                return
        time.sleep(0.02)
    raise AssertionError("nobody waits")


def told(state: State) -> list[tuple[str, str]]:
    """What waits in the outbox, in order: type, and under which set."""
    with state.begin() as uow:
        events = [decode(each.payload) for each in outbox.first(uow, 10_000)]
    return [(event.type, event.data["criteria"]) for event in events if isinstance(event.data, dict)]


def test_an_activation_waits_for_a_batch_that_is_being_written(postgresql_url: str) -> None:
    with opened(postgresql_url) as engine, opened(postgresql_url) as other, ThreadPoolExecutor(1) as threads:
        state, _, _ = prepared(engine)
        known, elsewhere = set_named(state, "relapse-3uln"), begin_on(other)
        before = len(told(state))
        with state.begin() as uow:
            held = checkpoints.find_claim(uow, state.sets[0].projection_id, 0)
            assert held is not None
            checkpoints.hold(uow, held, held.next_offset, 0)
            activation: Future[Activated] = threads.submit(activate, elsewhere, known, lambda: LATER)
            wait_for_a_lock(engine)
            (last, *_) = outbox.first(uow, 1)
            outbox.add(uow, [(b"\x07" * 16, 0, last.key, last.payload)])
            uow.commit()
        assert activation.result(60).now.id == "relapse-3uln"
        kinds = [kind for kind, _ in told(state)[before:]]
    assert kinds[:2] == ["response.changed", "criteria.activated"]


def test_a_batch_that_comes_while_an_activation_is_written_speaks_after_it_and_under_the_new_set(
    postgresql_url: str,
) -> None:
    with opened(postgresql_url) as engine, opened(postgresql_url) as other, ThreadPoolExecutor(1) as threads:
        state, _, whole = prepared(engine)
        second = State(other, begin_on(other), state.sets)
        worker = second.consumer(whole)
        before = len(told(state))
        working: list[Future[int]] = []

        def clock() -> datetime:
            """It is asked when the locks are taken: then the worker comes."""
            working.append(threads.submit(worker.step))
            wait_for_a_lock(engine)
            return LATER

        activate(state.begin, set_named(state, "relapse-3uln"), clock)
        assert working[0].result(60) > 0
        said = told(state)[before:]
    assert said[0] == ("criteria.activated", "relapse-3uln")
    assert {criteria for _, criteria in said} == {"relapse-3uln"}
    assert len(said) > 2


def test_two_activations_at_once_are_one_after_the_other(postgresql_url: str) -> None:
    with opened(postgresql_url) as engine, opened(postgresql_url) as other, ThreadPoolExecutor(2) as threads:
        state, _, _ = prepared(engine)
        wanted = [(state.begin, "relapse-3uln"), (begin_on(other), "ctcae-v5-alt")]
        work = [threads.submit(activate, begin, set_named(state, name), lambda: LATER) for begin, name in wanted]
        done = sorted((each.result(60) for each in work), key=lambda each: each.number)
        assert [each.number for each in done] == [2, 3]
        assert done[1].before.fingerprint == done[0].now.fingerprint
        assert roll_back(state.begin, lambda: LATER).now.fingerprint == done[0].now.fingerprint


def test_a_rebuild_exchanges_everything(postgresql_url: str) -> None:
    @contextmanager
    def progress(_label: str, _total: int) -> Iterator[Any]:
        yield lambda _: None

    log = log_of(20, 3)
    with opened(postgresql_url) as engine:
        state = state_on(engine, DOCUMENTS)
        state.project(log)
        before = rows_of(state)
        with state.begin() as uow:
            uow.connection.exec_driver_sql("DELETE FROM fact WHERE mod(day, 3) = 0")
            uow.connection.exec_driver_sql("UPDATE course SET state = 'NR'")
            uow.connection.exec_driver_sql("DELETE FROM landmark")
            uow.commit()
        aside = make_engine("sqlite://")
        METADATA.create_all(aside)
        done = Rebuild(log, state.begin, begin_on(aside), clock=lambda: LATER, progress=progress).run()
        assert (done.events, done.orphans) == (800, 0)
        assert differing(before, rows_of(state)) == []
