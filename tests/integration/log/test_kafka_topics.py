"""Topics are created once, for good, and kept forever; one that would be deleted is refused before anything is in it."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from kafka import KafkaAdminClient

from hepledger.errors import WrongUsage
from hepledger.log.faults import PartitionsFixed
from hepledger.log.kafka_faults import RetentionLimited, TopicRefused
from hepledger.log.kafka_settings import KafkaSettings, settings_from
from hepledger.log.kafka_topics import create_topics
from tests.support.command import Home, home_in
from tests.support.server_handle import Server


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return home_in(tmp_path)


@pytest.fixture
def settings(kafka_server: Server, kafka_prefix: str) -> KafkaSettings:
    return settings_from(f"{kafka_server.url}/{kafka_prefix}")


def test_a_topic_is_created_for_each_stream_and_found_the_next_time(settings: KafkaSettings) -> None:
    created = create_topics(settings, partitions=3)
    assert {topic.name.removeprefix(f"{settings.prefix}."): topic.partitions for topic in created} == {
        "hepledger.reported": 3,
        "hepledger.derived": 3,
        "hepledger.parked": 3,
        "hepledger.registry": 1,
    }
    assert [topic.created for topic in created] == [True] * 4
    assert [topic.created for topic in create_topics(settings, partitions=3)] == [False] * 4


def test_the_number_of_partitions_is_for_good(settings: KafkaSettings) -> None:
    create_topics(settings, partitions=2)
    with pytest.raises(PartitionsFixed):
        create_topics(settings, partitions=3)


def test_a_topic_that_kafka_would_empty_is_refused(settings: KafkaSettings) -> None:
    with closing(KafkaAdminClient(**settings.client())) as admin:
        topic = {"num_partitions": 2, "replication_factor": 1, "configs": {"retention.ms": "1000"}}
        admin.create_topics({settings.topic("hepledger.reported"): topic}, wait_for_metadata=True)
    with pytest.raises(RetentionLimited, match=r"has retention\.ms=1000.*set it to -1"):
        create_topics(settings, partitions=2)


def test_more_replicas_than_brokers_are_refused_in_one_line(settings: KafkaSettings) -> None:
    with pytest.raises(TopicRefused, match="replication factor of 7"):
        create_topics(settings, partitions=1, replication=7)
    with pytest.raises(WrongUsage):
        create_topics(settings, partitions=0)


def test_the_command_creates_them_where_the_log_is_on_kafka(
    settings: KafkaSettings, kafka_server: Server, home: Home
) -> None:
    url = f"{kafka_server.url}/{settings.prefix}"
    assert home("--log-url", url, "log", "create", "--partitions", "2").out.splitlines() == [
        f"created {settings.prefix}.hepledger.reported, 2 partitions",
        f"created {settings.prefix}.hepledger.derived, 2 partitions",
        f"created {settings.prefix}.hepledger.parked, 2 partitions",
        f"created {settings.prefix}.hepledger.registry, 1 partition",
    ]
    again = home("--log-url", url, "log", "create")
    assert (again.code, again.out) == (2, "")
    assert "2 partitions and cannot have 24" in again.err


def test_a_log_in_the_database_has_no_topics_to_create(home: Home) -> None:
    answer = home("log", "create")
    assert answer.code == 2
    assert "`hepledger init` creates it" in answer.err
