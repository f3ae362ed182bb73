"""What a committee does: hold a revised definition against the one in use, and read who moves, and why."""

from __future__ import annotations

import csv
import io
import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow.parquet as pq
import pytest

from hepledger.reporting.compare_rows import COLUMNS
from tests.support.builders import correction, lab, prescription
from tests.support.command import Home, home_in, write_ndjson
from tests.support.sites import ACCEPTANCE, SITES

OLD, NEW = "hegade-2011", "hegade-2011-strict"
RESULTS = (("2024-01-01", "240"), ("2024-02-01", "100"), ("2024-03-01", "38"), ("2024-04-05", "30"))


def treated(patient: str, *more: tuple[str, str]) -> Iterator[dict[str, Any]]:
    yield prescription(patient, "2024-01-01")
    yield from (lab(patient, day, alt) for day, alt in (*RESULTS, *more))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A registry of three patients, projected under two sets."""
    later = ("2024-07-01", "35")
    said = [*treated("LEE-001"), *treated("LEE-002", later), *treated("LEE-003", later, ("2024-09-01", "60"))]
    home = home_in(tmp_path).holding(said)
    home.done("project", "--criteria", NEW)
    return home


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_a_committee_reads_how_many_move_who_and_why(home: Home) -> None:
    told = home.done("compare", OLD, NEW).out
    assert f"2 patients stand elsewhere now under {NEW}." in told
    assert "LEE/LEE-001  CR -> PR, since 2024-04-05\n" in told
    assert "LEE/LEE-003  RP -> CR, since 2024-09-01\n" in told
    assert "Not RP: ALT more than 2 × its limit: no, ALT 60 U/L of 2024-09-01, limit ≤40 (1.5 ×) (rule 2)." in told
    assert "Stood elsewhere on some day, and stand alike now: 1\n\nLEE/LEE-002  now CR under both\n" in told


def test_a_program_reads_the_same_as_json(home: Home) -> None:
    said = home.done("compare", OLD, NEW, "--json").json
    assert (said["old"]["id"], said["new"]["id"], said["patients"]) == (OLD, NEW, 3)
    assert (said["differ"]["state"], said["differ"]["some_day"]) == (2, 3)
    assert {"old": "RP", "new": "CR", "patients": 1} in said["present"]
    moved = {each["patient"]: each for each in said["listed"]}
    assert list(moved) == ["LEE-001", "LEE-002", "LEE-003"]
    assert moved["LEE-002"]["now"] is None
    assert moved["LEE-003"]["now"]["new"]["failed"][0]["clauses"][0]["answer"] == "false"
    nobody = home.done("compare", OLD, NEW, "--json", "--as-of", "2020-01-01").json
    assert (nobody["patients"], nobody["listed"]) == (0, [])


def test_the_patients_go_to_a_file_in_three_formats_alike(home: Home, tmp_path: Path) -> None:
    for suffix in ("csv", "ndjson", "parquet"):
        told = home.done("compare", OLD, NEW, "--to", tmp_path / f"moved.{suffix}")
        assert "LEE-001" not in told.out
        assert "moved" in told.err
    of_csv = rows((tmp_path / "moved.csv").read_text("utf-8"))
    of_ndjson = [json.loads(line) for line in (tmp_path / "moved.ndjson").read_text("utf-8").splitlines()]
    of_parquet = pq.read_table(tmp_path / "moved.parquet").to_pylist()
    assert list(of_csv[0]) == [column.name for column in COLUMNS]
    for one, two, three in zip(of_csv, of_ndjson, of_parquet, strict=True):
        as_text = {name: "" if cell is None else str(cell) for name, cell in two.items()}
        assert one == as_text == {name: "" if cell is None else str(cell) for name, cell in three.items()}
    assert [row["since"] for row in of_csv] == ["2024-04-05", "", "2024-09-01"]


def test_what_was_known_earlier_is_compared_as_of_then(home: Home) -> None:
    before, then = home.done("compare", OLD, NEW, "--json").json, datetime.now(UTC).isoformat()
    home.holding([correction(patient="LEE-003", day="2024-09-01", alt="35")], "later.ndjson")
    now = home.done("compare", OLD, NEW, "--json").json
    again = home.done("compare", OLD, NEW, "--json", "--as-of", then).json
    assert (before["differ"]["state"], now["differ"]["state"]) == (2, 1)
    for each in (before, again):
        del each["recorded_by"], each["offsets"]
    assert again == before
    told = home.done("compare", OLD, NEW, "--as-of", then).out
    assert f"From what was recorded by {then}.\n" in told


def test_where_one_set_lags_both_are_compared_as_of_what_both_have_and_that_is_said(home: Home, tmp_path: Path) -> None:
    before = home.done("compare", OLD, NEW).out
    home.done("ingest", write_ndjson(tmp_path / "more.ndjson", [lab("LEE-001", "2024-07-01", "30")]))
    home.done("project", "--criteria", OLD)
    answer = home.done("compare", OLD, NEW)
    assert f"{OLD}@1 has taken in 1 events that {NEW}@1 has not" in answer.err
    assert answer.out == before
    home.done("project")
    assert home.done("compare", OLD, NEW).out != before


@pytest.mark.parametrize(
    ("asked", "code", "told"),
    [
        ((OLD, "iaihg-2022"), 4, "nothing was projected under iaihg-2022@1 yet: run `hepledger replay iaihg-2022@1`"),
        ((OLD, f"{OLD}@1"), 2, "are one set, hegade-2011@1: name two to compare"),
        ((OLD, "nosuch"), 4, "there is no criteria set nosuch"),
        ((OLD, NEW, "--to", "x.txt"), 2, "one of .csv, .parquet, .ndjson"),
        ((OLD, NEW, "--as-of", "last month"), 2, "--as-of last month"),
    ],
)
def test_what_cannot_be_compared_is_refused_with_advice(
    home: Home, asked: tuple[str, ...], code: int, told: str
) -> None:
    answer = home("compare", *asked)
    assert (answer.code, answer.out) == (code, "")
    assert told in answer.err


def test_a_course_is_explained_against_a_set_that_was_never_projected(home: Home) -> None:
    told = home.done("course", "LEE-003", "--explain", "--compare", "relapse-3uln").out
    assert "hegade-2011 beside relapse-3uln: RP -> CR, since 2024-09-01" in told
    assert "Not RP: ALT more than 3 × its limit: no, ALT 60 U/L of 2024-09-01, limit ≤40 (1.5 ×) (rule 2)." in told
    said = home.done("course", "LEE-003", "--explain", "--compare", NEW, "--on", "2024-04-05", "--json").json
    assert said["comparison"]["then"]["cause"] == "not for long enough"
    assert said["comparison"]["now"]["cause"] == "condition"


def test_a_course_is_not_explained_against_itself_or_without_being_asked_to(home: Home) -> None:
    alone = home("course", "LEE-003", "--compare", NEW)
    assert (alone.code, "give --explain, too" in alone.err) == (2, True)
    itself = home("course", "LEE-003", "--explain", "--compare", OLD)
    assert (itself.code, "--compare names another set" in itself.err) == (2, True)


class Result(NamedTuple):
    """One ALT as it stands in a site's file."""

    day: str
    value: Decimal
    limit: Decimal
    order: int


class Graded(NamedTuple):
    """What a few lines of arithmetic make of a patient: the baseline, and each later day with both grades."""

    baseline: Result
    days: list[tuple[str, int, int]]


def graded_by_hand() -> dict[str, Graded]:
    """Both versions' grades of every treated patient, from the files alone."""
    results, starts = defaultdict[str, list[Result]](list), dict[str, str]()
    for site in sorted(SITES.glob("site-*")):
        for row in rows((site / "exposures.csv").read_text("utf-8")):
            key = f"{site.name.removeprefix('site-')}/{row['USUBJID']}"
            starts[key] = min(row["EXSTDTC"], starts.get(key, "9"))
        for row in rows((site / "labs.csv").read_text("utf-8")):
            if row["LBTESTCD"] == "ALT" and row["LBORRES"] and len(row["LBDTC"]) >= 10:
                found = Result(row["LBDTC"][:10], Decimal(row["LBORRES"]), Decimal(row["LBORNRHI"]), int(row["LBSEQ"]))
                results[f"{site.name.removeprefix('site-')}/{row['USUBJID']}"].append(found)
    graded = {}
    for key, start in starts.items():
        highest: dict[str, Result] = {}
        for each in results[key]:
            rival = highest.get(each.day)
            if rival is None or each.value * rival.limit > rival.value * each.limit:
                highest[each.day] = each
        before = [highest[day] for day in sorted(highest) if day <= start]
        after = [highest[day] for day in sorted(highest) if day > start]
        if before and after:
            base = before[-1]
            graded[key] = Graded(base, [(each.day, grade_4(each), grade_5(each, base)) for each in after])
    return graded


def grade_4(each: Result) -> int:
    return sum(each.value > times * each.limit for times in (1, 3, 5, 20))


def grade_5(each: Result, base: Result) -> int:
    if base.value <= base.limit:
        return grade_4(each)
    return (each.value >= Decimal("1.5") * base.value) + sum(each.value > times * base.value for times in (3, 5, 20))


@pytest.mark.skipif(not SITES.is_dir(), reason="HEPLEDGER_SHARED_DATA has no cdisc-pilot")
def test_every_patient_of_the_seventeen_sites_whose_grade_moved_is_listed_with_the_baseline_that_moved_it(
    tmp_path: Path,
) -> None:
    by_hand = graded_by_hand()
    on_some_day = {key: g for key, g in by_hand.items() if any(old != new for _, old, new in g.days)}
    now = {key for key, g in by_hand.items() if g.days[-1][1] != g.days[-1][2]}
    assert on_some_day
    home = home_in(tmp_path)
    home.done("init")
    for site in sorted(SITES.glob("site-*")):
        mapping = ACCEPTANCE / "mappings" / "cdisc.toml"
        home.done("ingest", site, "--centre", site.name.removeprefix("site-"), "--mapping", mapping)
    home.done("project", "--criteria", "ctcae-v4-alt", "--criteria", "ctcae-v5-alt")
    said = home.done("compare", "ctcae-v4-alt", "ctcae-v5-alt", "--json").json
    told = {f"{each['centre']}/{each['patient']}": each for each in said["listed"]}
    assert told.keys() == on_some_day.keys()
    assert {key for key, each in told.items() if "state" in each["differs"]} == now
    assert (said["differ"]["state"], said["differ"]["some_day"]) == (len(now), len(on_some_day))
    for key, each in told.items():
        baseline, days = on_some_day[key]
        assert each["days_assessed"] == len(days)
        assert each["days_apart"] == sum(old != new for _, old, new in days)
        first = next((day, f"G{old}", f"G{new}") for day, old, new in days if old != new)
        assert (each["first"]["on"], each["first"]["old"]["state"], each["first"]["new"]["state"]) == first
        used = [reading for reading in each["first"]["new"]["readings"] if reading["on"] == baseline.day]
        assert [(Decimal(reading["value"]), Decimal(reading["limit"])) for reading in used] == [baseline[1:3]]
        assert f"baseline ALT {used[0]['value']} U/L of {baseline.day}" in each["first"]["text"]
