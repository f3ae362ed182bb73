"""How long one ALT takes from its arrival to the category that anybody can read: appended, followed, derived, committed.

`python -m tests.benchmarks.bench_latency`. A follower in a process of its own keeps a registry of a thousand patients up to date; one
result after the other is appended, each on its own. First as fast as it goes, then at half that rate in an open loop: arrivals
keep their times whatever the registry does, and an append that waits for another has waited. Three registries: SQLite, PostgreSQL,
PostgreSQL with Kafka, on servers that wait for their disks. `--json` prints one object, `--seconds N` how long.
"""

from __future__ import annotations

import argparse
import json
import secrets
import subprocess
import sys
import time
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from pathlib import Path
from random import Random
from statistics import quantiles
from tempfile import TemporaryDirectory
from typing import NamedTuple

from hepledger.database import sqlite_url
from hepledger.intake.submit import new_entry
from hepledger.log.kafka import open_kafka_log
from hepledger.log.kafka_settings import settings_from
from hepledger.log.kafka_topics import create_topics
from hepledger.log.port import EventLog, NewEntry, Receipt
from hepledger.log.sql import create_stream
from hepledger_events.reported import parse_submission
from hepledger_events.streams import REPORTED
from tests.benchmarks.latency_follower import Seen
from tests.support import builders
from tests.support.cohort_of_many import new_entries
from tests.support.databases import opened
from tests.support.projecting import shipped, state_on
from tests.support.server_postgresql import fresh_database
from tests.support.servers import NoServer, open_kafka, open_postgresql

PATIENTS, FACTS_BEFORE, PARTITIONS, SECONDS, WARM_SECONDS = 1_000, 20, 24, 10.0, 3.0
CRITERIA, LATER = "hegade-2011", datetime(2030, 1, 1, tzinfo=UTC)


class Place(NamedTuple):
    """Where a registry is: the URL of its database, and of its log if that is elsewhere."""

    database: str
    kafka: str = ""


class Sent(NamedTuple):
    """An event: when it arrived, when the append was acknowledged (monotonic seconds), and where it stands."""

    due: float
    acknowledged: float
    receipt: Receipt


def prepared(place: Place, stack: ExitStack) -> EventLog:
    """A registry in which a cohort stands, and its log."""
    engine = stack.enter_context(opened(place.database))
    state = state_on(engine, [shipped(CRITERIA)])
    if place.kafka:
        create_topics(settings_from(place.kafka), PARTITIONS)
    log: EventLog = open_kafka_log(place.kafka, REPORTED) if place.kafka else create_stream(engine, REPORTED)
    stack.callback(log.close)
    entries = new_entries(PATIENTS, FACTS_BEFORE)
    while batch := list(islice(entries, 1_000)):
        log.append(batch)
    state.project(log)
    return log


@contextmanager
def followed(place: Place) -> Iterator[subprocess.Popen[str]]:
    """A follower at work; what it has seen is on its output once its input is closed."""
    command = [sys.executable, "-m", "tests.benchmarks.latency_follower", place.database, place.kafka]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as follower:
        assert follower.stdout is not None
        assert follower.stdout.readline() == "ready\n"
        try:
            yield follower
        finally:
            assert follower.stdin is not None
            if not follower.stdin.closed:
                follower.stdin.close()
            follower.wait(60)


def results() -> Iterator[NewEntry]:
    """One ALT after the other, each of the next day of some patient of the cohort."""
    random = Random(2024)
    for number in count():
        patient, day = f"P{random.randrange(PATIENTS):06d}", (LATER + timedelta(days=number)).date().isoformat()
        said = builders.lab(patient, day, alt=str(random.randrange(10, 300)), source=f"{patient}/{number}")
        yield new_entry(parse_submission(said), LATER)


def as_fast_as_it_goes(log: EventLog, entries: Iterator[NewEntry], seconds: float) -> float:
    """Appends in a second, each after the answer to the one before."""
    begun = time.monotonic()
    appended = 0
    while time.monotonic() - begun < seconds:
        log.append([next(entries)])
        appended += 1
    return appended / (time.monotonic() - begun)


def open_loop(log: EventLog, entries: Iterator[NewEntry], rate: float, seconds: float) -> list[Sent]:
    """Arrivals at random moments, ``rate`` a second on average; a late start counts as waiting."""
    random, due, sent = Random(7), time.monotonic(), []
    end = due + seconds
    while (due := due + random.expovariate(rate)) < end:
        entry = next(entries)
        time.sleep(max(0.0, due - time.monotonic()))
        (receipt,) = log.append([entry])
        sent.append(Sent(due, time.monotonic(), receipt))
    return sent


def measure(place: Place, seconds: float) -> dict[str, float]:
    with ExitStack() as stack:
        log = prepared(place, stack)
        entries = results()
        with followed(place) as follower:
            rate = as_fast_as_it_goes(log, entries, WARM_SECONDS) / 2
            time.sleep(1.0)  # what piled up is worked off
            sent = open_loop(log, entries, rate, seconds)
            told, _ = follower.communicate(timeout=60)
    return {"arrivals_per_s": rate, "events": len(sent)} | times(sent, [Seen(*each) for each in json.loads(told)])


def times(sent: list[Sent], seen: list[Seen]) -> dict[str, float]:
    """Milliseconds: of the whole way three percentiles, of each of its three parts two."""
    by_partition: dict[int, list[Seen]] = {}
    for each in seen:
        by_partition.setdefault(each.partition, []).append(each)
    whole, parts = [], []
    for due, acknowledged, receipt in sent:
        mine = by_partition[receipt.partition]
        found = mine[bisect_right([each.next_offset for each in mine], receipt.offset)]
        whole.append((found.committed - due) * 1_000)
        parts.append((acknowledged - due, found.read - acknowledged, found.committed - found.read))
    figures = {f"p{at}_ms": quantiles(whole, n=100)[at - 1] for at in (50, 95, 99)}
    for name, part in zip(("append", "pick_up", "project"), zip(*parts, strict=True), strict=True):
        cut = quantiles(part, n=100)
        figures |= {f"{name}_p50_ms": cut[49] * 1_000, f"{name}_p95_ms": cut[94] * 1_000}
    return figures


def everywhere(seconds: float) -> dict[str, dict[str, float]]:
    figures = {}
    with TemporaryDirectory() as folder:
        place = Place(sqlite_url(Path(folder) / "registry.sqlite").render_as_string())
        figures["sqlite"] = measure(place, seconds)
    try:
        with open_postgresql(durable=True) as server:
            with fresh_database(server) as url:
                figures["postgresql"] = measure(Place(url), seconds)
            with open_kafka() as kafka, fresh_database(server) as url:
                figures["kafka"] = measure(Place(url, f"{kafka.url}/bench-{secrets.token_hex(4)}"), seconds)
    except NoServer as missing:
        print(f"not measured: {missing}", file=sys.stderr)
    return figures


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    figures = {
        name: {key: round(value, 2) for key, value in each.items()} for name, each in everywhere(asked.seconds).items()
    }
    if asked.json:
        print(json.dumps(figures))
        return 0
    for name, each in figures.items():
        print(f"{name}: " + ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in each.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
