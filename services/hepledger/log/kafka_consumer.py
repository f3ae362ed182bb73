"""Reading on from given positions of given partitions, in no group: what a single reader of the log on Kafka has."""

from __future__ import annotations

from collections.abc import Mapping

from kafka import TopicPartition

from hepledger.log.kafka_faults import kafka_faults_told
from hepledger.log.kafka_feed import Feed
from hepledger.log.kafka_settings import KafkaSettings
from hepledger.log.port import Entry


class KafkaSubscription:
    """See Subscription. Not to be shared between threads."""

    def __init__(self, settings: KafkaSettings, stream: str, positions: Mapping[int, int]) -> None:
        self._place = settings.place
        self._feed: Feed | None = Feed(settings, stream)
        try:
            self._feed.check(positions)
            self._feed.client.assign([TopicPartition(self._feed.topic, partition) for partition in positions])
            self._feed.seek(positions)
        except BaseException:
            self.close()
            raise

    def poll(self, limit: int, timeout: float) -> list[Entry]:
        """See Subscription.poll. Raises OffsetMissing when the log was cut back, KafkaUnreachable."""
        if self._feed is None or not self._feed.positioned:
            return []
        with kafka_faults_told(self._place):
            self._feed.fetch(limit, timeout)
        return self._feed.take(limit)

    def close(self) -> None:
        """See Subscription.close."""
        if self._feed is not None:
            feed, self._feed = self._feed, None
            feed.close()
