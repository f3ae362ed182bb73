"""Processes that append at once, or die while they do, lose nothing and double nothing."""

from __future__ import annotations

import signal
from pathlib import Path

from hepledger.log.chain import verify_chain
from hepledger.log.port import Entry, Outcome
from hepledger.log.sql import SqlLog
from tests.support import log_writer
from tests.support.log_contract import entry, payloads, read_all
from tests.support.log_makers import SqlMaker, sql_maker, sqlite_maker


def test_two_processes_append_at_once_while_a_third_reads(tmp_path: Path) -> None:
    with sqlite_maker(tmp_path) as maker:
        two_writers_lose_nothing(maker)


def test_two_processes_append_to_postgresql_at_once_while_a_third_reads(postgresql_url: str) -> None:
    with sql_maker(postgresql_url) as maker:
        two_writers_lose_nothing(maker)


def test_a_writer_killed_before_its_commit_leaves_no_trace(tmp_path: Path) -> None:
    with sqlite_maker(tmp_path) as maker:
        a_killed_writer_leaves_no_trace(maker)


def test_a_writer_to_postgresql_killed_before_its_commit_leaves_no_trace(postgresql_url: str) -> None:
    with sql_maker(postgresql_url) as maker:
        a_killed_writer_leaves_no_trace(maker)


def two_writers_lose_nothing(maker: SqlMaker) -> None:
    log, seen = maker.create(partitions=2), dict[int, list[Entry]]({0: [], 1: []})
    processes = [log_writer.start(maker.url, role) for role in ("first", "second")]
    reader, running = maker.another_handle(log).subscribe({0: 0, 1: 0}), True
    while running:
        running = any(process.poll() is None for process in processes)
        while found := reader.poll(20, 0.0):
            for one in found:
                seen[one.partition].append(one)
    appended = [int(process.communicate()[0]) for process in processes]
    assert sum(appended) == 300
    assert {one.event_id for entries in seen.values() for one in entries} == {
        entry(str(name)).event_id for name in range(300)
    }
    for partition, entries in seen.items():
        assert [one.offset for one in entries] == list(range(len(entries)))
        assert entries == read_all(log, partition)
        assert isinstance(log, SqlLog)
        assert verify_chain(log, partition) is None


def a_killed_writer_leaves_no_trace(maker: SqlMaker) -> None:
    log = maker.create()
    process = log_writer.start(maker.url, "killed")
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert payloads(read_all(log)) == [b"a says 412", b"b says 412"]
    assert log.heads() == {0: 2}
    receipts = log.append([entry("c"), entry("d")])
    assert [(one.outcome, one.offset) for one in receipts] == [(Outcome.APPENDED, 2), (Outcome.APPENDED, 3)]
    assert isinstance(log, SqlLog)
    assert verify_chain(log, 0) is None
