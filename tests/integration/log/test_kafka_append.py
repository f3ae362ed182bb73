"""What becomes of a batch when Kafka's answer is lost, refused or never comes: nothing is lost, and what is twice is told."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from kafka import errors

from hepledger.errors import exit_code_of
from hepledger.log.faults import StreamMissing
from hepledger.log.kafka import ENTRY_BYTES, KafkaLog, open_kafka_log
from hepledger.log.kafka_faults import AppendUncertain, EntryTooLarge, KafkaUnreachable
from hepledger.log.kafka_producer import ATTEMPTS
from hepledger.log.kafka_settings import KafkaPackageMissing
from hepledger.log.port import NewEntry, Outcome
from tests.support.kafka_maker import KafkaMaker
from tests.support.log_contract import entry, key_on, outcomes, payloads, read_all
from tests.support.server_handle import Server
from tests.support.server_program import free_port

APPENDED = Outcome.APPENDED


class LosesAnswers:
    """A client whose records reach the broker while the answers for some partitions do not come back."""

    def __init__(self, client: Any, partitions: Iterable[int]) -> None:
        self._client, self._partitions = client, frozenset(partitions)

    def send(self, *record: Any) -> Any:
        future = self._client.send(*record)
        lost = SimpleNamespace(is_done=True, succeeded=lambda: False, exception=errors.OutOfOrderSequenceNumberError())
        return lost if record[-1] in self._partitions else future

    def flush(self, timeout: float) -> None:
        self._client.flush(timeout)

    def close(self, timeout: float) -> None:
        self._client.close(timeout=timeout)


@pytest.fixture
def maker(kafka_server: Server, kafka_prefix: str) -> Iterator[KafkaMaker]:
    maker = KafkaMaker(kafka_server, kafka_prefix)
    yield maker
    maker.close()


def lose_answers(log: KafkaLog, partitions: Iterable[int]) -> None:
    """The next sending of a log loses the answers for these partitions."""
    log._producer._client = LosesAnswers(log._producer._connected(), partitions)


def test_after_a_lost_answer_a_new_producer_sends_the_same_again_in_order(maker: KafkaMaker) -> None:
    log = maker.create(partitions=2)
    lose_answers(log, {0})
    said = [entry(f"{name}{at}", key_on(at, 2)) for name in "ab" for at in (0, 1)]

    receipts = log.append(said)

    assert outcomes(receipts) == [APPENDED] * 4
    assert payloads(read_all(log, 0)) == [b"a0 says 412", b"b0 says 412"] * 2
    assert payloads(read_all(log, 1)) == [b"a1 says 412", b"b1 says 412"]
    assert [one.offset for one in receipts if one.partition == 0] == [2, 3]
    assert outcomes(log.append([entry("c", key_on(0, 2))])) == [APPENDED]


def test_answers_that_never_come_are_told_and_nothing_is_taken_back(
    maker: KafkaMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = maker.create(partitions=2)
    connected = log._producer._connected
    monkeypatch.setattr(log._producer, "_connected", lambda: LosesAnswers(connected(), {0}))

    with pytest.raises(AppendUncertain, match=r"2 events were not confirmed .*send the same once more") as caught:
        log.append([entry("a", key_on(0, 2)), entry("b", key_on(1, 2)), entry("c", key_on(0, 2))])

    assert (caught.value.unconfirmed, exit_code_of(caught.value)) == (2, 6)
    assert payloads(read_all(log, 0)) == [b"a says 412", b"c says 412"] * ATTEMPTS
    assert payloads(read_all(log, 1)) == [b"b says 412"]


def test_an_event_that_is_too_large_stops_its_batch_before_anything_is_sent(maker: KafkaMaker) -> None:
    log = maker.create()
    whole = entry("b")
    large = NewEntry(whole.event_id, whole.key, whole.content_hash, bytes(ENTRY_BYTES + 1))
    with pytest.raises(EntryTooLarge):
        log.append([entry("a"), large])
    assert read_all(log) == []


def test_a_batch_larger_than_what_the_client_sends_at_once_stands_in_order(maker: KafkaMaker) -> None:
    log = maker.create(partitions=3)
    said = [replace(entry(f"{at}", f"LEE/{at % 50}"), payload=b"%d " % at * 100) for at in range(5_000)]
    receipts = log.append(said)
    assert outcomes(receipts) == [APPENDED] * 5_000
    for partition in range(3):
        ours = [one.payload for one, receipt in zip(said, receipts, strict=True) if receipt.partition == partition]
        assert payloads(read_all(log, partition)) == ours


def test_a_broker_that_is_not_there_is_told(maker: KafkaMaker) -> None:
    nobody = replace(maker.settings, servers=(f"127.0.0.1:{free_port()}",), connect_seconds=0.3)
    with pytest.raises(KafkaUnreachable, match=nobody.place):
        open_kafka_log(nobody, "hepledger.reported")


def test_a_stream_without_a_topic_is_told(maker: KafkaMaker) -> None:
    with pytest.raises(StreamMissing, match="create it first"):
        open_kafka_log(maker.settings, "hepledger.reported")


@pytest.mark.parametrize("package", ["crc32c", "zstandard"])
def test_without_a_package_that_it_needs_the_log_does_not_open(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(KafkaPackageMissing, match=rf'{package} .*pip install "kafka-python\[crc32c,zstd\]"'):
        open_kafka_log("kafka://127.0.0.1:1", "hepledger.reported")
