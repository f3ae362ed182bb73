"""What a replay is held against: pandas and DuckDB, which derive the same states from the same facts, and a bare read.

`python -m tests.benchmarks.replay_rivals pandas --url URL`, each in a process of its own. They are written as fast as their tools
allow, and need do less: they give the present state and since when, the best one, and the number of relapses, but not the way there
nor what was believed before; they write nothing, know hegade-2011-strict and no other set, and rely on what this cohort does not
hold: preliminary and repeated results, values that are no whole numbers, other units, censored values.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections.abc import Iterator
from importlib import import_module
from typing import Any, Final

import psycopg
from pydantic_core import from_json

from hepledger_events.streams import REPORTED
from tests.benchmarks.processor_time import of_processors
from tests.benchmarks.replay_facts import NO_BEST, STATES, States, load

CRITERIA, READ = "hegade-2011-strict", "read"
TOOLS: Final = ("pandas", "duckdb")
OURS: Final = """SELECT patient_id, state, since_day, best, relapses FROM course JOIN projection USING (projection_id)
    WHERE criteria = %s AND index_day IS NOT NULL"""
AT_ONCE: Final = 1_000


def recompute(url: str, tool: str) -> Iterator[dict[str, Any]]:
    """What it took to load; and when the states are there, of how many patients we say otherwise."""
    begun = time.perf_counter()
    states = import_module(f"tests.benchmarks.replay_{tool}").states
    begun_to_load = time.perf_counter()
    facts = load(url)
    loaded = time.perf_counter()
    found = states(facts)
    yield {
        "load_s": loaded - begun_to_load,
        "derive_s": time.perf_counter() - loaded,
        "import_s": begun_to_load - begun,
    }
    yield {"patients": len(found.patient), "differences": differences(url, found)}


def differences(url: str, found: States) -> int:
    """Patients of whom only one side tells, or the sides tell differently."""
    with psycopg.connect(url) as connection:
        ours = {patient: tuple(said) for patient, *said in connection.execute(OURS, [CRITERIA])}
    theirs = {patient: _said(*where) for patient, *where in zip(*(column.tolist() for column in found), strict=True)}
    return sum(ours.get(patient) != theirs.get(patient) for patient in ours.keys() | theirs.keys())


def _said(state: int, since: int, best: int, relapses: int) -> tuple[str, int | None, str | None, int]:
    """As our projection says it."""
    return STATES[state], since if state else None, None if best == NO_BEST else STATES[best], relapses


def read(url: str) -> Iterator[dict[str, Any]]:
    """The payloads of the log, each read and decoded. In chunks and binary form: faster than COPY, and than a cursor's pages."""
    events = 0
    with psycopg.connect(url) as connection, connection.cursor(binary=True) as cursor:
        query = "SELECT payload FROM log_entry WHERE stream = %s"
        for (payload,) in cursor.stream(query, [REPORTED], size=AT_ONCE):
            from_json(payload)
            events += 1
    yield {"events": events}


def _spent() -> dict[str, Any]:
    processor_s = of_processors(resource.RUSAGE_SELF) + of_processors(resource.RUSAGE_CHILDREN)
    peak_mb = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    return {"processor_s": processor_s, "peak_mb": peak_mb}


def main() -> None:
    """A line when it is done, and one of what was looked up afterwards."""
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=(*TOOLS, READ))
    parser.add_argument("--url", required=True)
    asked = parser.parse_args()
    for told in read(asked.url) if asked.what == READ else recompute(asked.url, asked.what):
        print(json.dumps(told | _spent()), flush=True)


if __name__ == "__main__":
    main()
