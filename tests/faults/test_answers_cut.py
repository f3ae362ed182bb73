"""Connections that are cut between COMMIT and its answer: nobody knows whether it was done, and so everybody finds out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hepledger.bootstrap import open_registry
from hepledger.cli.working import projected_sets
from hepledger.intake.submit import BATCH, new_entry
from hepledger_events.reported import parse_submission
from tests.support.builders import Submitted, lab, prescription
from tests.support.cohort_of_many import new_entries
from tests.support.command import write_ndjson
from tests.support.fault_field import Field, by_way_of, field_on, follow, project
from tests.support.fault_judge import SETS
from tests.support.fault_processes import crew
from tests.support.projecting import State
from tests.support.server_handle import Server
from tests.support.tcp_proxy import TcpProxy

CUTS = 6
UNREACHABLE = 6


@pytest.fixture
def wire(postgresql_server: Server) -> Iterator[TcpProxy]:
    """A wire to the PostgreSQL of this session."""
    with TcpProxy(postgresql_server.address) as proxy:
        yield proxy


def behind(wire: TcpProxy, field: Field) -> dict[str, str]:
    """What processes are started with that reach the database by way of the wire."""
    return by_way_of(field, wire.on_the_way_to(field.settings["HEPLEDGER_DATABASE_URL"])).environment


def test_a_projector_that_is_not_told_of_its_commits_finds_out_and_goes_on(
    field: Field, wire: TcpProxy, tmp_path: Path
) -> None:
    appended = field.fill(list(new_entries(patients=40, events_of_each=50)))
    with crew(tmp_path, behind(wire, field)) as hands:
        wire.cut_answer(pass_first=3)
        follower = follow(hands, workers=1)
        for cuts in range(1, CUTS + 1):
            assert wire.wait_for_cuts(cuts), hands.last_words()
            (wire.cut_answer if cuts % 2 else wire.cut_statement)(pass_first=2)
        hands.until(field.settled(), needed=(follower,))
        follower.stop()
    field.assert_came_through(appended)


def test_a_projection_that_is_to_end_says_that_the_database_is_away_and_the_next_one_goes_on(
    field: Field, wire: TcpProxy, tmp_path: Path
) -> None:
    appended = field.fill(list(new_entries(patients=12, events_of_each=40)))
    with crew(tmp_path, behind(wire, field)) as hands:
        wire.cut_answer(pass_first=8)
        assert project(hands).end() == UNREACHABLE, hands.last_words()
        assert wire.cuts == 1
        assert project(hands).end() == 0, hands.last_words()
    field.assert_came_through(appended)


def projected_and_not_relayed(field: Field) -> None:
    """Take everything in and publish nothing."""
    with open_registry(field.config, lambda: datetime.now(UTC)) as registry:
        sets = projected_sets(registry, SETS)
        State(registry.engine, registry.begin, sets).project(registry.reported)


@pytest.mark.parametrize("commit", [0, 1])
def test_a_relay_that_is_not_told_of_its_commits_publishes_everything_once(
    commit: int, field: Field, wire: TcpProxy, tmp_path: Path
) -> None:
    appended = field.fill(list(new_entries(patients=40, events_of_each=50)))
    projected_and_not_relayed(field)
    with crew(tmp_path, behind(wire, field)) as hands:
        wire.cut_answer(pass_first=commit)
        relay = hands.hepledger("relay", "--follow")
        assert wire.wait_for_cuts(), hands.last_words()
        hands.until(field.settled(), 40.0, needed=(relay,))
        relay.stop()
    field.assert_came_through(appended)


def submissions() -> list[Submitted]:
    """More than go into the log at once."""
    patients = [f"P{number:03}" for number in range(150)]
    days = [f"2024-{month:02}-11" for month in range(1, 11)]
    results = [lab(patient, day, str(400 // at)) for patient in patients for at, day in enumerate(days, 1)]
    return [*map(prescription, patients), *results]


def test_an_ingest_that_is_not_told_of_its_commit_is_given_again_and_nothing_stands_twice(
    postgresql_url: str, wire: TcpProxy, tmp_path: Path
) -> None:
    said = submissions()
    file = write_ndjson(tmp_path / "delivery.ndjson", said)
    with field_on(postgresql_url, "sql:") as field, crew(tmp_path, behind(wire, field)) as hands:
        wire.cut_answer()
        first = hands.hepledger("ingest", str(file))
        assert first.end() == UNREACHABLE, first.last_words()
        again = hands.hepledger("ingest", str(file), "--json")
        assert again.end() == 0, again.last_words()
        counts = json.loads(again.said())
        assert (counts["already"], counts["appended"]) == (BATCH, len(said) - BATCH)
        assert project(hands).end() == 0, hands.last_words()
        entries = [new_entry(parse_submission(each), datetime.now(UTC)) for each in said]
        field.assert_came_through([entry.event_id for entry in entries])
