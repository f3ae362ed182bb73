"""The topics of the streams: created once, with a number of partitions that stays, and kept forever."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from kafka import errors
from kafka.admin import ConfigResource, KafkaAdminClient

from hepledger.errors import WrongUsage
from hepledger.log.faults import PartitionsFixed
from hepledger.log.kafka_clients import connect
from hepledger.log.kafka_faults import RetentionLimited, TopicRefused, kafka_faults_told
from hepledger.log.kafka_settings import KafkaSettings, check_packages, settings_from
from hepledger_events.streams import STREAMS

PARTITIONS: Final = 24
KEPT: Final = tuple(stream.name for stream in STREAMS if stream.retention == "forever")
FOREVER: Final = {"cleanup.policy": "delete", "retention.ms": "-1", "retention.bytes": "-1"}


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic that stands: its name, how many partitions it has, and whether it was made just now."""

    name: str
    partitions: int
    created: bool


def create_log(url: str, partitions: int, replication: int) -> list[Topic]:
    """`create_topics` for an address. Raises KafkaPackageMissing and KafkaAddressUnreadable, too."""
    check_packages()
    return create_topics(settings_from(url), partitions, replication)


def create_topics(settings: KafkaSettings, partitions: int = PARTITIONS, replication: int = 1) -> list[Topic]:
    """Create the topics of all streams, or find them as they are; ``registry`` always has one partition.

    An append is confirmed when all replicas in step have it, and all but one have to be in step: with three replicas
    one broker may be away and everything still stands twice. Raises PartitionsFixed when a topic stands with another number
    of partitions, RetentionLimited when one that stands is to be kept forever and is not, TopicRefused,
    KafkaUnreachable.
    """
    if partitions < 1 or replication < 1:
        raise WrongUsage("A topic has at least one partition and one replica")
    wanted = {settings.topic(stream.name): stream.partitions or partitions for stream in STREAMS}
    with _admin(settings) as admin:
        standing = _standing(admin, list(wanted))
        for name, count in standing.items():
            if count != wanted[name]:
                raise PartitionsFixed(name, count, wanted[name])
        _check_kept(admin, [name for name in map(settings.topic, KEPT) if name in standing])
        _create(admin, {name: count for name, count in wanted.items() if name not in standing}, replication)
    return [Topic(name, count, name not in standing) for name, count in wanted.items()]


@contextmanager
def _admin(settings: KafkaSettings) -> Iterator[Any]:
    with kafka_faults_told(settings.place):
        admin = connect(KafkaAdminClient, settings)
        try:
            yield admin
        finally:
            admin.close()


def _create(admin: Any, wanted: dict[str, int], replication: int) -> None:
    in_step = str(max(1, replication - 1))
    described = {
        name: {
            "num_partitions": count,
            "replication_factor": replication,
            "configs": {**FOREVER, "min.insync.replicas": in_step, "unclean.leader.election.enable": "false"},
        }
        for name, count in wanted.items()
    }
    if not described:
        return
    answers = admin.create_topics(described, raise_errors=False)["topics"]
    for answer in answers:
        if answer["error_code"] not in {0, errors.TopicAlreadyExistsError.errno}:  # somebody else creates it just now
            raise TopicRefused(answer["name"], answer["error_message"] or str(errors.for_code(answer["error_code"])))
    admin.wait_for_topics(list(wanted))


def _standing(admin: Any, names: list[str]) -> dict[str, int]:
    found = admin.describe_topics(names)
    return {topic["name"]: len(topic["partitions"]) for topic in found if topic["error_code"] == 0}


def _check_kept(admin: Any, names: list[str]) -> None:
    if not names:
        return
    asked = [ConfigResource("TOPIC", name) for name in names]
    for name, configured in admin.describe_configs(asked, config_filter="all")["topic"].items():
        for setting, value in FOREVER.items():
            if configured[setting]["value"] != value:
                raise RetentionLimited(name, setting, configured[setting]["value"])
