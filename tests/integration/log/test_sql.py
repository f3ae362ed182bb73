"""What the log in the database owes beyond the conformance suite: its streams, and its answer to somebody who edits it."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine, delete

from hepledger.database import make_engine, sqlite_url, writing
from hepledger.log.chain import verify_chain
from hepledger.log.faults import LogDamaged, PartitionsFixed, StreamMissing
from hepledger.log.port import Outcome
from hepledger.log.sql import SqlLog, create_stream, open_stream
from hepledger.tables import METADATA, log_entry
from tests.support.log_contract import entry, payloads, read_all

SWAP = """UPDATE log_entry SET payload = (
    SELECT other.payload FROM log_entry other WHERE other.stream = 'reported' AND other."offset" = 3 - log_entry."offset"
) WHERE stream = 'reported' AND "offset" IN (1, 2)"""


def engine_in(folder: Path) -> Engine:
    engine = make_engine(sqlite_url(folder / "log.sqlite"))
    METADATA.create_all(engine)
    return engine


def log_of_five(engine: Engine) -> SqlLog:
    log = create_stream(engine, "reported")
    log.append([entry(name) for name in "abcde"])
    return log


def edit(engine: Engine, statement: str) -> None:
    with writing(engine) as connection:
        connection.exec_driver_sql(statement)


def test_a_stream_keeps_the_partitions_it_was_created_with(tmp_path: Path) -> None:
    engine = engine_in(tmp_path)
    assert create_stream(engine, "reported", 3).partitions == 3
    assert create_stream(engine, "reported", 3).partitions == 3
    assert open_stream(engine, "reported").partitions == 3
    with pytest.raises(PartitionsFixed, match="with 3 partitions and cannot have 4"):
        create_stream(engine, "reported", 4)


def test_a_stream_that_was_not_created_is_missed_by_name(tmp_path: Path) -> None:
    with pytest.raises(StreamMissing, match="no stream reported"):
        open_stream(engine_in(tmp_path), "reported")


def test_a_stream_without_partitions_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least one"):
        create_stream(engine_in(tmp_path), "reported", 0)


def test_streams_do_not_see_each_other(tmp_path: Path) -> None:
    engine = engine_in(tmp_path)
    reported, derived = create_stream(engine, "reported"), create_stream(engine, "derived")
    reported.append([entry("a")])
    assert [one.outcome for one in derived.append([entry("a"), entry("b")])] == [Outcome.APPENDED, Outcome.APPENDED]
    assert payloads(read_all(reported)) == [b"a says 412"]
    assert reported.find(entry("b").event_id) is None


def test_a_batch_larger_than_one_question_is_decided_exactly(tmp_path: Path) -> None:
    log = create_stream(engine_in(tmp_path), "reported")
    said = [entry(str(number)) for number in range(2_500)]
    log.append(said[1_200:1_300])
    outcomes = [receipt.outcome for receipt in log.append(said)]
    assert [number for number, one in enumerate(outcomes) if one is Outcome.ALREADY] == list(range(1_200, 1_300))
    assert len(read_all(log)) == 2_500


@pytest.mark.parametrize(
    ("statement", "offset"),
    [
        ("UPDATE log_entry SET payload = x'00' WHERE \"offset\" = 2", 2),
        ("UPDATE log_entry SET payload = 'c says 412' WHERE \"offset\" = 2", 2),
        ("UPDATE log_entry SET key = 'LEE/LEE-002' WHERE \"offset\" = 2", 2),
        ("UPDATE log_entry SET chain_hash = x'00' WHERE \"offset\" = 2", 2),
        ('UPDATE log_entry SET "offset" = 9 WHERE "offset" = 2', 2),
        (SWAP, 1),
        ('DELETE FROM log_entry WHERE "offset" = 3', 3),
        ('DELETE FROM log_entry WHERE "offset" = 4', 4),
        ("DELETE FROM log_entry", 0),
        ("UPDATE log_head SET next_offset = 3", 3),
        ("UPDATE log_head SET next_offset = 8", 5),
        ("UPDATE log_head SET chain_hash = x'00'", 4),
    ],
)
def test_an_edit_of_the_database_is_named_by_its_offset(statement: str, offset: int, tmp_path: Path) -> None:
    engine = engine_in(tmp_path)
    log = log_of_five(engine)
    assert verify_chain(log, 0) is None
    edit(engine, statement)
    assert verify_chain(log, 0) == offset


def test_a_counter_that_was_put_back_gives_no_offset_out_twice(tmp_path: Path) -> None:
    engine = engine_in(tmp_path)
    log = log_of_five(engine)
    edit(engine, "UPDATE log_head SET next_offset = 3")
    with pytest.raises(LogDamaged, match="hepledger verify"):
        log.append([entry("f")])
    assert len(read_all(log)) == 5


def test_a_head_that_is_gone_is_told(tmp_path: Path) -> None:
    engine = engine_in(tmp_path)
    log = log_of_five(engine)
    edit(engine, "DELETE FROM log_head")
    with pytest.raises(LogDamaged, match="head of a partition is gone"):
        log.append([entry("f")])


@pytest.mark.parametrize("lost", [0, 2, 4])
def test_a_reader_neither_waits_for_a_row_that_was_taken_away_nor_passes_the_hole(tmp_path: Path, lost: int) -> None:
    engine = engine_in(tmp_path)
    log = log_of_five(engine)
    with writing(engine) as connection:
        connection.execute(delete(log_entry).where(log_entry.c.offset == lost))
    subscription = log.subscribe({0: 0})
    if lost:
        assert [one.offset for one in subscription.poll(lost, 0.0)] == list(range(lost))
    with pytest.raises(LogDamaged, match=f"lacks rows from offset {lost}"):
        subscription.poll(10, 0.0)
