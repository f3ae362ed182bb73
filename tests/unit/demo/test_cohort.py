"""The demonstration cohort: the same bytes everywhere, and in them all that registries have to live with."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from hepledger.demo.blunders import QUERIED, REFUSED, queried, refused
from hepledger.demo.cohort import MAPPING_FILE, PATIENTS_PER_CENTRE, SERIES_FILE, CentreDelivery, cohort, write
from hepledger.demo.dice import Dice
from hepledger.demo.letters import limit_of
from hepledger.intake.mapping import load_mapping
from hepledger_events.reported import InvalidSubmission, parse_submission

FINGERPRINT = "6b800d545f3f95fa867c9435d24c2f811b6f75b056e64ab1b24b9421f0e17755"


@cache
def delivered() -> list[CentreDelivery]:
    """Made once: it is the same each time, as the first test shows."""
    return cohort()


def submissions(deliveries: list[CentreDelivery], centre: str | None = None) -> Iterator[dict[str, Any]]:
    for delivery in deliveries:
        for file in delivery.files:
            if file.name.endswith(".ndjson") and centre in (None, delivery.centre):
                yield from map(json.loads, file.content.splitlines())


def results(deliveries: list[CentreDelivery], centre: str) -> list[dict[str, Any]]:
    return [each["data"] for each in submissions(deliveries, centre) if each["type"] == "lab_result_recorded"]


def test_the_cohort_is_the_same_to_the_byte_on_every_machine() -> None:
    written = sha256()
    for delivery in cohort():
        for file in delivery.files:
            written.update(f"{delivery.centre}/{file.name}\n".encode() + file.content)
    assert written.hexdigest() == FINGERPRINT


def test_one_patients_chance_does_not_disturb_anothers() -> None:
    disturbed, undisturbed = Dice("LEE", "LEE-002"), Dice("LEE", "LEE-002")
    Dice("LEE", "LEE-001").between(1, 6)
    assert [disturbed.between(1, 1000) for _ in range(5)] == [undisturbed.between(1, 1000) for _ in range(5)]


def test_five_centres_enrol_forty_eight_patients_each() -> None:
    enrolled = Counter(s["centre"] for s in submissions(delivered()) if s["type"] == "patient_enrolled")
    twice_sent = 2 * PATIENTS_PER_CENTRE
    assert enrolled == {
        "GUT": PATIENTS_PER_CENTRE,
        "LEE": PATIENTS_PER_CENTRE,
        "UPS": PATIENTS_PER_CENTRE,
        "BOS": twice_sent,
    }
    sheets = [f for d in delivered() if d.centre == "HAM" for f in d.files if f.name.startswith("patienten_")]
    assert sum(sheet.content.count(b"\r\n") - 1 for sheet in sheets) == PATIENTS_PER_CENTRE


@pytest.mark.parametrize(
    ("centre", "unit", "limits"),
    [
        ("GUT", {"U/L"}, {("40", "<=")}),
        ("LEE", {"IU/L", "u/L", "U/L"}, {("40", "<"), ("40", "<=")}),
        ("UPS", {"ukat/L", "nkat/L", "U/L"}, {("0.76", "<="), ("1.10", "<="), ("760", "<="), ("1100", "<=")}),
        ("BOS", {"U/L"}, {("33", "<="), ("41", "<=")}),
    ],
)
def test_each_centre_has_its_own_alt_unit_and_limits(centre: str, unit: set[str], limits: set[tuple[str, str]]) -> None:
    alts = [result for result in results(delivered(), centre) if result["analyte"] == "ALT"]
    assert {result["unit"] for result in alts} == unit
    printed = [result["reference_high"] for result in alts if "reference_high" in result]
    assert {(limit["value"], limit["comparator"]) for limit in printed} == limits


def test_results_come_late_corrected_retracted_censored_preliminary_and_finalised() -> None:
    kinds = Counter(each["type"] for each in submissions(delivered()))
    assert min(kinds["lab_result_corrected"], kinds["lab_result_finalised"], kinds["lab_result_retracted"]) > 20
    said = [result for centre in ("GUT", "LEE", "BOS") for result in results(delivered(), centre)]
    assert {result.get("comparator", "=") for result in said} == {"=", "<", ">"}
    assert sum(result["status"] == "preliminary" for result in said) > 1000
    assert any("haemolysed" in result.get("flags", ()) for result in said)
    assert any("reference_high" not in result for result in said)


def test_one_centre_sends_late() -> None:
    gut = next(delivery for delivery in delivered() if delivery.centre == "GUT")
    waits = [
        (file.on.toordinal() - int(_day(said["occurred_at"])))
        for file in gut.files[1:]
        for said in map(json.loads, file.content.splitlines())
        if said["type"] == "lab_result_recorded" and len(said["occurred_at"]) > 7 and said["occurred_at"] < "2022-02-29"
    ]
    assert sum(wait > 200 for wait in waits) > len(waits) // 20


def _day(occurred_at: str) -> int:
    return date.fromisoformat(occurred_at[:10]).toordinal()


def test_one_centre_sends_every_file_twice() -> None:
    bos = next(delivery for delivery in delivered() if delivery.centre == "BOS")
    first = {file.name: file.content for file in bos.files if "-again" not in file.name}
    again = {file.name.replace("-again", ""): file.content for file in bos.files if "-again" in file.name}
    assert first == again


def test_one_centre_sends_spreadsheets_with_semicolons_decimal_commas_and_day_first_dates() -> None:
    ham = next(delivery for delivery in delivered() if delivery.centre == "HAM")
    sheet = next(file.content for file in ham.files if file.name == "labor_2021-H1.csv").decode("utf-8-sig")
    header, *rows = [line.split(";") for line in sheet.splitlines()]
    assert header[3:7] == ["Wert", "Einheit", "Referenz", "Abnahme"]
    written = {row[2]: row[3:7] for row in rows}
    assert re.fullmatch(r"<?\d+,\d\d", written["Kreatinin"][0])
    assert written["Kreatinin"][2] in ("0,50-0,90", "0,70-1,20")
    assert {row[5] for row in rows if row[2] == "GPT (ALAT)"} >= {"≤35", "10-45"}
    assert all(re.fullmatch(r"\d\d\.\d\d\.\d{4} \d\d:\d\d", row[6]) for row in rows)


def test_only_the_blunders_are_refused_by_the_published_language() -> None:
    faulty = []
    for said in submissions(delivered()):
        try:
            parse_submission(said)
        except InvalidSubmission:
            faulty.append(said["data"]["result_id"])
    meant = {sent.submission["data"]["result_id"] for sent in refused() if sent.submission["centre"] != "HAM"}
    assert set(faulty) == meant
    assert len(list(refused())) == REFUSED


def test_blunders_that_go_in_are_understood() -> None:
    sent = list(queried())
    assert all(parse_submission(each.submission) for each in sent)
    assert len({each.submission["data"]["result_id"] for each in sent}) == QUERIED


def test_tacrolimus_is_for_the_difficult_ones_and_its_levels_are_measured() -> None:
    given = {s["patient"] for s in submissions(delivered()) if s["data"].get("drug") == "tacrolimus"}
    measured = {s["patient"] for s in submissions(delivered()) if s["data"].get("analyte") == "TAC"}
    assert 30 < len(given) < 90
    assert measured <= given
    assert len(measured) > len(given) * 9 // 10


def test_few_patients_die_or_receive_a_liver() -> None:
    kinds = Counter(each["type"] for each in submissions(delivered()))
    assert 1 <= kinds["death_recorded"] <= 12
    assert 1 <= kinds["transplant_recorded"] <= 12


def test_files_are_written_in_the_order_they_arrived_beside_the_mapping_that_reads_them(tmp_path: Path) -> None:
    arrivals = write(tmp_path)
    assert [arrival.on for arrival in arrivals] == sorted(arrival.on for arrival in arrivals)
    assert arrivals[0].path == tmp_path / "GUT" / SERIES_FILE
    spreadsheets = [arrival for arrival in arrivals if arrival.mapping is not None]
    assert {arrival.centre for arrival in spreadsheets} == {"HAM"}
    mapping = load_mapping(tmp_path / "HAM" / MAPPING_FILE)
    assert all(mapping.blocks_for(arrival.path.name) for arrival in spreadsheets)
    assert write(tmp_path) == arrivals


@pytest.mark.parametrize(
    ("printed", "value", "comparator"),
    [
        ("<40", "40", "<"),
        ("≤35", "35", "<="),
        ("10-45", "45", "<="),
        ("0,2-1,2", "1.2", "<="),
        ("<=0.76", "0.76", "<="),
    ],
)
def test_a_printed_limit_is_read_with_its_comparator(printed: str, value: str, comparator: str) -> None:
    assert limit_of(printed) == {"value": value, "comparator": comparator}


def test_a_limit_that_nobody_prints_is_refused() -> None:
    with pytest.raises(ValueError, match="not a limit"):
        limit_of("normal")
