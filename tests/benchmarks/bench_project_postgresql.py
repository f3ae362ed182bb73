"""What it costs to take a hundred thousand events of a thousand patients from the log into the state, both on PostgreSQL.

`python -m tests.benchmarks.bench_project_postgresql`. The log is filled first, by another process; then every event is decoded,
stored and derived from under hegade-2011, on a server that waits for its disk. `--json` prints one object, `--events N` changes
the number, `--batch N` the largest transaction.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from itertools import islice
from typing import Any

from hepledger.log.sql import create_stream, open_stream
from hepledger.projection import consumer, project
from hepledger_events.streams import REPORTED
from tests.benchmarks.bench_project import EVENTS, OF_EACH, Stopwatch, by_quarter, peak_mb, show
from tests.support.cohort_of_many import new_entries
from tests.support.databases import opened
from tests.support.projecting import shipped, state_on
from tests.support.server_postgresql import fresh_database
from tests.support.servers import NoServer, open_postgresql


def fill(url: str, events: int) -> None:
    with opened(url) as engine:
        log = create_stream(engine, REPORTED)
        entries = new_entries(events // OF_EACH, OF_EACH)
        while batch := list(islice(entries, 1_000)):
            log.append(batch)


def measure(url: str, batch: int) -> dict[str, Any]:
    watch = Stopwatch()
    project.crashpoint = watch.mark  # type: ignore[attr-defined,assignment]
    consumer.read_entries = watch.read_entries  # type: ignore[attr-defined,assignment]
    with opened(url) as engine:
        state = state_on(engine, [shipped("hegade-2011")])
        worker = state.consumer(open_stream(engine, REPORTED), limit=batch)
        before, spent = time.perf_counter(), time.process_time()
        watch.mark("")
        peaks: list[int] = []
        events = worker.drain(lambda _: peaks.append(peak_mb()))
        seconds = time.perf_counter() - before
        del watch.seconds[""]
        worker.close()
        return {
            "events": events,
            "seconds": seconds,
            "processor_seconds": time.process_time() - spent,
            "events_per_second": round(events / seconds),
            "stages": {stage: round(each, 3) for stage, each in watch.seconds.items()},
            "transitions": len(state.rows("transition")["transition"]),
            "peak_mb": peaks[-1],
            "peaks_mb": by_quarter(peaks),
        }


def run(url: str, events: int, batch: int) -> dict[str, Any]:
    """Fill a log and project it, each in a process of its own."""
    for job in ("fill", "measure"):
        command = [
            sys.executable,
            "-m",
            __spec__.name,
            job,
            "--url",
            url,
            "--batch",
            str(batch),
            "--events",
            str(events),
        ]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    measured: dict[str, Any] = json.loads(done.stdout)
    return measured


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("job", nargs="?", choices=("fill", "measure", "all"), default="all")
    parser.add_argument("--url")
    parser.add_argument("--events", type=int, default=EVENTS)
    parser.add_argument("--batch", type=int, default=10_000)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    match asked.job:
        case "fill":
            fill(asked.url, asked.events)
            return 0
        case "measure":
            print(json.dumps(measure(asked.url, asked.batch)))
            return 0
    try:
        server = open_postgresql(durable=True)
    except NoServer as missing:
        print(missing)
        return 0
    with server, fresh_database(server) as url:
        measured = run(url, asked.events, asked.batch)
    if asked.json:
        print(json.dumps(measured))
        return 0
    show(measured)
    return 0


if __name__ == "__main__":
    sys.exit(main())
