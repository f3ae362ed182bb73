"""What the replay benchmark runs on a registry, a process of its own each: what it took by the clock and of the processors, and said."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import psycopg
from psycopg import sql

from hepledger.tables import METADATA
from tests.benchmarks.processor_time import of_processors, seconds_of
from tests.benchmarks.replay_log import fill
from tests.benchmarks.worker_memory import watch
from tests.support.server_handle import Server
from tests.support.server_postgresql import execute

PARTITIONS, WORKERS = 24, 2
PEAKS: Final = "peaks_mb"


class Run(NamedTuple):
    """Seconds by the clock, and of all processors: of the programs and of the server, 0 of a server elsewhere; and what was told."""

    seconds: float
    processor_s: float
    told: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Registry:
    """A registry on a server of ours."""

    server: Server
    url: str

    def filled(self, patients: int, results: int) -> Run:
        """Created, and the log of a cohort written."""
        self._hepledger("init")

        def written() -> Run:
            begun, before = time.perf_counter(), _of_children()
            events = fill(self.url, patients, results, WORKERS)
            return Run(time.perf_counter() - begun, _of_children() - before, {"events": events})

        return self._with_server(written)

    def projected(self) -> Run:
        """All of the log taken in under the first criteria set, and relayed."""
        run = self._with_server(lambda: self._hepledger("project", "--workers", str(WORKERS), "--json"))
        self._settle()
        return run

    def replayed(self, criteria: str) -> Run:
        """The histories derived from under another set."""
        return self._with_server(lambda: self._hepledger("replay", criteria, "--workers", str(WORKERS), "--json"))

    def rival(self, what: str) -> Run:
        """What it took from the start of its process until its answer was there, as ours is measured."""
        command = [sys.executable, "-m", "tests.benchmarks.replay_rivals", what, "--url", self.url]

        def derived() -> Run:
            begun = time.perf_counter()
            with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
                assert process.stdout is not None
                told = json.loads(process.stdout.readline())
                done = time.perf_counter()
                later = [json.loads(line) for line in process.stdout]
            if process.returncode:
                raise subprocess.CalledProcessError(process.returncode, command)
            return Run(done - begun, told["processor_s"], {**{k: v for each in later for k, v in each.items()}, **told})

        return self._with_server(derived)

    def forget(self, *criteria: str) -> None:
        """Drops the projections of some sets, as if they had never been made."""
        with psycopg.connect(self.url) as connection:
            found = connection.execute(
                "SELECT projection_id FROM projection WHERE criteria = ANY(%s)", [list(criteria)]
            )
            ids = [number for (number,) in found]
            for table in METADATA.sorted_tables:
                if "projection_id" in table.c:
                    of_sets = sql.SQL("DELETE FROM {} WHERE projection_id = ANY(%s)").format(sql.Identifier(table.name))
                    connection.execute(of_sets, [ids])
        self._settle()

    def _hepledger(self, *words: str) -> Run:
        command = [sys.executable, "-m", "hepledger.cli", "--database-url", self.url, *words]
        before = _of_children()
        watched = watch(command, {**os.environ, "HEPLEDGER_PARTITIONS": str(PARTITIONS)})
        told = json.loads(watched.said) if "--json" in words else {}
        return Run(watched.seconds, _of_children() - before, {**told, PEAKS: watched.peaks_mb})

    def _with_server(self, work: Callable[[], Run]) -> Run:
        before = seconds_of(self.server)
        run = work()
        return run._replace(processor_s=run.processor_s + seconds_of(self.server) - before)

    def _settle(self) -> None:
        """What the server would do later is done now, lest it falls upon whoever is measured next."""
        for statement in ("VACUUM ANALYZE", "CHECKPOINT"):
            execute(self.url, statement)


def _of_children() -> float:
    return of_processors(resource.RUSAGE_CHILDREN)
