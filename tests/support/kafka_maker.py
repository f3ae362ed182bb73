"""How the log on Kafka is made for the conformance suite, on topics of a test's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import count

from hepledger.log.kafka import KafkaLog
from hepledger.log.kafka_producer import Producer, Record
from hepledger.log.kafka_settings import KafkaSettings, settings_from
from hepledger.log.kafka_topics import create_topics
from hepledger.log.port import EventLog
from tests.support.log_contract import Gate
from tests.support.log_makers import STREAM
from tests.support.server_handle import Server


class KafkaMaker:
    """Each log has topics of its own; each handle its own clients, as another process would."""

    def __init__(self, server: Server, prefix: str) -> None:
        self.settings = settings_from(f"{server.url}/{prefix}")
        self._numbers = count(1)
        self._handles: list[KafkaLog] = []

    def create(self, partitions: int = 1) -> KafkaLog:
        self.settings = replace(self.settings, prefix=f"{self.settings.prefix}-{next(self._numbers)}")
        create_topics(self.settings, partitions)
        return self.open(self.settings)

    def open(self, settings: KafkaSettings) -> KafkaLog:
        self._handles.append(KafkaLog(settings, STREAM))
        return self._handles[-1]

    def another_handle(self, log: EventLog) -> KafkaLog:
        assert isinstance(log, KafkaLog)
        return self.open(log._settings)

    def held_at(self, gate: Gate, log: EventLog) -> KafkaLog:
        handle = self.another_handle(log)
        handle._producer = StandsBeforeReceipt(gate, handle)
        return handle

    def close(self) -> None:
        for handle in self._handles:
            handle.close()


class StandsBeforeReceipt(Producer):
    """The moment that Kafka has: the records stand, and their writer does not know it yet."""

    def __init__(self, gate: Gate, log: KafkaLog) -> None:
        super().__init__(log._settings, log._settings.topic(log.stream))
        self._gate = gate

    def deliver(self, records: Sequence[Record]) -> list[int]:
        offsets = super().deliver(records)
        self._gate.stand()
        return offsets
