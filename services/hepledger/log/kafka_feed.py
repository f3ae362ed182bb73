"""A consumer of Kafka whose positions are ours: it hands over nothing from a partition that nobody has positioned."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any, Final

from kafka import KafkaConsumer, TopicPartition, errors
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor

from hepledger.log.faults import OffsetMissing, PartitionMissing
from hepledger.log.kafka_clients import connect
from hepledger.log.kafka_faults import KafkaUnreachable, kafka_faults_told
from hepledger.log.kafka_settings import KafkaSettings
from hepledger.log.kafka_shelf import Shelf, entries_of
from hepledger.log.port import Entry

RECORDS_AT_ONCE: Final = 5_000  # from the client in one call; what is more than was asked for waits on the shelf
TOPIC_SECONDS: Final = 10.0
CONSUMING: Final = {
    "auto_offset_reset": "none",
    "enable_auto_commit": False,
    "allow_auto_create_topics": False,
    "metrics_enabled": False,
    "partition_assignment_strategy": (CooperativeStickyAssignor,),
    "max_poll_records": RECORDS_AT_ONCE,
    "fetch_max_wait_ms": 250,
    "max_partition_fetch_bytes": 4 * 1024 * 1024,
}


def make_consumer(settings: KafkaSettings, **more: Any) -> Any:
    """A consumer of Kafka's client that keeps to no offsets but ours. Raises KafkaUnreachable."""
    return connect(KafkaConsumer, settings, **{**CONSUMING, **more})


class Feed:
    """Fetches from one topic, by partitions that were sought. Not to be shared between threads."""

    def __init__(self, settings: KafkaSettings, stream: str, **more: Any) -> None:
        self.stream, self.topic, self._place = stream, settings.topic(stream), settings.place
        self.client = make_consumer(settings, **more)
        self.positioned: set[int] = set()
        self._paused: set[int] = set()
        self._shelf = Shelf()

    def seek(self, positions: Mapping[int, int]) -> None:
        """Go on from these positions. A partition that is assigned to somebody else by now is left out.

        Raises PartitionMissing, OffsetMissing, KafkaUnreachable; then nothing has moved.
        """
        self.check(positions)
        assigned = {place.partition for place in self.client.assignment()}
        for partition, offset in positions.items():
            if partition in assigned:
                self.client.seek(TopicPartition(self.topic, partition), offset)
                self._shelf.drop([partition])
                self.positioned.add(partition)
                if partition not in self._paused:
                    self.client.resume(TopicPartition(self.topic, partition))

    def check(self, positions: Mapping[int, int]) -> None:
        """Raises PartitionMissing or OffsetMissing where the log does not hold a position."""
        with kafka_faults_told(self._place):
            known = self.client.partitions_for_topic(self.topic)
            for partition in positions:
                if partition not in known:
                    raise PartitionMissing(self.stream, partition)
            places = [TopicPartition(self.topic, partition) for partition in positions]
            earliest, ends = (
                (self.client.beginning_offsets(places), self.client.end_offsets(places)) if places else ({}, {})
            )
        for place in places:
            first, end, position = earliest[place], ends[place], positions[place.partition]
            if not first <= position <= end:
                raise OffsetMissing(self.stream, place.partition, position, first, end)

    def wait_for_topic(self) -> None:
        """Wait until the client knows the topic's partitions: the brokers hear of a new topic one after the other.

        Raises KafkaUnreachable.
        """
        deadline = time.monotonic() + TOPIC_SECONDS
        with kafka_faults_told(self._place):
            while not self.client.partitions_for_topic(self.topic):
                if time.monotonic() > deadline:
                    raise KafkaUnreachable(self._place, f"it does not know the topic {self.topic}")
                time.sleep(0.05)

    def hold(self, partitions: Iterable[int]) -> None:
        """Let partitions that were assigned just now wait for `seek`: without a position the client would stop them all."""
        for place in [TopicPartition(self.topic, partition) for partition in partitions]:
            if place in self.client.assignment():
                self.client.pause(place)
                self.client.seek(place, 0)

    def forget(self, partitions: Iterable[int]) -> None:
        """Hand over nothing more from these partitions until they are sought again."""
        gone = set(partitions)
        self.positioned -= gone
        self._paused -= gone
        self._shelf.drop(gone)

    def fetch(self, limit: int, timeout: float) -> None:
        """Let the client work, for at most ``timeout`` seconds while fewer than ``limit`` entries wait.

        Raises OffsetMissing when the log was cut back, KafkaUnreachable.
        """
        waiting = self._shelf.count(self._paused)
        try:
            while waiting < limit and self._fetch_once(0.0 if waiting else timeout):
                waiting = self._shelf.count(self._paused)
        except (errors.OffsetOutOfRangeError, errors.LogTruncationError) as error:
            self.check(self._positions())
            raise errors.KafkaError(str(error)) from error

    def take(self, limit: int) -> list[Entry]:
        """What waits, in turns of the partitions."""
        return self._shelf.take(limit, self._paused)

    def pause(self, partitions: Iterable[int] | None = None) -> None:
        """Hand over nothing from some partitions (all that are positioned by default), and fetch no more of them."""
        more = (self.positioned if partitions is None else set(partitions)) & self.positioned
        self._paused |= more
        self.client.pause(*(TopicPartition(self.topic, partition) for partition in more))

    def resume(self, partitions: Iterable[int] | None = None) -> None:
        """Go on where `pause` stopped."""
        fewer = self._paused if partitions is None else self._paused & set(partitions)
        self.client.resume(*(TopicPartition(self.topic, partition) for partition in fewer))
        self._paused = self._paused - fewer

    def close(self) -> None:
        """Give the connections back."""
        self.forget(list(self.positioned))
        self.client.close(autocommit=False, timeout_ms=5_000)

    def _fetch_once(self, timeout: float) -> bool:
        found = self.client.poll(round(timeout * 1_000), max_records=RECORDS_AT_ONCE)
        for place, records in found.items():
            if place.partition in self.positioned:
                self._shelf.put(place.partition, entries_of(self.stream, place.partition, records))
        return bool(found)

    def _positions(self) -> dict[int, int]:
        return {at: self.client.position(TopicPartition(self.topic, at), timeout_ms=1_000) for at in self.positioned}
