"""Our catch-up beside the `eventsourcing` library's: the same events of the same cohort, on the same PostgreSQL, which waits for its disk.

`python -m tests.benchmarks.bench_eventsourcing`. The library's side is written as its documentation writes a projection: a runner, a
materialised view that is a tracking recorder on PostgreSQL, and one transaction for each event that changes the view and the
position together. It keeps one row a patient, and in a second measurement each fact besides; ours stores every fact, derives the
whole course, keeps beliefs and an outbox, with one worker and with two that share the partitions: the library's runner is one
thread that takes one event after the other. The sides take turns, and ours takes ten times the events, for it is soon done.
`--json` prints one object, `--events N` changes the number, `--rounds N` how often.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Mapping
from itertools import islice
from statistics import median
from typing import Any
from urllib.parse import urlsplit
from uuid import NAMESPACE_URL, UUID, uuid5

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from eventsourcing.projection import ProjectionRunner

from hepledger.log.sql import create_stream
from hepledger_events.codec import decode
from hepledger_events.streams import REPORTED
from tests.benchmarks.bench_project import OF_EACH
from tests.benchmarks.eventsourcing_view import FactsInPostgresql, ResponseProjection, ResponsesInPostgresql
from tests.benchmarks.share_workers import CRITERIA, PARTITIONS, together
from tests.support.cohort_of_many import new_entries
from tests.support.databases import opened
from tests.support.projecting import shipped, state_on
from tests.support.server_handle import Server
from tests.support.server_postgresql import fresh_database
from tests.support.servers import NoServer, open_postgresql

EVENTS, ROUNDS, TARGET, AT_ONCE, OURS_TO_THEIRS = 10_000, 3, 40, 500, 10


class Patient(Aggregate):
    """A patient as the library has it: an aggregate that facts are reported of."""

    def __init__(self, key: str) -> None:
        self.key = key

    @staticmethod
    def create_id(key: str) -> UUID:
        return uuid5(NAMESPACE_URL, key)

    @event("Reported")
    def report(self, key: str, type: str, occurred_at: str | None, data: dict[str, Any]) -> None:  # noqa: A002
        """A fact, as an event of ours says it. The course is the projection's business."""


class Registry(Application[UUID]):
    """Where the library records them."""


def environment(url: str) -> dict[str, str]:
    parts = urlsplit(url)
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": parts.path[1:],
        "POSTGRES_HOST": parts.hostname or "",
        "POSTGRES_PORT": str(parts.port),
        "POSTGRES_USER": parts.username or "",
        "POSTGRES_PASSWORD": parts.password or "",
    }


def fill(settings: Mapping[str, str], events: int) -> int | None:
    """Record the cohort in the order in which it came; gives the last notification id."""
    patients: dict[str, Patient] = {}
    entries = new_entries(events // OF_EACH, OF_EACH)
    with Registry(settings) as registry:
        while batch := list(islice(entries, AT_ONCE)):
            touched: dict[str, Patient] = {}
            for said in (decode(entry.payload) for entry in batch):
                patient = patients.setdefault(said.key, Patient(said.key))
                patient.report(said.key, said.type, said.occurred_at, dict(said.data))  # type: ignore[arg-type]
                touched[said.key] = patient
            registry.save(*touched.values())
        return registry.recorder.max_notification_id()


def their_seconds(url: str, events: int, view: type[ResponsesInPostgresql]) -> float:
    settings = environment(url)
    last = fill(settings, events)
    begun = time.perf_counter()
    with ProjectionRunner(
        application_class=Registry,
        projection_class=ResponseProjection,
        view_class=view,
        env=settings,
    ) as runner:
        runner.wait(last, timeout=600)
        return time.perf_counter() - begun


def our_seconds(url: str, events: int, workers: int) -> float:
    """For so many events, measured on ten times as many."""
    with opened(url) as engine:
        log = create_stream(engine, REPORTED, PARTITIONS)
        entries = new_entries(OURS_TO_THEIRS * events // OF_EACH, OF_EACH)
        while batch := list(islice(entries, 1_000)):
            log.append(batch)
        state_on(engine, [shipped(CRITERIA)])
    told = together(url, None, workers)
    assert sum(each["events"] for each in told) == OURS_TO_THEIRS * events
    return max(float(each["seconds"]) for each in told) / OURS_TO_THEIRS


def measure(server: Server, events: int, rounds: int) -> dict[str, float]:
    """Medians of rounds in which the sides take turns."""
    sides: dict[str, Callable[[str], float]] = {
        "eventsourcing": lambda url: their_seconds(url, events, ResponsesInPostgresql),
        "eventsourcing_with_facts": lambda url: their_seconds(url, events, FactsInPostgresql),
        "one_worker": lambda url: our_seconds(url, events, 1),
        "two_workers": lambda url: our_seconds(url, events, 2),
    }
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, side in sides.items():
            with fresh_database(server) as url:
                seconds[name].append(side(url))
    figures: dict[str, float] = {"events": events}
    figures |= {f"{name}_events_per_s": events / median(each) for name, each in seconds.items()}
    for ours in ("one_worker", "two_workers"):
        for theirs in ("eventsourcing", "eventsourcing_with_facts"):
            ratios = [slow / fast for slow, fast in zip(seconds[theirs], seconds[ours], strict=True)]
            label = f"{ours}_to_{theirs}"
            figures |= {label: median(ratios), f"{label}_lowest": min(ratios), f"{label}_highest": max(ratios)}
    return figures | {"target": TARGET}


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=EVENTS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    try:
        server = open_postgresql(durable=True)
    except NoServer as missing:
        print(f"not measured: {missing}")
        return 0
    with server:
        figures = {name: round(value, 1) for name, value in measure(server, asked.events, asked.rounds).items()}
    if asked.json:
        print(json.dumps(figures))
        return 0
    for name, value in figures.items():
        print(f"  {name.replace('_', ' '):32} {value}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
