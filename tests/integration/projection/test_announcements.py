"""Whoever reads the derived stream, and believes what it is told, ends with what the registry believes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hepledger.log.port import NewEntry
from hepledger_events.catalogue import faults_in
from tests.support.builders import Submitted, correction, lab, prescription, retraction
from tests.support.projecting import State, entries_of, shipped, state_with
from tests.support.raw_log import RawLog
from tests.support.reader import Reader
from tests.support.streams import streams

RELAPSING = [
    prescription(),
    lab(day="2023-12-20"),
    lab(day="2024-02-01", alt="35"),
    lab(day="2024-03-15", alt="30"),
    lab(day="2024-06-01", alt="90"),
]


def outbox_of(state: State) -> list[bytes]:
    with state.begin() as uow:
        rows = uow.connection.exec_driver_sql("SELECT payload FROM outbox ORDER BY seq")
        return [bytes(row.payload) for row in rows]


def said_of(submissions: Sequence[Submitted]) -> list[tuple[str, Mapping[str, Any]]]:
    """What is announced of them: the type, and the data."""
    state = state_with([shipped("hegade-2011")])
    state.project(RawLog(entries_of(submissions)))
    events = [json.loads(payload) for payload in outbox_of(state)]
    return [(event["type"].removeprefix("org.hepledger."), event["data"] | {"id": event["id"]}) for event in events]


def text(day: int | None) -> str | None:
    return None if day is None else date.fromordinal(day).isoformat()


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(
    entries=streams(),
    name=st.sampled_from(("hegade-2011", "ctcae-v5-alt", "hegade-2011-strict")),
    limit=st.integers(1, 20),
)
def test_a_reader_of_the_derived_stream_ends_with_what_is_believed(
    entries: list[NewEntry], name: str, limit: int
) -> None:
    state, reader = state_with([shipped(name)]), Reader()
    state.project(RawLog(entries), limit=limit)
    payloads = outbox_of(state)
    for payload in payloads:
        reader.read(payload)
    rows = state.rows()
    assert len(reader.seen) == len(payloads)
    moved = {row["patient_id"]: row["state"] for row in rows["course"] if row["state"] not in (None, "start")}
    assert {key: now for key, now in reader.states.items() if now != "start"} == moved
    stands = [row for row in rows["transition"] if row["known_to"] is None]
    believed = [
        (r["patient_id"], r["from_state"], r["to_state"], text(r["onset_day"]), text(r["confirmed_day"]))
        for r in stands
    ]
    told = [(key, d["from"], d["to"], d["onset_on"], d["confirmed_on"]) for key, d in reader.changes.values()]
    assert sorted(told) == sorted(believed)
    episodes = [(r["patient_id"], text(r["opened_day"])) for r in rows["episode"] if r["known_to"] is None]
    assert sorted((key, data["confirmed_on"]) for key, data in reader.relapses.values()) == sorted(episodes)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(entries=streams())
def test_every_announcement_follows_its_contract(entries: list[NewEntry]) -> None:
    state = state_with([shipped("hegade-2011")])
    state.project(RawLog(entries))
    for event in map(json.loads, outbox_of(state)):
        assert faults_in(event["type"].removeprefix("org.hepledger.").removesuffix(".v1"), event["data"]) == ()


def test_a_relapse_is_told_with_the_change_that_it_is() -> None:
    kinds = [kind for kind, _ in said_of(RELAPSING)]
    assert kinds == ["response.changed.v1", "response.changed.v1", "response.changed.v1", "relapse.detected.v1"]


def test_a_result_that_is_taken_back_withdraws_what_followed_from_it_and_names_it() -> None:
    said = said_of([*RELAPSING, retraction("ALT-2024-06-01")])
    (changed, told), (withdrawn, taken_back) = said[-2:]
    assert (changed, withdrawn) == ("response.changed.v1", "relapse.withdrawn.v1")
    assert (told["from"], told["to"], told["onset_on"], told["supersedes"]) == ("RP", "CR", None, said[2][1]["id"])
    assert taken_back["supersedes"] == said[3][1]["id"]


def test_a_change_that_moves_supersedes_the_one_it_was() -> None:
    said = said_of([*RELAPSING, correction(day="2024-06-01", alt="95")])
    revision = said[-3][1]
    assert revision["to"] == "RP"
    assert revision["supersedes"] == said[2][1]["id"]


def test_closing_an_episode_is_no_new_relapse() -> None:
    said = said_of([*RELAPSING, lab(day="2024-07-01", alt="30"), lab(day="2024-08-15", alt="30")])
    assert [kind for kind, _ in said].count("relapse.detected.v1") == 1
    assert "relapse.withdrawn.v1" not in [kind for kind, _ in said]


def test_the_same_log_is_announced_under_the_same_ids() -> None:
    assert [data["id"] for _, data in said_of(RELAPSING)] == [data["id"] for _, data in said_of(RELAPSING)]
