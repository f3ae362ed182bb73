"""What a replay is held against: pandas and DuckDB, which derive the same present states from the same facts, and a bare read.

`python -m tests.benchmarks.replay_rivals pandas --url URL`, each in a process of its own. They are written as fast as their tools
allow, and need do less: they give the present state and write nothing, know hegade-2011-strict and no other set, and rely on what
this cohort does not hold: preliminary and repeated results, values that are no whole numbers, other units, censored values.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import psycopg
from pydantic_core import from_json

from hepledger_events.streams import REPORTED
from tests.benchmarks import replay_duckdb, replay_pandas
from tests.benchmarks.processor_time import of_processors
from tests.benchmarks.replay_facts import STATES, Facts, States, load

CRITERIA, READ = "hegade-2011-strict", "read"
TOOLS: Final[dict[str, Callable[[Facts], States]]] = {"pandas": replay_pandas.states, "duckdb": replay_duckdb.states}
OURS: Final = """SELECT patient_id, state FROM course JOIN projection USING (projection_id)
    WHERE criteria = %s AND index_day IS NOT NULL ORDER BY patient_id"""
AT_ONCE: Final = 1_000


def recompute(url: str, tool: str) -> dict[str, Any]:
    """What it took to load and to derive, and how many patients stand elsewhere than in our projection."""
    begun, spent = time.perf_counter(), _processor_seconds()
    facts = load(url)
    loaded = time.perf_counter()
    found = TOOLS[tool](facts)
    done = time.perf_counter()
    return {
        "seconds": done - begun,
        "processor_s": _processor_seconds() - spent,
        "load_s": loaded - begun,
        "peak_mb": _peak_mb(),
        "patients": len(found.patient),
        "differences": differences(url, found),
    }


def differences(url: str, found: States) -> int:
    """Patients of whom only one side tells, or the sides tell differently."""
    with psycopg.connect(url) as connection:
        ours: dict[int, str] = dict(connection.execute(OURS, [CRITERIA]).fetchall())
    theirs = dict(zip(found.patient.tolist(), np.array(STATES)[found.state].tolist(), strict=True))
    return sum(ours.get(patient) != theirs.get(patient) for patient in ours.keys() | theirs.keys())


def read(url: str) -> dict[str, Any]:
    """The payloads of the log, each read and decoded. In chunks and binary form: faster than COPY, and than a cursor's pages."""
    begun, spent, events = time.perf_counter(), _processor_seconds(), 0
    with psycopg.connect(url) as connection, connection.cursor(binary=True) as cursor:
        query = "SELECT payload FROM log_entry WHERE stream = %s"
        for (payload,) in cursor.stream(query, [REPORTED], size=AT_ONCE):
            from_json(payload)
            events += 1
    return {
        "seconds": time.perf_counter() - begun,
        "processor_s": _processor_seconds() - spent,
        "peak_mb": _peak_mb(),
        "events": events,
    }


def _processor_seconds() -> float:
    return of_processors(resource.RUSAGE_SELF) + of_processors(resource.RUSAGE_CHILDREN)


def _peak_mb() -> int:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=(*TOOLS, READ))
    parser.add_argument("--url", required=True)
    asked = parser.parse_args()
    print(json.dumps(read(asked.url) if asked.what == READ else recompute(asked.url, asked.what)))


if __name__ == "__main__":
    main()
