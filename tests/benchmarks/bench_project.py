"""What it costs to take a hundred thousand events of a thousand patients from the log into the state, and whether four times
as many need more memory.

`python -m tests.benchmarks.bench_project`. The log is filled first, by another process; then every event is decoded, stored
and derived from under hegade-2011 with the commits of a registry. `--json` prints one object, `--events N` changes the number.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hepledger.database import make_engine, sqlite_url
from hepledger.log.port import Entry
from hepledger.log.sql import create_stream, open_stream
from hepledger.projection import consumer, project
from hepledger.projection.arrivals import Arrival, read_entries
from hepledger.tables import METADATA
from hepledger_events.streams import REPORTED
from tests.support.cohort_of_many import new_entries
from tests.support.projecting import shipped, state_with

EVENTS, OF_EACH, TARGET, GROWTH = 100_000, 100, 20_000, 4
STAGES = {
    "after-fence": "fence",
    "after-facts": "look-ups and facts",
    "after-courses": "fold and courses",
    "after-beliefs": "beliefs",
    "after-outbox": "outbox",
    "after-parked": "parked",
    "after-commit": "commit",
}


class Stopwatch:
    """Seconds by stage. The crash points stand between the stages, so they are where it is looked at."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._since = time.perf_counter()

    def mark(self, stage: str) -> None:
        now = time.perf_counter()
        self.seconds[STAGES.get(stage, stage)] += now - self._since
        self._since = now

    def read_entries(self, entries: Sequence[Entry]) -> list[Arrival]:
        self.mark("read the log")
        arrivals = read_entries(entries)
        self.mark("decode")
        return arrivals


def fill(file: Path, events: int) -> None:
    engine = make_engine(sqlite_url(file))
    METADATA.create_all(engine)
    log = create_stream(engine, REPORTED)
    entries = new_entries(events // OF_EACH, OF_EACH)
    while batch := list(islice(entries, 1_000)):
        log.append(batch)


def measure(file: Path) -> dict[str, Any]:
    watch = Stopwatch()
    vars(project)["crashpoint"] = watch.mark
    vars(consumer)["read_entries"] = watch.read_entries
    state = state_with([shipped("hegade-2011")], file)
    worker = state.consumer(open_stream(state.engine, REPORTED))
    before, spent = time.perf_counter(), time.process_time()
    watch.mark("")
    peaks: list[int] = []
    events = worker.drain(lambda _: peaks.append(peak_mb()))
    seconds = time.perf_counter() - before
    del watch.seconds[""]
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


def by_quarter(peaks: Sequence[int]) -> list[int]:
    """The last of each quarter, of what was looked at after each transaction; the first where there were fewer than four."""
    return [peaks[max(1, len(peaks) * quarter // 4) - 1] for quarter in (1, 2, 3, 4)]


def peak_mb() -> int:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def run(events: int) -> dict[str, Any]:
    """Fill a log and project it, each in a process of its own: the peak of the one is not the peak of the other."""
    with TemporaryDirectory() as folder:
        for job in ("fill", "measure"):
            command = [sys.executable, "-m", __spec__.name, job, "--file", f"{folder}/registry.sqlite"]
            done = subprocess.run([*command, "--events", str(events)], check=True, capture_output=True, text=True)
    measured: dict[str, Any] = json.loads(done.stdout)
    return measured


def show(measured: dict[str, Any]) -> None:
    print(
        f"{measured['events']} events in {measured['seconds']:.2f} s: {measured['events_per_second']} events/s", end=""
    )
    print(f" (processor {measured['processor_seconds']:.2f} s), {measured['transitions']} transitions,", end="")
    print(f" peak memory after each quarter {measured['peaks_mb']} MB")
    for stage, seconds in sorted(measured["stages"].items(), key=lambda each: -each[1]):
        print(f"  {stage:20} {seconds:7.2f} s  {seconds / measured['seconds']:6.1%}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("job", nargs="?", choices=("fill", "measure", "all"), default="all")
    parser.add_argument("--file", type=Path)
    parser.add_argument("--events", type=int, default=EVENTS)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    match asked.job:
        case "fill":
            fill(asked.file, asked.events)
        case "measure":
            print(json.dumps(measure(asked.file)))
        case _:
            one, many = run(asked.events), run(asked.events * GROWTH)
            if asked.json:
                print(json.dumps({"one": one, "many": many}))
                return
            show(one)
            print(f"target: {TARGET} events/s")
            show(many)
            first, *_, last = many["peaks_mb"]
            print(f"memory after {GROWTH} times the events: {last / first:.2f} times as much")


if __name__ == "__main__":
    main()
