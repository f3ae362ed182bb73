"""Workers as an operator meets them: started, watched, stopped once or twice, and refused where they make no sense."""

from __future__ import annotations

import csv
import json
import os
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine

from hepledger.bootstrap import Registry
from hepledger.cli.entry import TERMINATED
from hepledger.cli.supervising import Workers
from hepledger.cli.working import GoingOn, Place, Tell
from hepledger.config import config_from
from hepledger.database import reading, writing
from tests.acceptance.test_production import Command, on
from tests.support.command import Answer, home_in, write_ndjson
from tests.support.databases import opened
from tests.support.fault_processes import Crew, crew

PATIENTS = 30
WORDS = 40


def talk(_registry: Registry, _sets: Sequence[str], _place: Place, going_on: GoingOn, tell: Tell) -> None:
    """An errand of a worker that tells most of what it has to tell when it is told to go."""
    tell(1)
    while going_on():
        time.sleep(0.01)
    for _ in range(WORDS):
        tell(1)


def delivery(folder: Path, first: int = 0) -> Path:
    said = [
        {
            "type": "lab_result_recorded",
            "centre": "LEE",
            "patient": f"LEE-{number:03}",
            "occurred_at": "2024-03-01T08:30:00+00:00",
            "data": {"result_id": f"{number}", "analyte": "ALT", "value": "412", "unit": "U/L"},
        }
        for number in range(first, first + PATIENTS)
    ]
    return write_ndjson(folder / f"delivery-{first}.ndjson", said)


@contextmanager
def registry(folder: Path, url: str, **settings: str) -> Iterator[tuple[Command, Crew]]:
    """A registry of four partitions on PostgreSQL, its commands, and processes of its own."""
    told = {"DATABASE_URL": url, "PARTITIONS": "4", "SESSION_SECONDS": "6", **settings}
    environment = {**os.environ, **{f"HEPLEDGER_{name}": value for name, value in told.items()}}
    with crew(folder, environment) as processes:
        assert processes.hepledger("init").end() == 0
        yield on(url), processes


def lags(answer: Answer) -> list[int]:
    return [at["lag_events"] for projection in answer.json["projections"] for at in projection["partitions"]]


def owners(answer: Answer) -> set[str]:
    return {at["owner"] for projection in answer.json["projections"] for at in projection["partitions"]}


def test_workers_share_the_partitions_of_a_log_in_the_database_and_stop_when_they_are_told_to(
    tmp_path: Path, postgresql_url: str
) -> None:
    with registry(tmp_path, postgresql_url) as (hepledger, processes):
        followed = processes.hepledger("project", "--follow", "--workers", "2")
        processes.until(lambda: len(owners(hepledger("status", "--json"))) == 2, needed=(followed,))
        for first in (0, 100):
            assert hepledger("ingest", delivery(tmp_path, first)).code == 0
            processes.until(lambda: sum(lags(hepledger("status", "--json"))) == 0, needed=(followed,))
        followed.stop()
    assert f"{2 * PATIENTS} events taken in under hegade-2011" in followed.said()


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_second_signal_stops_at_once_and_nothing_is_lost(workers: str, tmp_path: Path, postgresql_url: str) -> None:
    with registry(tmp_path, postgresql_url) as (hepledger, processes):
        followed = processes.hepledger("project", "--follow", "--workers", workers)
        processes.until(lambda: len(owners(hepledger("status", "--json"))) == int(workers), needed=(followed,))
        with opened(postgresql_url, tables=False) as engine, writing(engine) as connection:
            connection.exec_driver_sql("LOCK TABLE fact IN EXCLUSIVE MODE")
            assert hepledger("ingest", delivery(tmp_path)).code == 0
            processes.until(lambda: waits_for_a_lock(engine), needed=(followed,))
            followed.process.send_signal(signal.SIGTERM)
            time.sleep(0.5)
            assert followed.runs  # the batch in hand is to be finished first
            followed.process.send_signal(signal.SIGTERM)
            assert followed.end(seconds=10) == TERMINATED
        assert hepledger("project").code == 0
        assert [row["patient"] for row in facts(hepledger, tmp_path)] == [f"LEE-{n:03}" for n in range(PATIENTS)]


def waits_for_a_lock(engine: Engine) -> bool:
    with reading(engine) as connection:
        return bool(connection.exec_driver_sql("SELECT count(*) FROM pg_locks WHERE NOT granted").scalar_one())


def facts(hepledger: Command, folder: Path) -> list[dict[str, str]]:
    assert hepledger("export", "facts", "--to", folder / "facts.csv").code == 0
    with (folder / "facts.csv").open(newline="") as lines:
        return list(csv.DictReader(lines))


def test_without_follow_workers_end_when_the_log_is_drained(tmp_path: Path, postgresql_url: str) -> None:
    with registry(tmp_path, postgresql_url) as (hepledger, processes):
        assert hepledger("ingest", delivery(tmp_path)).code == 0
        drained = processes.hepledger("project", "--workers", "3", "--json")
        assert drained.end() == 0
        assert json.loads(drained.said())["events"] == PATIENTS
        assert set(lags(hepledger("status", "--json"))) == {0}


def test_a_worker_that_was_killed_is_started_again(tmp_path: Path, postgresql_url: str) -> None:
    with registry(tmp_path, postgresql_url) as (hepledger, processes):
        followed = processes.hepledger("project", "--follow", "--workers", "2")
        processes.until(lambda: len(owners(hepledger("status", "--json"))) == 2, needed=(followed,))
        before = owners(hepledger("status", "--json"))
        victim = followed.workers()[0]
        os.kill(victim, signal.SIGKILL)
        processes.until(lambda: bool(owners(hepledger("status", "--json")) - before), needed=(followed,))
        followed.stop()
    assert "was ended by SIGKILL: it is started again" in followed.said()


def test_whatever_a_worker_told_before_it_ended_is_heard(tmp_path: Path) -> None:
    home, heard = home_in(tmp_path), list[int]()
    home.done("init")
    with Workers(config_from({}, home=str(home.folder)), [], [Place()], heard.append, talk) as workers:
        while not heard:
            workers.look(1.0)
    assert sum(heard) == 1 + WORDS
