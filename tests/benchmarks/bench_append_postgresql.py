"""What a hundred thousand appends to PostgreSQL cost beside a bare COPY of the same rows.

`python -m tests.benchmarks.bench_append_postgresql`. Both sides write the same rows by binary COPY into the same table with the
same indexes and commits, on a server that waits for its disk. The bare side gets offsets and chain hashes ready made; ours also
finds partitions, decides duplicates, locks, counts and hashes. `--json` prints one object.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from statistics import median

import psycopg

from hepledger.log.placing import Row
from hepledger.log.sql import create_stream
from hepledger.tables import log_entry
from tests.benchmarks.bench_append import (
    BATCH,
    EVENTS,
    PAYLOAD_BYTES,
    ROUNDS,
    STREAM,
    TARGET,
    Batches,
    events_of_a_registry,
    rows_of,
)
from tests.support.databases import opened
from tests.support.server_handle import Server
from tests.support.server_postgresql import fresh_database
from tests.support.servers import NoServer, open_postgresql

NAMES = ", ".join(f'"{column.name}"' for column in log_entry.columns)
COPY = f"COPY log_entry ({NAMES}) FROM STDIN (FORMAT BINARY)"
TYPES = ("text", "int4", "int8", "bytea", "bytea", "text", "bytea", "bytea")


def bare_seconds(url: str, rows: list[list[Row]]) -> float:
    with opened(url), psycopg.connect(url) as connection:
        begun = time.perf_counter()
        for batch in rows:
            with connection.cursor() as cursor, cursor.copy(COPY) as copy:
                copy.set_types(TYPES)
                for row in batch:
                    copy.write_row(row)
            connection.commit()
        return time.perf_counter() - begun


def our_seconds(url: str, batches: Batches) -> float:
    with opened(url) as engine:
        log = create_stream(engine, STREAM)
        begun = time.perf_counter()
        for batch in batches:
            log.append(batch)
        return time.perf_counter() - begun


def on_a_fresh_database(server: Server, measure: Callable[[str], float]) -> float:
    with fresh_database(server) as url:
        return measure(url)


def measure(server: Server) -> dict[str, float]:
    """Medians of rounds in which the two sides take turns, so that a slow disk minute meets both."""
    batches = events_of_a_registry()
    rows = rows_of(batches)
    bare, ours, ratios = [], [], []
    for _ in range(ROUNDS):
        bare.append(on_a_fresh_database(server, lambda url: bare_seconds(url, rows)))
        ours.append(on_a_fresh_database(server, lambda url: our_seconds(url, batches)))
        ratios.append(ours[-1] / bare[-1])
    return {
        "bare_s": median(bare),
        "ours_s": median(ours),
        "ours_events_per_s": EVENTS / median(ours),
        "ratio": median(ratios),
        "ratio_lowest": min(ratios),
        "ratio_highest": max(ratios),
        "target": TARGET,
    }


def main() -> int:
    try:
        server = open_postgresql(durable=True)
    except NoServer as missing:
        print(missing)
        return 0
    with server:
        figures = {name: round(value, 3) for name, value in measure(server).items()}
    if "--json" in sys.argv[1:]:
        print(json.dumps(figures))
        return 0
    print(
        f"append: {EVENTS} events in batches of {BATCH}, {PAYLOAD_BYTES} bytes each, PostgreSQL (fsync, synchronous_commit)"
    )
    for name, value in figures.items():
        print(f"  {name.replace('_', ' '):32} {value}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
