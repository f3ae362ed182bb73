"""Single looks into the log on Kafka: pages, heads, earliest offsets. One consumer, opened once and shared by threads."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock
from typing import Any, Final

from kafka import TopicPartition, errors

from hepledger.log.faults import OffsetMissing, PartitionMissing, StreamMissing
from hepledger.log.kafka_faults import KafkaUnreachable, kafka_faults_told
from hepledger.log.kafka_feed import make_consumer
from hepledger.log.kafka_settings import KafkaSettings
from hepledger.log.kafka_shelf import entries_of
from hepledger.log.port import Entry

PATIENCE_SECONDS: Final = 30.0
POLL_MS: Final = 500


class Reader:
    """Opens with the number of partitions of a stream. Raises StreamMissing, KafkaUnreachable."""

    def __init__(
        self, settings: KafkaSettings, stream: str, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._stream, self._topic, self._place = stream, settings.topic(stream), settings.place
        self._monotonic, self._lock = monotonic, Lock()
        self._client: Any = make_consumer(settings)
        self._next: tuple[int, int] | None = None  # where the client stands: it has read ahead from there
        with kafka_faults_told(self._place):
            self.partitions = len(self._client.partitions_for_topic(self._topic))
        if not self.partitions:
            self.close()
            raise StreamMissing(self._topic)

    def heads(self) -> dict[int, int]:
        """See EventLog.heads."""
        places = [TopicPartition(self._topic, partition) for partition in range(self.partitions)]
        with self._lock, kafka_faults_told(self._place):
            ends = self._client.end_offsets(places)
        return {place.partition: ends[place] for place in places}

    def earliest(self, partition: int) -> int:
        """See EventLog.earliest."""
        place = self._at(partition)
        with self._lock, kafka_faults_told(self._place):
            return int(self._client.beginning_offsets([place])[place])

    def read(self, partition: int, start: int, limit: int) -> list[Entry]:
        """See EventLog.read. Raises OffsetMissing too, below what is kept: to begin later would be a silent loss."""
        place = self._at(partition)
        with self._lock, kafka_faults_told(self._place):
            end = self._client.end_offsets([place])[place]
            if limit <= 0 or start >= end:
                return []
            try:
                return self._page(place, max(start, 0), min(limit, end - start), end)
            except errors.OffsetOutOfRangeError:
                self._next = None
                first = self._client.beginning_offsets([place])[place]
                raise OffsetMissing(self._stream, partition, start, first, end) from None

    def close(self) -> None:
        """Give the connections back."""
        with self._lock:
            self._client.close(autocommit=False, timeout_ms=5_000)

    def _page(self, place: Any, start: int, limit: int, end: int) -> list[Entry]:
        if self._next != (place.partition, start):
            self._client.assign([place])
            self._client.seek(place, start)
        found: list[Entry] = []
        self._next, deadline = None, self._monotonic() + PATIENCE_SECONDS
        # Offsets may leave holes: the page is full, or the client has come to the end, whatever stands there.
        while len(found) < limit and self._client.position(place) < end:
            records = self._client.poll(POLL_MS, max_records=limit - len(found)).get(place, [])
            found += entries_of(self._stream, place.partition, records)
            if self._monotonic() > deadline:
                raise KafkaUnreachable(self._place, f"{PATIENCE_SECONDS:.0f} seconds gave no full page")
        self._next = (place.partition, self._client.position(place))
        return found

    def _at(self, partition: int) -> Any:
        if not 0 <= partition < self.partitions:
            raise PartitionMissing(self._stream, partition)
        return TopicPartition(self._topic, partition)
