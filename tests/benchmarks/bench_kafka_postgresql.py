"""What one worker, and two that share the partitions, take from Kafka into PostgreSQL: read, decoded, stored, derived, committed.

`python -m tests.benchmarks.bench_kafka_postgresql`. The topic is filled first. A worker is a process of its own with half of the
partitions, or all; the clock runs from the word "go", when all are connected, to the end of the last. The servers run on the same
machine and take their share of it, which is measured too: two workers cannot be twice as fast where one and the servers leave
nothing idle. `--json` prints one object, `--events N` changes the number, `--rounds N` how often.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import sys
from contextlib import closing
from itertools import islice
from statistics import median

from hepledger.log.kafka import open_kafka_log
from hepledger.log.kafka_settings import settings_from
from hepledger.log.kafka_topics import create_topics
from hepledger_events.streams import REPORTED
from tests.benchmarks.bench_project import EVENTS, OF_EACH
from tests.benchmarks.processor_time import seconds_of
from tests.benchmarks.share_workers import CRITERIA, PARTITIONS, together
from tests.support.cohort_of_many import new_entries
from tests.support.databases import opened
from tests.support.projecting import shipped, state_on
from tests.support.server_handle import Server
from tests.support.server_postgresql import fresh_database
from tests.support.servers import NoServer, open_kafka, open_postgresql

ROUNDS, TARGET, SCALING = 3, 15_000, 1.6


def fill(address: str, events: int) -> None:
    create_topics(settings_from(address), PARTITIONS)
    entries = new_entries(events // OF_EACH, OF_EACH)
    with closing(open_kafka_log(address, REPORTED)) as log:
        while batch := list(islice(entries, 5_000)):
            log.append(batch)


def once(postgresql: Server, kafka: Server, address: str, workers: int) -> dict[str, float]:
    with fresh_database(postgresql) as url:
        with opened(url) as engine:
            state_on(engine, [shipped(CRITERIA)])
        before = seconds_of(postgresql), seconds_of(kafka)
        told = together(url, address, workers)
        servers = seconds_of(postgresql) - before[0], seconds_of(kafka) - before[1]
    seconds = max(each["seconds"] for each in told)
    return {
        "events_per_s": sum(each["events"] for each in told) / seconds,
        "seconds": seconds,
        "workers_processor_s": sum(each["processor_seconds"] for each in told),
        "postgresql_processor_s": servers[0],
        "kafka_processor_s": servers[1],
        "processors_used": (sum(each["processor_seconds"] for each in told) + sum(servers)) / seconds,
    }


def measure(postgresql: Server, kafka: Server, events: int, rounds: int) -> dict[str, float]:
    """Medians of rounds in which one worker and two take turns."""
    address = f"{kafka.url}/bench-{secrets.token_hex(4)}"
    fill(address, events)
    found = {(workers, at): once(postgresql, kafka, address, workers) for at in range(rounds) for workers in (1, 2)}
    figures: dict[str, float] = {"processors": os.cpu_count() or 0}
    for workers, name in ((1, "one"), (2, "two")):
        runs = [found[workers, at] for at in range(rounds)]
        figures |= {f"{name}_{key}": median(run[key] for run in runs) for key in runs[0]}
    scaling = median(found[2, at]["events_per_s"] / found[1, at]["events_per_s"] for at in range(rounds))
    return figures | {"scaling": scaling, "target_per_worker": TARGET, "target_scaling": SCALING}


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=EVENTS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    try:
        with open_postgresql(durable=True) as postgresql, open_kafka() as kafka:
            figures = {k: round(v, 2) for k, v in measure(postgresql, kafka, asked.events, asked.rounds).items()}
    except NoServer as missing:
        print(f"not measured: {missing}")
        return 0
    if asked.json:
        print(json.dumps(figures))
        return 0
    for name, value in figures.items():
        print(f"  {name.replace('_', ' '):32} {value}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
