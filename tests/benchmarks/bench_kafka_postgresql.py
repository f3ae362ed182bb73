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
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from itertools import islice
from statistics import median
from typing import Any

from hepledger.log.kafka import open_kafka_log
from hepledger.log.kafka_settings import settings_from
from hepledger.log.kafka_topics import create_topics
from hepledger.projection.consumer import Consumer
from hepledger.projection.sets import set_up
from hepledger.state import catalogue
from hepledger.state.unit_of_work import begin_on
from hepledger_events.streams import REPORTED
from tests.benchmarks.bench_project import EVENTS, OF_EACH
from tests.benchmarks.processor_time import seconds_of
from tests.support.cohort_of_many import new_entries
from tests.support.databases import opened
from tests.support.projecting import shipped, state_on
from tests.support.server_handle import Server
from tests.support.server_postgresql import fresh_database
from tests.support.servers import NoServer, open_kafka, open_postgresql

PARTITIONS, ROUNDS, TARGET, SCALING = 24, 3, 15_000, 1.6
CRITERIA = "hegade-2011"


def fill(address: str, events: int) -> None:
    create_topics(settings_from(address), PARTITIONS)
    entries = new_entries(events // OF_EACH, OF_EACH)
    with closing(open_kafka_log(address, REPORTED)) as log:
        while batch := list(islice(entries, 5_000)):
            log.append(batch)


def work(url: str, address: str, partitions: Sequence[int]) -> dict[str, Any]:
    """The job of a worker's process: stand ready, wait for the word, take in what the partitions hold."""
    with opened(url) as engine, closing(open_kafka_log(address, REPORTED)) as log:
        begin = begin_on(engine)
        with begin() as uow:
            projected = set_up(uow, catalogue.get_criteria(uow, CRITERIA))
            uow.commit()
        consumer = Consumer(log, begin, [projected], clock=lambda: datetime.now(UTC), owner=str(partitions[0]))
        consumer.claim(partitions)
        print("ready", flush=True)
        sys.stdin.readline()
        begun, spent = time.perf_counter(), time.process_time()
        events = consumer.drain()
        seconds, processor = time.perf_counter() - begun, time.process_time() - spent
        consumer.close()
    return {"events": events, "seconds": seconds, "processor_seconds": processor}


def together(url: str, address: str, workers: int) -> tuple[float, list[dict[str, Any]]]:
    """Some workers at once: seconds until the last was done, and what each says of itself."""
    command = [sys.executable, "-m", __spec__.name, "work", "--url", url, "--kafka", address, "--partitions"]
    shares = [[str(at) for at in range(PARTITIONS) if at % workers == number] for number in range(workers)]
    started = [
        subprocess.Popen([*command, *share], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for share in shares
    ]
    for worker in started:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
    begun = time.perf_counter()
    for worker in started:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    told = [worker.communicate()[0] for worker in started]
    seconds = time.perf_counter() - begun
    return seconds, [json.loads(each) for each in told]


def once(postgresql: Server, kafka: Server, address: str, workers: int) -> dict[str, float]:
    with fresh_database(postgresql) as url:
        with opened(url) as engine:
            state_on(engine, [shipped(CRITERIA)])
        before = seconds_of(postgresql), seconds_of(kafka)
        _, told = together(url, address, workers)
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
    parser.add_argument("job", nargs="?", choices=("work", "all"), default="all")
    parser.add_argument("--url")
    parser.add_argument("--kafka")
    parser.add_argument("--partitions", type=int, nargs="+")
    parser.add_argument("--events", type=int, default=EVENTS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    if asked.job == "work":
        print(json.dumps(work(asked.url, asked.kafka, asked.partitions)))
        return 0
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
