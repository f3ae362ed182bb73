"""Reading from positions that the log holds, and refusing those it does not: nothing is ever skipped in silence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from kafka import KafkaAdminClient, TopicPartition

from hepledger.log.faults import LogDamaged, OffsetMissing
from hepledger.log.kafka import KafkaLog
from hepledger.log.kafka_producer import Record
from tests.support.kafka_maker import KafkaMaker
from tests.support.log_contract import PATIENCE, drained, entry, key_on, payloads, read_all
from tests.support.server_handle import Server


@pytest.fixture
def maker(kafka_server: Server, kafka_prefix: str) -> Iterator[KafkaMaker]:
    maker = KafkaMaker(kafka_server, kafka_prefix)
    yield maker
    maker.close()


def cut_back(log: KafkaLog, offset: int) -> None:
    """Delete what stands below an offset of partition 0, as a retention that was left on would."""
    place = TopicPartition(log._settings.topic(log.stream), 0)
    with closing(KafkaAdminClient(**log._settings.client())) as admin:
        admin.delete_records({place: offset})


def test_a_position_below_what_is_kept_is_an_error_that_says_what_to_do(maker: KafkaMaker) -> None:
    log = maker.create()
    log.append([entry(name) for name in "abcd"])
    cut_back(log, 2)
    assert log.earliest(0) == 2
    with pytest.raises(OffsetMissing, match=r"goes from 2 to 4.*project again from the beginning"):
        log.subscribe({0: 1})
    with pytest.raises(OffsetMissing):
        log.read(0, 1, 10)
    assert payloads(log.read(0, 2, 10)) == [b"c says 412", b"d says 412"]


def test_a_log_that_is_cut_back_under_a_reader_is_an_error_too(maker: KafkaMaker) -> None:
    log = maker.create()
    log.append([entry(name) for name in "abcd"])
    with closing(log.subscribe({0: 0})) as subscription:
        cut_back(log, 2)
        with pytest.raises(OffsetMissing):
            subscription.poll(10, PATIENCE)


def test_a_subscription_reads_from_where_each_partition_stands(maker: KafkaMaker) -> None:
    log = maker.create(partitions=3)
    log.append([entry(f"{name}{at}", key_on(at, 3)) for name in "abc" for at in range(3)])
    with closing(log.subscribe({0: 2, 1: 0, 2: 3})) as subscription:
        found = drained(subscription.poll)
    assert sorted(payloads(found)) == [b"a1 says 412", b"b1 says 412", b"c0 says 412", b"c1 says 412"]


def test_reading_on_from_page_to_page_gives_what_one_page_gives(maker: KafkaMaker) -> None:
    log = maker.create()
    log.append([entry(str(at)) for at in range(100)])
    first, again = log.read(0, 0, 30), log.read(0, 0, 30)
    assert first == again
    assert [*first, *log.read(0, 30, 30), *log.read(0, 60, 100)] == read_all(log)


def test_a_record_of_somebody_else_stops_the_reader(maker: KafkaMaker) -> None:
    log = maker.create()
    log._producer.deliver([Record(0, b"LEE/LEE-001", b"{}", [])])
    with pytest.raises(LogDamaged, match="offset 0 of partition 0 is not an event"):
        log.read(0, 0, 10)
