"""How records get into Kafka: idempotent, confirmed by all replicas in step, and once more when nobody can say.

The client gives up a producer whose sequence is in doubt. Then a new one sends the same records again: some may stand twice,
and whoever reads recognises them by their id.
"""

from __future__ import annotations

import gc
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import Any, Final, NamedTuple

from kafka import KafkaProducer, errors

from hepledger.log.kafka_clients import connect
from hepledger.log.kafka_faults import DEFINITE, AppendUncertain, KafkaUnreachable, reason_of
from hepledger.log.kafka_settings import REQUEST_MS, KafkaSettings

ATTEMPTS: Final = 3
LINGER_MS: Final = (
    500  # longer than it takes to hand over a batch; `deliver` then flushes, so that nothing ever waits for it
)
SETTINGS: Final = {
    "acks": "all",
    "enable_idempotence": True,
    "compression_type": "zstd",
    "batch_size": 512 * 1024,
    "linger_ms": LINGER_MS,
    "max_block_ms": 10_000,
    "allow_auto_create_topics": False,
    "metrics_enabled": False,
}

_log = logging.getLogger(__name__)


class Record(NamedTuple):
    """What is sent: the partition is ours to choose, once per key, since the client would hash each key in Python."""

    partition: int
    key: bytes
    value: bytes
    headers: list[tuple[str, bytes]]


class Producer:
    """Sends batches of records to one topic. May be shared by threads, which then wait for one another."""

    def __init__(self, settings: KafkaSettings, topic: str) -> None:
        self._settings, self._topic = settings, topic
        self._lock = Lock()
        self._client: Any = None
        # At DEBUG the client would write keys and values into the log.
        logging.getLogger("kafka.producer").setLevel(logging.INFO)

    def deliver(self, records: Sequence[Record]) -> list[int]:
        """Send records and wait until all are confirmed; gives their offsets, in order.

        Raises AppendUncertain when attempts with new producers were not confirmed either, and KafkaUnreachable when Kafka
        refused: then records of the batch may stand, too.
        """
        offsets: list[int | None] = [None] * len(records)
        error: BaseException | None = None
        with self._lock:
            for _ in range(ATTEMPTS):
                with _collector_at_rest():
                    error = self._attempt(records, offsets)
                if error is None:
                    return [offset for offset in offsets if offset is not None]
                self._give_up(error)
                if isinstance(error, DEFINITE):
                    raise KafkaUnreachable(self._settings.place, reason_of(error)) from error
        unconfirmed = offsets.count(None)
        raise AppendUncertain(self._settings.place, unconfirmed, reason_of(error or TimeoutError())) from error

    def close(self) -> None:
        """Give the connection back. Nothing waits: `deliver` leaves nothing behind."""
        with self._lock:
            if self._client is not None:
                self._client.close(timeout=1)
                self._client = None

    def _attempt(self, records: Sequence[Record], offsets: list[int | None]) -> BaseException | None:
        """One sending of all that is due; what was confirmed is put down in ``offsets``. Gives the first error."""
        sent: list[tuple[int, Any]] = []
        error: BaseException | None = None
        try:
            client = self._connected()
            for at in _due(records, offsets):
                partition, key, value, headers = records[at]
                sent.append((at, client.send(self._topic, value, key, headers, partition)))
            client.flush(self._settings.delivery_seconds + 1)
        except (
            errors.KafkaError,
            KafkaUnreachable,
            ValueError,
        ) as raised:  # ValueError: the client does not know the partition (yet)
            error = raised
        for at, future in sent:
            if future.is_done and future.succeeded():
                offsets[at] = future.value.offset
            else:
                offsets[at] = None
                error = error or future.exception or errors.KafkaTimeoutError()
        return error

    def _connected(self) -> Any:
        if self._client is None:
            delivery_ms = max(round(self._settings.delivery_seconds * 1_000), 2 * LINGER_MS)
            timeouts = {"delivery_timeout_ms": delivery_ms, "request_timeout_ms": min(REQUEST_MS, delivery_ms // 2)}
            self._client = connect(KafkaProducer, self._settings, **{**SETTINGS, **timeouts})
        return self._client

    def _give_up(self, error: BaseException) -> None:
        _log.warning("a producer for %s is given up: %s", self._topic, type(error).__name__)
        client, self._client = self._client, None
        if client is not None:
            client.close(timeout=0)


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """The client makes a dozen objects for each record, and looking through all that wait takes a third of the time."""
    worked = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if worked:
            gc.enable()


def _due(records: Sequence[Record], offsets: Sequence[int | None]) -> list[int]:
    """What is to be sent: on each partition everything from the first record on that was not confirmed, to keep the order."""
    doubtful: set[int] = set()
    due = []
    for at, record in enumerate(records):
        if offsets[at] is None:
            doubtful.add(record.partition)
        if record.partition in doubtful:
            due.append(at)
    return due
