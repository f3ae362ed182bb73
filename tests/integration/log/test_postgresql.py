"""The log on PostgreSQL: the whole conformance suite, the race it must not lose, and its answer to somebody who edits it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine

from hepledger.database import Contended, writing
from hepledger.log.chain import verify_chain
from hepledger.log.faults import LogDamaged, PartitionsFixed
from hepledger.log.port import Outcome
from hepledger.log.sql import SqlLog, create_stream
from tests.support import log_cases as contract
from tests.support.databases import opened
from tests.support.log_cases import CASES, CHAIN_CASES, Case
from tests.support.log_contract import PATIENCE, Gate, entry, key_on, outcomes, payloads, read_all
from tests.support.log_makers import sql_maker
from tests.support.numbers_before_commit import SequenceMaker


def edit(engine: Engine, statement: str) -> None:
    with writing(engine) as connection:
        connection.exec_driver_sql(statement)


@pytest.mark.parametrize("case", [*CASES, *CHAIN_CASES], ids=lambda case: case.__name__)
def test_the_log_on_postgresql_keeps_the_promise(case: Case, postgresql_url: str) -> None:
    with sql_maker(postgresql_url) as maker:
        case(maker)


def test_a_log_that_takes_its_offsets_from_a_sequence_is_caught(postgresql_url: str) -> None:
    with sql_maker(postgresql_url, SequenceMaker) as maker, pytest.raises(AssertionError):
        contract.a_reader_never_passes_an_event_that_comes_later(maker)


def test_a_log_that_takes_its_offsets_from_a_sequence_is_caught_for_the_race_and_nothing_else(
    postgresql_url: str,
) -> None:
    with sql_maker(postgresql_url, SequenceMaker) as maker:
        contract.what_was_appended_is_read_in_order(maker)


def test_writers_on_two_partitions_do_not_wait_for_each_other(postgresql_url: str) -> None:
    with sql_maker(postgresql_url) as maker, ThreadPoolExecutor(1) as threads:
        gate, log = Gate(), maker.create(partitions=2)
        first = threads.submit(maker.held_at(gate, log).append, [entry("a", key_on(0, 2))])
        assert gate.reached.wait(PATIENCE)
        assert outcomes(maker.another_handle(log).append([entry("b", key_on(1, 2))])) == [Outcome.APPENDED]
        gate.opened.set()
        assert outcomes(first.result(PATIENCE)) == [Outcome.APPENDED]


def test_one_event_on_two_partitions_at_once_stands_once(postgresql_url: str) -> None:
    with sql_maker(postgresql_url) as maker, ThreadPoolExecutor(2) as threads:
        gate, log = Gate(), maker.create(partitions=2)
        first = threads.submit(maker.held_at(gate, log).append, [entry("a", key_on(0, 2))])
        assert gate.reached.wait(PATIENCE)
        second = threads.submit(maker.another_handle(log).append, [entry("a", key_on(1, 2), "other")])
        gate.opened.set()
        assert outcomes([*first.result(PATIENCE), *second.result(PATIENCE)]) == [Outcome.APPENDED, Outcome.CONFLICT]
        assert [len(read_all(log, partition)) for partition in (0, 1)] == [1, 0]


def test_two_that_wait_for_an_event_of_the_other_both_come_through(postgresql_url: str) -> None:
    """Each writes one event on its own partition, then wants the other's: the server ends one, which begins again."""
    with sql_maker(postgresql_url) as maker, ThreadPoolExecutor(2) as threads:
        log = maker.create(partitions=2)
        assert isinstance(log, SqlLog)
        handles = [maker.another_handle(log), maker.another_handle(log)]
        names = [f"{number}" for number in range(3_000)]
        batches = [[entry(name, key_on(place, 2)) for name in some] for place, some in enumerate((names, names[::-1]))]
        work = [threads.submit(handle.append, batch) for handle, batch in zip(handles, batches, strict=True)]
        found = [outcomes(each.result(60)) for each in work]
        assert sum(each.count(Outcome.APPENDED) for each in found) == 3_000
        assert [verify_chain(log, partition) for partition in (0, 1)] == [None, None]


def test_a_writer_waits_only_so_long_for_one_that_stands_still(postgresql_url: str) -> None:
    with sql_maker(postgresql_url) as maker, ThreadPoolExecutor(1) as threads:
        gate, log = Gate(), maker.create()
        first = threads.submit(maker.held_at(gate, log).append, [entry("a")])
        assert gate.reached.wait(PATIENCE)
        with opened(postgresql_url, busy_seconds=0.05) as engine, pytest.raises(Contended, match="lock timeout"):
            SqlLog(engine, log.stream, 1).append([entry("b")])
        gate.opened.set()
        first.result(PATIENCE)
        assert payloads(read_all(log)) == [b"a says 412"]


def test_two_that_create_a_stream_at_once_create_one(postgresql_url: str) -> None:
    with opened(postgresql_url) as engine, ThreadPoolExecutor(8) as threads:
        logs = list(threads.map(lambda _: create_stream(engine, "reported", 3), range(8)))
        assert [log.partitions for log in logs] == [3] * 8
        with pytest.raises(PartitionsFixed):
            create_stream(engine, "reported", 4)


@pytest.mark.parametrize(
    ("statement", "offset"),
    [
        ("UPDATE log_entry SET payload = '\\x00' WHERE \"offset\" = 2", 2),
        ("UPDATE log_entry SET key = 'LEE/LEE-002' WHERE \"offset\" = 2", 2),
        ('UPDATE log_entry SET "offset" = 9 WHERE "offset" = 2', 2),
        ('DELETE FROM log_entry WHERE "offset" = 3', 3),
        ('DELETE FROM log_entry WHERE "offset" = 4', 4),
        ("UPDATE log_head SET next_offset = 8", 5),
        ("UPDATE log_head SET chain_hash = '\\x00'", 4),
    ],
)
def test_an_edit_of_the_database_is_named_by_its_offset(statement: str, offset: int, postgresql_url: str) -> None:
    with opened(postgresql_url) as engine:
        log = create_stream(engine, "reported")
        log.append([entry(name) for name in "abcde"])
        assert verify_chain(log, 0) is None
        edit(engine, statement)
        assert verify_chain(log, 0) == offset


def test_a_counter_that_was_put_back_gives_no_offset_out_twice(postgresql_url: str) -> None:
    with opened(postgresql_url) as engine:
        log = create_stream(engine, "reported")
        log.append([entry(name) for name in "abcde"])
        edit(engine, "UPDATE log_head SET next_offset = 3")
        with pytest.raises(LogDamaged, match="hepledger verify"):
            log.append([entry("f")])
        assert len(read_all(log)) == 5
