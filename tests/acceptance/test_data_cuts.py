"""A data cut gives the same bytes again, whatever was said, corrected, projected and activated since; or it says what differs."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from hepledger.bootstrap import open_registry
from hepledger.config import config_from
from hepledger.log.port import NewEntry
from tests.acceptance.test_exports import course_of_lee_001
from tests.support.builders import correction, lab, prescription, retraction
from tests.support.command import Home, edited, home_in, write_ndjson

TABLES = ("assessments", "transitions", "courses", "landmarks", "facts")
LATER = [
    correction(patient="LEE-001", day="2024-04-05", alt="90", result_id="ALT-2024-04-05", source="m/5"),
    retraction("ALT-2024-08-01", "LEE-001", source="m/6"),
    lab("LEE-001", "2023-12-31", "500", source="m/7"),
    lab("LEE-004", "2024-01-01"),
    prescription("UPS-001", "2024-01-02", centre="UPS"),
]


def tables(home: Home, *options: str) -> Mapping[str, str]:
    return {what: home.export(what, *options) for what in TABLES}


def cut_made(tmp_path: Path, *options: str) -> Home:
    home = home_in(tmp_path).holding(course_of_lee_001())
    home.done("cut", "create", "dsmb-1", *options)
    return home


def test_what_a_cut_answered_comes_again_to_the_byte_after_late_results_corrections_and_retractions(
    tmp_path: Path,
) -> None:
    home = cut_made(tmp_path)
    then = tables(home)
    assert tables(home, "--cut", "dsmb-1") == then
    home.holding(LATER, "later.ndjson")
    assert tables(home, "--cut", "dsmb-1") == then
    assert all(now != then[what] for what, now in tables(home).items())
    shown = home.done("cut", "show", "dsmb-1")
    assert "verified: all 5 tables give the same bytes" in shown.out
    document = home.done("cut", "show", "dsmb-1", "--json").json
    assert (document["verified"], document["differences"]) == (True, [])
    assert {what: document["tables"][what]["sha256"] for what in TABLES} == {
        what: sha256(text.encode()).hexdigest() for what, text in then.items()
    }


def test_another_set_that_answers_now_changes_no_cut(tmp_path: Path) -> None:
    home = cut_made(tmp_path)
    then = tables(home)
    home.done("project", "--criteria", "relapse-3uln")
    edited(home, "UPDATE active_criteria SET fingerprint = (SELECT fingerprint FROM criteria_set WHERE id LIKE 'rel%')")
    assert home.export("courses").count("relapse-3uln,") == 3
    assert tables(home, "--cut", "dsmb-1") == then
    assert tables(home, "--as-of", "dsmb-1") == then
    home.done("cut", "create", "dsmb-2")
    listed = home.done("cut", "list", "--json").json
    assert [(each["name"], each["criteria"]) for each in listed] == [
        ("dsmb-1", "hegade-2011"),
        ("dsmb-2", "relapse-3uln"),
    ]
    assert home.export("courses", "--cut", "dsmb-2").count("relapse-3uln,") == 3


def test_a_state_that_was_made_anew_from_the_log_opens_the_cut_once_it_has_come_so_far(tmp_path: Path) -> None:
    home = cut_made(tmp_path)
    then = tables(home)
    home.holding(LATER, "later.ndjson")
    for table in ("fact", "patient", "course", "transition", "episode", "landmark", "checkpoint", "projection"):
        edited(home, f"DELETE FROM {table}")  # noqa: S608 - a name from the line above
    answer = home("export", "facts", "--to", tmp_path / "x.csv", "--cut", "dsmb-1")
    assert answer.code == 4
    assert "run `hepledger project` first" in answer.err
    assert home("cut", "show", "dsmb-1").code == 4
    home.done("project")
    assert tables(home, "--cut", "dsmb-1") == then


def test_every_format_of_an_export_is_held_to_the_cut(tmp_path: Path) -> None:
    home = cut_made(tmp_path)
    then = list(csv.DictReader(io.StringIO(home.export("courses"))))
    home.holding(LATER, "later.ndjson")
    lines = home.export("courses", "--cut", "dsmb-1", suffix=".ndjson").splitlines()
    assert [json.loads(line)["patient"] for line in lines] == [row["patient"] for row in then]
    said = home.done("export", "courses", "--to", tmp_path / "t.parquet", "--cut", "dsmb-1").out
    assert "as when data cut dsmb-1 was made: hash verified" in said
    assert pq.read_table(tmp_path / "t.parquet").num_rows == len(then)
    edited(home, "UPDATE fact SET value = '239' WHERE value = '240'")
    for suffix in (".ndjson", ".parquet", ".csv"):
        assert home("export", "courses", "--to", tmp_path / f"u{suffix}", "--cut", "dsmb-1").code == 5
        assert not (tmp_path / f"u{suffix}").exists()


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("UPDATE fact SET value = '239' WHERE value = '240'", "facts of centre LEE: 9 rows, with other content"),
        ("DELETE FROM fact WHERE value = '55'", "facts of centre LEE: 9 rows then, 8 now"),
        ("DELETE FROM fact WHERE value = '55'", "assessments of centre LEE: 4 rows then, 3 now"),
        ("UPDATE fact SET \"offset\" = 99 WHERE value = '55'", "facts of centre LEE: 9 rows then, 8 now"),
        ("UPDATE patient SET centre = 'UPS' WHERE patient = 'LEE-002'", "courses of centre UPS: 0 rows then, 1 now"),
        (
            'UPDATE criteria_set SET document = replace(document, \'"to":"RP"\', \'"to":"NR"\')',
            "courses of centre LEE: 3 rows, with other content",
        ),
    ],
)
def test_what_somebody_edited_by_hand_makes_the_cut_fail_with_the_difference(
    tmp_path: Path, statement: str, told: str
) -> None:
    home = cut_made(tmp_path)
    edited(home, statement)
    shown = home("cut", "show", "dsmb-1")
    assert shown.code == 5
    assert f"DIFFERS  {told}" in shown.out
    assert "hepledger verify" in shown.out
    what = told.partition(" ")[0]
    exported = home("export", what, "--to", tmp_path / "x.csv", "--cut", "dsmb-1")
    assert exported.code == 5
    assert told in exported.err
    assert not (tmp_path / "x.csv").exists()
    document = home("cut", "show", "dsmb-1", "--json").json
    assert document["verified"] is False
    assert {each["table"] for each in document["differences"]} >= {what}


def test_a_cut_that_another_program_made_names_both_programs(tmp_path: Path) -> None:
    home = cut_made(tmp_path)
    edited(home, 'UPDATE data_cut SET document = replace(document, \'"code_version":"\', \'"code_version":"99.\')')
    edited(home, "DELETE FROM fact WHERE value = '55'")
    assert "hepledger 99." in home("cut", "show", "dsmb-1").out


def test_a_last_clinical_day_leaves_out_what_is_dated_later(tmp_path: Path) -> None:
    home = cut_made(tmp_path, "--until", "2024-04-20")
    facts = list(csv.DictReader(io.StringIO(home.export("facts", "--cut", "dsmb-1"))))
    assert max(row["occurred_at"] for row in facts) == "2024-04-20"
    assert {row["patient"] for row in facts} == {"LEE-001", "LEE-002", "LEE-003"}
    courses = home.export("courses", "--cut", "dsmb-1").splitlines()
    assert courses[1].startswith("hegade-2011,LEE,LEE-001,2024-01-01,240,U/L,6.0000,CR,2024-03-01,CR,0,")
    assert courses[3] == "hegade-2011,LEE,LEE-003,,,,,,,,,,"
    home.holding(LATER, "later.ndjson")
    home.done("cut", "show", "dsmb-1")


def test_a_patient_of_whom_all_is_dated_later_is_not_in_the_cut(tmp_path: Path) -> None:
    home = cut_made(tmp_path, "--until", "2023-12-31")
    assert [line.split(",")[2] for line in home.export("courses", "--cut", "dsmb-1").splitlines()[1:]] == ["LEE-001"]
    assert home.done("cut", "show", "dsmb-1", "--json").json["until"] == "2023-12-31"


def test_a_patient_that_was_parked_is_in_the_cut_up_to_there_also_when_the_patient_goes_on(tmp_path: Path) -> None:
    home = home_in(tmp_path).holding([lab("LEE-001"), lab("LEE-002")])
    with open_registry(config_from({}, home=str(home.folder)), lambda: datetime.now(UTC)) as registry:
        registry.reported.append([NewEntry(b"0" * 16, "LEE/LEE-001", b"0" * 32, b"not an event")])
    home.holding([lab("LEE-001", "2024-05-01")], "more.ndjson")
    made = home.done("cut", "create", "dsmb-1", "--json")
    assert made.json["parked"] == [{"patient": "LEE/LEE-001", "from_offset": 2}]
    assert "1 patients are parked" in made.err
    then = tables(home, "--cut", "dsmb-1")
    assert then["facts"].count("LEE-001,") == 1
    home.done("project", "--criteria", "iaihg-2022")
    with_the_fact = "INSERT INTO fact SELECT patient_id, kind, 'new', randomblob(16), partition, 3"
    rest = "type, version_time, recorded_at, reported_at, occurred_at, day, rank, status, analyte, value, comparator"
    edited(
        home, f"{with_the_fact}, {rest}, unit, limit_value, limit_comparator, flags, content FROM fact WHERE offset = 0"
    )
    assert tables(home, "--cut", "dsmb-1") == then
    home.done("cut", "show", "dsmb-1")


def test_the_report_of_a_cut_is_the_report_of_then_and_says_where_it_is_from(tmp_path: Path) -> None:
    home = cut_made(tmp_path)
    then = home.done("report", "--json").json
    home.holding(LATER, "later.ndjson")
    again = home.done("report", "--cut", "dsmb-1", "--json").json
    said = again.pop("cut")
    assert (said["name"], said["verified"]) == ("dsmb-1", True)
    assert again == then
    assert "from data cut dsmb-1, made on" in home.done("report", "--cut", "dsmb-1").out
    assert "under other criteria" in home.done("report", "--as-of", "dsmb-1", "--criteria", "iaihg-2022").out
    edited(home, "UPDATE fact SET value = '239' WHERE value = '240'")
    assert home("report", "--cut", "dsmb-1").code == 5


def test_one_course_can_be_asked_for_as_of_a_cut(tmp_path: Path) -> None:
    home = cut_made(tmp_path)
    then = home.done("course", "LEE-001", "--json").json
    home.holding(LATER, "later.ndjson")
    again = home.done("course", "LEE-001", "--as-of", "dsmb-1", "--json").json
    assert again == {**then, "cut": "dsmb-1"}
    assert home.done("course", "LEE-001", "--json").json != then


def test_the_facts_of_a_cut_can_be_asked_under_any_criteria(tmp_path: Path) -> None:
    home = cut_made(tmp_path)
    home.done("project", "--criteria", "ctcae-v5-alt")
    then = home.export("assessments", "--criteria", "ctcae-v5-alt")
    home.holding(LATER, "later.ndjson")
    assert home.export("assessments", "--as-of", "dsmb-1", "--criteria", "ctcae-v5-alt") == then
    assert home.export("courses", "--as-of", "dsmb-1", "--criteria", "relapse-3uln").count("relapse-3uln") == 3


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("cut", "create", "dsmb-1"), 3, "there is a data cut dsmb-1 already"),
        (("cut", "create", "two words"), 2, "no name for a data cut"),
        (("cut", "create", "2024-03-01"), 2, "reads as a date"),
        (("cut", "create", "x", "--until", "soon"), 2, "--until soon: not a date"),
        (("cut", "show", "dsmb-2"), 4, "there is no data cut dsmb-2"),
        (("export", "courses", "--to", "x.csv", "--cut", "dsmb-2"), 4, "there is no data cut dsmb-2"),
        (("export", "facts", "--to", "x.csv", "--as-of", "dsmb-2"), 4, "there is no data cut dsmb-2"),
        (("report", "--cut", "dsmb-2"), 4, "there is no data cut dsmb-2"),
        (("course", "LEE-001", "--as-of", "dsmb-2"), 4, "there is no data cut dsmb-2"),
        (("export", "courses", "--to", "x.csv", "--cut", "two words"), 2, "no name for a data cut"),
        (("report", "--cut", "dsmb-1", "--criteria", "iaihg-2022"), 2, "give --as-of dsmb-1"),
        (("report", "--cut", "dsmb-1", "--as-of", "2024-03-01"), 2, "give one of them"),
    ],
)
def test_what_cannot_be_is_said(tmp_path: Path, arguments: tuple[str, ...], code: int, said: str) -> None:
    home = cut_made(tmp_path)
    answer = home(*arguments)
    assert (answer.code, answer.out) == (code, "")
    assert said in answer.err


def test_a_cut_stands_where_the_projection_stands_and_says_what_waits(tmp_path: Path) -> None:
    home = home_in(tmp_path).holding([lab()])
    home.done("ingest", write_ndjson(tmp_path / "more.ndjson", [lab(day="2024-05-01"), lab(day="2024-05-02")]))
    made = home.done("cut", "create", "dsmb-1", "--json")
    assert made.json["offsets"] == [{"partition": 0, "next_offset": 1}]
    assert "2 events wait to be projected" in made.err


def test_there_is_nothing_to_cut_before_something_was_projected(tmp_path: Path) -> None:
    home = home_in(tmp_path)
    home.done("init")
    answer = home("cut", "create", "dsmb-1")
    assert answer.code == 4
    assert "hepledger project" in answer.err
    assert "no data cuts yet" in home.done("cut", "list").err
    assert home.done("cut", "list", "--json").json == []


def test_a_cut_that_only_the_log_knows_yet_is_found(tmp_path: Path) -> None:
    home = cut_made(tmp_path)
    then = tables(home)
    edited(home, "DELETE FROM data_cut")
    edited(home, "DELETE FROM stream_position")
    assert tables(home, "--cut", "dsmb-1") == then
    assert "dsmb-1" in home.done("cut", "list").out


def test_a_cut_that_somebody_edited_in_the_database_is_found_by_verify(tmp_path: Path) -> None:
    home = cut_made(tmp_path)
    home.done("verify")
    edited(home, "UPDATE data_cut SET document = replace(document, '\"next_offset\":9', '\"next_offset\":8')")
    answer = home("verify")
    assert answer.code == 5
    assert "ALTERED  data cut dsmb-1: what is stored of it is not what the log says" in answer.out
    edited(home, "DELETE FROM data_cut")
    assert home("verify", "--json").json["altered"] == [
        "data cut dsmb-1: what is stored of it is not what the log says"
    ]
