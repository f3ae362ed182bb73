"""The log on Kafka keeps every promise but those it says it cannot; and those it really cannot."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hepledger.log.kafka import KafkaLog
from hepledger.log.kafka_faults import NoSearchInKafka
from hepledger.log.port import Promise, keeps
from tests.support.kafka_maker import KafkaMaker
from tests.support.log_cases import CASES, CASES_WITHOUT_EXACT_DUPLICATES, CHAIN_CASES, NEEDS, Case
from tests.support.log_makers import MemoryMaker
from tests.support.server_handle import Server

KEPT = [case for case in (*CASES, *CHAIN_CASES) if NEEDS.get(case) not in KafkaLog.unkept]
FAILS_WITH: dict[Promise, tuple[type[Exception], ...]] = {
    Promise.EXACT_DUPLICATES: (AssertionError,),
    Promise.SEARCH: (NoSearchInKafka,),
    Promise.CHAIN: (AssertionError, AttributeError),
}
UNKEPT = [case for case in (*CASES, *CHAIN_CASES) if NEEDS.get(case) in KafkaLog.unkept]


@pytest.fixture
def maker(kafka_server: Server, kafka_prefix: str) -> Iterator[KafkaMaker]:
    maker = KafkaMaker(kafka_server, kafka_prefix)
    yield maker
    maker.close()


@pytest.mark.parametrize("case", [*KEPT, *CASES_WITHOUT_EXACT_DUPLICATES], ids=lambda case: case.__name__)
def test_the_log_on_kafka_keeps_the_promise(case: Case, maker: KafkaMaker) -> None:
    case(maker)


@pytest.mark.parametrize("case", UNKEPT, ids=lambda case: case.__name__)
def test_the_log_on_kafka_cannot_keep_what_it_says_it_cannot(case: Case, maker: KafkaMaker) -> None:
    with pytest.raises(FAILS_WITH[NEEDS[case]]):
        case(maker)


def test_what_kafka_cannot_keep_is_declared_and_the_embedded_logs_keep_it_all(maker: KafkaMaker) -> None:
    log, embedded = maker.create(), MemoryMaker().create()
    assert [promise for promise in Promise if not keeps(log, promise)] == list(Promise)
    assert [promise for promise in Promise if not keeps(embedded, promise)] == []
