"""What the log on Kafka takes in and gives back, beside the client library as it comes.

`python -m tests.benchmarks.bench_kafka`. The library's side sends the same keys, values and headers with its default settings and
waits once, at the end; ours appends batch by batch and waits for each to be confirmed by all replicas in step. The broker runs on the
same machine and takes its share of it. `--json` prints one object.
"""

from __future__ import annotations

import json
import secrets
import sys
import time
from collections.abc import Callable
from contextlib import closing
from hashlib import sha256
from random import Random
from statistics import median

from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from hepledger.log.kafka import KafkaLog, open_kafka_log
from hepledger.log.kafka_settings import settings_from
from hepledger.log.kafka_shelf import CONTENT_HASH, EVENT_ID
from hepledger.log.kafka_topics import create_topics
from hepledger.log.port import NewEntry
from hepledger_events.streams import REPORTED
from tests.support.server_handle import Server
from tests.support.servers import NoServer, open_kafka

EVENTS, PATIENTS, PARTITIONS, ROUNDS = 50_000, 1_000, 24, 3
BATCHES = (1_000, 10_000)


def events_of_a_registry() -> list[NewEntry]:
    """Events of a thousand patients, as long and as alike as envelopes of laboratory results are."""
    random = Random(20240301)
    entries = []
    for number in range(EVENTS):
        hashed = sha256(f"event {number}".encode()).digest()
        key = f"LEE/LEE-{random.randrange(PATIENTS):04d}"
        payload = {
            "specversion": "1.0", "type": "org.hepledger.lab_result_recorded.v1", "source": "/centres/LEE", "id": hashed.hex(),
            "partitionkey": key, "centre": "LEE", "patient": key[4:], "occurredat": f"2024-{number % 12 + 1:02}-{number % 28 + 1:02}",
            "recordedat": f"2024-06-01T10:00:{number % 60:02}+00:00", "sourceid": f"lis/{number}", "datacontenttype": "application/json",
            "data": {"analyte": "ALT", "value": str(random.randrange(10, 900)), "unit": "U/L", "comparator": "=", "limit": "40"},
        }  # fmt: skip
        entries.append(NewEntry(hashed[:16], key, hashed, json.dumps(payload, separators=(",", ":")).encode()))
    return entries


def fresh_log(server: Server) -> KafkaLog:
    settings = settings_from(f"{server.url}/bench-{secrets.token_hex(4)}")
    create_topics(settings, PARTITIONS)
    return open_kafka_log(settings, REPORTED)


def per_second(work: Callable[[], int]) -> float:
    begun = time.perf_counter()
    count = work()
    return count / (time.perf_counter() - begun)


def library_produces(server: Server, topic: str, entries: list[NewEntry]) -> int:
    with closing(KafkaProducer(bootstrap_servers=server.address)) as producer:
        for one in entries:
            headers = [(EVENT_ID, one.event_id), (CONTENT_HASH, one.content_hash)]
            producer.send(topic, one.payload, one.key.encode(), headers)
        producer.flush()
    return len(entries)


def we_append(log: KafkaLog, entries: list[NewEntry], batch: int) -> int:
    for start in range(0, len(entries), batch):
        log.append(entries[start : start + batch])
    return len(entries)


def library_consumes(server: Server, topic: str) -> int:
    with closing(KafkaConsumer(bootstrap_servers=server.address, auto_offset_reset="earliest")) as consumer:
        consumer.assign([TopicPartition(topic, partition) for partition in range(PARTITIONS)])
        count = 0
        while count < EVENTS:
            count += sum(len(records) for records in consumer.poll(1_000).values())
    return count


def we_read(log: KafkaLog) -> int:
    count = 0
    with closing(log.subscribe(dict.fromkeys(range(PARTITIONS), 0))) as subscription:
        while count < EVENTS:
            count += len(subscription.poll(10_000, 1.0))
    return count


def measure(server: Server) -> dict[str, float]:
    """Medians of rounds in which the two sides take turns; events per second, and what one append of one event takes."""
    entries = events_of_a_registry()
    rates: dict[str, list[float]] = {}

    def note(name: str, rate: float) -> None:
        rates.setdefault(name, []).append(rate)

    for _ in range(ROUNDS):
        with closing(fresh_log(server)) as theirs:
            topic = theirs._settings.topic(REPORTED)
            note("library_produces_per_s", per_second(lambda t=topic: library_produces(server, t, entries)))  # type: ignore[misc]
        for batch in BATCHES:
            with closing(fresh_log(server)) as log:
                log.append(entries[:1])  # the connection is not what is measured
                note(f"we_append_{batch}_per_s", per_second(lambda b=batch, to=log: we_append(to, entries, b)))  # type: ignore[misc]
                topic = log._settings.topic(REPORTED)
                if batch == BATCHES[-1]:
                    note("library_consumes_per_s", per_second(lambda t=topic: library_consumes(server, t)))  # type: ignore[misc]
                    note("we_read_per_s", per_second(lambda of=log: we_read(of)))  # type: ignore[misc]
                    note("one_append_ms", 1_000 / per_second(lambda to=log: we_append(to, entries[:100], 1)))  # type: ignore[misc]
    figures = {name: median(each) for name, each in rates.items()}
    figures["ratio_produce"] = figures[f"we_append_{BATCHES[-1]}_per_s"] / figures["library_produces_per_s"]
    figures["ratio_consume"] = figures["we_read_per_s"] / figures["library_consumes_per_s"]
    return figures


def main() -> int:
    try:
        server = open_kafka()
    except NoServer as missing:
        print(f"not measured: {missing}")
        return 0
    with server:
        figures = {name: round(value, 2) for name, value in measure(server).items()}
    if "--json" in sys.argv[1:]:
        print(json.dumps(figures))
        return 0
    print(f"kafka: {EVENTS} events, {PARTITIONS} partitions, one broker on this machine")
    for name, value in figures.items():
        print(f"  {name.replace('_', ' '):32} {value}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
