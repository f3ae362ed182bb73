"""What goes in as files comes out as tables, to the letter of the interface."""

from __future__ import annotations

import csv
import io
import json
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.support.builders import correction, enrolment, lab, prescription, retraction
from tests.support.command import home_in, write_ndjson

EXAMPLES = Path(__file__).parents[1] / "spec" / "worked_examples.csv"
DAY_0 = date(2024, 1, 1)


def course_of_lee_001() -> list[dict[str, Any]]:
    """CR at the second normal result in 28 days, then a relapse; a patient without tacrolimus; one with it, never assessed."""
    return [
        prescription("LEE-001", "2024-01-01"),
        lab("LEE-001", "2023-12-30", "240", source="m/0"),
        lab("LEE-001", "2024-01-31", "110", source="m/1"),
        lab("LEE-001", "2024-03-01", "38", source="m/2"),
        lab("LEE-001", "2024-04-05", "30", source="m/3"),
        lab("LEE-001", "2024-08-01", "55", source="m/4"),
        lab("LEE-002", "2024-01-01", "38"),
        prescription("LEE-003", "2024-05-01"),
        lab("LEE-003", "2024-04-20", "5", comparator="<", limit=None),
    ]


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_the_courses_are_a_row_for_every_patient_with_a_fact(tmp_path: Path) -> None:
    home = home_in(tmp_path).holding(course_of_lee_001())
    assert home.export("courses") == (
        "criteria,centre,patient,index_on,baseline_value,baseline_unit,baseline_times_uln,state,since,best,relapses,"
        "refractory,last_assessed_on\n"
        "hegade-2011,LEE,LEE-001,2024-01-01,240,U/L,6.0000,RP,2024-08-01,CR,1,no,2024-08-01\n"
        "hegade-2011,LEE,LEE-002,,,,,,,,,,\n"
        "hegade-2011,LEE,LEE-003,2024-05-01,<5,U/L,,start,,,0,no,\n"
    )


def test_the_assessments_say_onset_and_entered_only_where_a_state_was_entered(tmp_path: Path) -> None:
    home = home_in(tmp_path).holding(course_of_lee_001())
    assert home.export("assessments") == (
        "criteria,centre,patient,day,date,state,onset_on,entered,unknown\n"
        "hegade-2011,LEE,LEE-001,30,2024-01-31,PR,2024-01-31,true,\n"
        "hegade-2011,LEE,LEE-001,60,2024-03-01,PR,,,\n"
        "hegade-2011,LEE,LEE-001,95,2024-04-05,CR,2024-03-01,true,\n"
        "hegade-2011,LEE,LEE-001,213,2024-08-01,RP,2024-08-01,true,\n"
    )


def test_the_transitions_carry_their_evidence_as_event_ids(tmp_path: Path) -> None:
    home = home_in(tmp_path).holding(course_of_lee_001())
    ids = {row["identity"]: row["event_id"] for row in rows(home.export("facts"))}
    found = rows(home.export("transitions"))
    assert list(found[0]) == [
        "criteria",
        "centre",
        "patient",
        "from",
        "to",
        "onset_on",
        "confirmed_on",
        "relapse",
        "evidence",
    ]
    assert [(r["from"], r["to"], r["onset_on"], r["confirmed_on"], r["relapse"]) for r in found] == [
        ("start", "PR", "2024-01-31", "2024-01-31", "false"),
        ("PR", "CR", "2024-03-01", "2024-04-05", "false"),
        ("CR", "RP", "2024-08-01", "2024-08-01", "true"),
    ]
    assert found[1]["evidence"] == f"{ids['ALT-2024-03-01']}|{ids['ALT-2024-04-05']}"


def test_the_landmarks_are_answered_for_every_patient(tmp_path: Path) -> None:
    home = home_in(tmp_path).holding(course_of_lee_001())
    assert home.export("landmarks") == (
        "criteria,centre,patient,landmark,answer\n"
        "hegade-2011,LEE,LEE-001,ALT-normal-6m,not_evaluable\n"
        "hegade-2011,LEE,LEE-002,ALT-normal-6m,pending\n"
        "hegade-2011,LEE,LEE-003,ALT-normal-6m,pending\n"
    )


def test_the_facts_are_every_version_as_it_was_said_with_its_place_and_whether_it_is_in_force(tmp_path: Path) -> None:
    said = [
        lab(reported_at="2024-03-01T12:00:00+00:00", flags=["haemolysed"]),
        correction(alt="142", reported_at="2024-03-02T12:00:00+00:00"),
        lab(day="2024-03-05", limit=None, reported_at="2024-03-05T12:00:00+00:00"),
        retraction("ALT-2024-03-05", reported_at="2025-01-01T00:00:00+00:00"),
        enrolment(),
        prescription(),
    ]
    home = home_in(tmp_path).holding(said)
    header = (
        "centre,patient,type,identity,occurred_at,reported_at,recorded_at,partition,offset,event_id,in_force,content"
    )
    exported = home.export("facts")
    assert exported.splitlines()[0] == header
    found = rows(exported)
    assert [row["occurred_at"] for row in found] == sorted(row["occurred_at"] for row in found)
    by_offset = {int(row["offset"]): row for row in found}
    for offset, submitted in enumerate(said):
        assert json.loads(by_offset[offset]["content"]) == submitted["data"]
        assert by_offset[offset]["content"] == json.dumps(
            submitted["data"], sort_keys=True, separators=(",", ":"), ensure_ascii=False
        )
    assert [by_offset[offset]["in_force"] for offset in range(6)] == ["false", "true", "false", "true", "true", "true"]
    assert by_offset[0]["reported_at"] == "2024-03-01T12:00:00+00:00"
    assert datetime.fromisoformat(by_offset[0]["recorded_at"]).tzinfo is not None
    assert {row["partition"] for row in found} == {"0"}


def test_rows_are_in_plain_string_order_of_centre_and_patient(tmp_path: Path) -> None:
    names = [("b", "1"), ("B", "2"), ("B", "10"), ("a", "é"), ("a", "z"), ("B-2", "1")]
    home = home_in(tmp_path).holding([lab(patient, centre=centre) for centre, patient in names])
    assert [(row["centre"], row["patient"]) for row in rows(home.export("courses"))] == sorted(names)


@pytest.mark.parametrize("what", ["assessments", "transitions", "courses", "landmarks", "facts"])
def test_the_three_formats_hold_the_same_rows(tmp_path: Path, what: str) -> None:
    home = home_in(tmp_path).holding(course_of_lee_001())
    of_csv = rows(home.export(what))
    of_ndjson = [json.loads(line) for line in home.export(what, suffix=".ndjson").splitlines()]
    home.done("export", what, "--to", tmp_path / "t.parquet")
    of_parquet = pq.read_table(tmp_path / "t.parquet").to_pylist()
    assert len(of_csv) == len(of_ndjson) == len(of_parquet) > 0
    for one, two, three in zip(of_csv, of_ndjson, of_parquet, strict=True):
        assert one == {name: _as_in_csv(cell) for name, cell in two.items()}
        assert one == {name: _as_in_csv(cell) for name, cell in three.items()}


def _as_in_csv(cell: Any) -> str:
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, date):
        return cell.isoformat()
    return "" if cell is None else str(cell)


def test_the_worked_examples_come_out_of_the_command_line(tmp_path: Path) -> None:
    given = rows(EXAMPLES.read_text("utf-8"))
    submissions = [prescription(name, "2024-01-01") for name in dict.fromkeys(row["example"] for row in given)]
    for number, row in enumerate(given):
        comparator = "<=" if row["uln"].startswith("<=") else "<"
        censored = row["alt"][0] in "<>"
        submissions.append(
            lab(
                row["example"],
                (DAY_0 + timedelta(days=int(row["day"]))).isoformat(),
                row["alt"].lstrip("<>="),
                comparator=row["alt"][: -len(row["alt"].lstrip("<>="))] if censored else "=",
                limit=row["uln"].removeprefix(comparator) or None,
                limit_comparator=comparator,
                result_id=str(number),
            )
        )
    home = home_in(tmp_path).holding(submissions)
    found = {(row["patient"], row["day"]): row["state"] for row in rows(home.export("assessments"))}
    wanted = {(row["example"], row["day"]): row["state"] or "start" for row in given if int(row["day"]) > 0}
    assert found == wanted


@pytest.mark.parametrize("what", ["assessments", "transitions", "courses", "landmarks", "facts"])
def test_what_was_exported_then_comes_again_as_of_then(tmp_path: Path, what: str) -> None:
    home = home_in(tmp_path).holding(course_of_lee_001())
    then, exported_then = datetime.now(UTC), home.export(what)
    time.sleep(0.01)
    later = [
        correction(patient="LEE-001", day="2024-04-05", alt="90", result_id="ALT-2024-04-05", source="m/5"),
        retraction("ALT-2024-08-01", "LEE-001", source="m/6"),
        lab("LEE-004", "2024-01-01"),
        prescription("LEE-002", "2024-01-02"),
    ]
    home.holding(later, "later.ndjson")
    assert home.export(what, "--as-of", then.isoformat()) == exported_then
    if what != "landmarks":
        assert home.export(what) != exported_then


def test_an_export_under_a_set_that_was_never_projected_is_not_found(tmp_path: Path) -> None:
    home = home_in(tmp_path).holding(course_of_lee_001())
    answer = home("export", "courses", "--to", tmp_path / "x.csv", "--criteria", "iaihg-2022")
    assert answer.code == 4
    assert "project --criteria iaihg-2022@1" in answer.err
    assert not (tmp_path / "x.csv").exists()


def test_what_waits_to_be_projected_is_said_beside_the_answer(tmp_path: Path) -> None:
    home = home_in(tmp_path).holding(course_of_lee_001())
    home.done("ingest", write_ndjson(tmp_path / "more.ndjson", [lab("LEE-009")]))
    answer = home.done("export", "courses", "--to", tmp_path / "x.csv")
    assert "1 events wait" in answer.err
    assert "LEE-009" not in (tmp_path / "x.csv").read_text()


def test_without_projected_facts_there_is_a_header_alone(tmp_path: Path) -> None:
    home = home_in(tmp_path).holding([])
    assert home.export("landmarks") == "criteria,centre,patient,landmark,answer\n"
