"""What a hundred thousand appends cost beside the bare work of writing the same rows.

`python -m tests.benchmarks.bench_append`. Both sides write the same rows into the same table with the same indexes,
pragmas and commits. The bare side gets offsets and chain hashes ready made and talks to the driver; ours also finds
partitions, decides duplicates, counts and hashes. `--json` prints one object.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory

from hepledger.database import PRAGMAS, make_engine, sqlite_url
from hepledger.log.chain import Head, genesis
from hepledger.log.placing import Row, place, prepare
from hepledger.log.port import NewEntry
from hepledger.log.sql import create_stream
from hepledger.tables import METADATA

STREAM = "hepledger.reported"
EVENTS, BATCH, PATIENTS, PAYLOAD_BYTES, ROUNDS = 100_000, 1_000, 1_000, 600, 5
TARGET = 1.5
INSERT = "INSERT INTO log_entry VALUES (?, ?, ?, ?, ?, ?, ?, ?)"

Batches = list[list[NewEntry]]


def events_of_a_registry() -> Batches:
    """Events of a thousand patients, with payloads of the size that a laboratory result has."""
    random = Random(20240301)
    payloads = [random.randbytes(PAYLOAD_BYTES) for _ in range(100)]
    entries = []
    for number in range(EVENTS):
        hashed = sha256(f"event {number}".encode()).digest()
        entries.append(NewEntry(hashed[:16], f"LEE/LEE-{number % PATIENTS:04d}", hashed, payloads[number % 100]))
    return [entries[start : start + BATCH] for start in range(0, EVENTS, BATCH)]


def rows_of(batches: Batches) -> list[list[Row]]:
    """What our side will write, made before the clock starts."""
    heads, rows = {0: Head(0, genesis(STREAM, 0))}, []
    for batch in batches:
        placement = place(STREAM, prepare(batch, 1), heads, {})
        heads |= placement.heads
        rows.append(placement.rows)
    return rows


def bare_seconds(path: Path, rows: list[list[Row]]) -> float:
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in PRAGMAS:
        connection.execute(pragma)
    begun = time.perf_counter()
    for batch in rows:
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(INSERT, batch)
        connection.execute("COMMIT")
    seconds = time.perf_counter() - begun
    connection.close()
    return seconds


def our_seconds(path: Path, batches: Batches) -> float:
    engine = make_engine(sqlite_url(path))
    log = create_stream(engine, STREAM)
    begun = time.perf_counter()
    for batch in batches:
        log.append(batch)
    seconds = time.perf_counter() - begun
    engine.dispose()
    return seconds


def on_a_fresh_database(measure: Callable[[Path], float]) -> float:
    with TemporaryDirectory(prefix="hepledger-bench-") as folder:
        path = Path(folder) / "log.sqlite"
        engine = make_engine(sqlite_url(path))
        METADATA.create_all(engine)
        engine.dispose()
        return measure(path)


def measure() -> dict[str, float]:
    """Medians of rounds in which the two sides take turns, so that a slow disk minute meets both."""
    batches = events_of_a_registry()
    rows = rows_of(batches)
    bare, ours, ratios = [], [], []
    for _ in range(ROUNDS):
        bare.append(on_a_fresh_database(lambda path: bare_seconds(path, rows)))
        ours.append(on_a_fresh_database(lambda path: our_seconds(path, batches)))
        ratios.append(ours[-1] / bare[-1])
    begun = time.perf_counter()
    rows_of(batches)
    return {
        "bare_s": median(bare),
        "ours_s": median(ours),
        "of_which_hashing_and_placing_s": time.perf_counter() - begun,
        "ratio": median(ratios),
        "target": TARGET,
    }


def main() -> int:
    figures = {name: round(value, 3) for name, value in measure().items()}
    if "--json" in sys.argv[1:]:
        print(json.dumps(figures))
        return 0
    print(f"append: {EVENTS} events in batches of {BATCH}, {PAYLOAD_BYTES} bytes each, SQLite (WAL, synchronous=FULL)")
    for name, value in figures.items():
        print(f"  {name.replace('_', ' '):32} {value}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
