"""A submission is taken whole or refused with every fault."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from hepledger.clinical.measurement import units_of
from hepledger_events.reported import REPORTS, InvalidSubmission, canonical_json, parse_submission
from hepledger_events.vocabulary import MEMBERS, UNITS, Analyte, Drug, DrugClass
from tests.support.builders import (
    adverse_event,
    biopsy,
    death,
    enrolment,
    lab,
    one_of_each,
    prescription,
    submission,
)


def faults(submitted: dict[str, Any]) -> dict[str, tuple[str, str]]:
    with pytest.raises(InvalidSubmission) as refused:
        parse_submission(submitted)
    return {fault.place: (fault.found, fault.expected) for fault in refused.value.faults}


def changed(submitted: dict[str, Any], **data: Any) -> dict[str, Any]:
    return {**submitted, "data": {**submitted["data"], **data}}


def test_every_type_of_submission_is_read_and_says_what_it_said() -> None:
    assert {submitted["type"] for submitted in one_of_each()} == set(REPORTS)
    for submitted in one_of_each():
        assert parse_submission(submitted).content() == submitted["data"]


def test_what_is_not_said_has_its_default_and_is_otherwise_left_out() -> None:
    data = {"result_id": "4711", "analyte": "ALT", "value": "412", "unit": "U/L", "reference_high": {"value": "40"}}
    read = parse_submission(submission("lab_result_recorded", data, occurred_at="2024-03-01"))
    assert read.content() == {
        **data,
        "comparator": "=",
        "reference_high": {"value": "40", "comparator": "<="},
        "status": "final",
        "flags": [],
    }


def test_a_prescription_that_runs_says_so() -> None:
    told = prescription()
    untold = {**told, "data": {key: value for key, value in told["data"].items() if key != "stopped_on"}}
    assert parse_submission(untold).content()["stopped_on"] is None
    assert canonical_json(parse_submission(untold).content()) == canonical_json(parse_submission(told).content())


def test_an_absent_key_and_null_are_the_same() -> None:
    assert parse_submission(changed(lab(), reported_at=None, reference_high=None)) == parse_submission(lab(limit=None))


@pytest.mark.parametrize(
    ("submitted", "day"),
    [
        (prescription(started_on="2024-01-01"), "2024-01-01"),
        (enrolment(enrolled_on="2023-12"), "2023-12"),
        (death(on="2025-06-01"), "2025-06-01"),
        (enrolment(enrolled_on=None), None),
        ({**death(on="2025-06-01"), "occurred_at": "2025-06-02"}, "2025-06-02"),
    ],
)
def test_what_happened_on_a_day_of_its_own_happened_then(submitted: dict[str, Any], day: str | None) -> None:
    assert parse_submission(submitted).occurred_at == day


@pytest.mark.parametrize("submitted", [lab(), lab(type="lab_result_corrected"), adverse_event(), biopsy()])
def test_a_report_of_a_day_needs_the_day(submitted: dict[str, Any]) -> None:
    del submitted["occurred_at"]
    assert faults(submitted) == {"occurred_at": ("nothing", "the day it happened: this key is required here")}


@pytest.mark.parametrize("text", ["0", "412", "3.30", "-1", "+2.5", "1" * 15 + "." + "1" * 20])
def test_a_plain_decimal_is_kept_as_it_was_written(text: str) -> None:
    assert parse_submission(lab(alt=text)).content()["value"] == text


def test_a_whole_number_of_json_is_its_text() -> None:
    assert parse_submission(changed(lab(), value=412)).content()["value"] == "412"


@pytest.mark.parametrize(
    "value",
    ["", "4,2", "1e3", " 5", "<5", "five", "1" * 16, "1." + "1" * 21, ".5", "5.", "٥", True, None, [], Decimal(5)],
)
def test_what_is_not_a_plain_decimal_is_refused(value: object) -> None:
    assert list(faults(changed(lab(), value=value))) == ["data.value"]


def test_a_binary_float_is_refused_for_what_it_has_lost() -> None:
    assert faults(changed(lab(), value=3.3))["data.value"] == (
        "3.3",
        "the value as text: a binary float has lost what was written",
    )


@pytest.mark.parametrize(
    "day",
    [
        "2024",
        "2024-03",
        "2024-02-29",
        "2024-03-01T08:30+01:00",
        "2024-03-01T08:30:00Z",
        "2024-03-01T08:30:00.123456789-05:30",
    ],
)
def test_a_day_is_kept_as_it_was_written(day: str) -> None:
    assert parse_submission(lab(day=day)).occurred_at == day


@pytest.mark.parametrize(
    "day",
    [
        "2023-02-29",
        "2024-13",
        "0000",
        "1799-12-31",
        "9999-12-31",
        "24-03-01",
        "01.03.2024",
        "20240301",
        "2024-03-01 08:30:00+01:00",
        "2024-03-01T24:00Z",
        "2024-03-01T08:30:00",
        "2024-03-01T08:30",
        "",
        5,
    ],
)
def test_a_day_that_is_none_is_refused(day: Any) -> None:
    assert list(faults({**lab(), "occurred_at": day})) == ["occurred_at"]


def test_a_time_without_its_offset_is_told_to_add_it() -> None:
    for place, submitted in (
        ("occurred_at", lab(day="2024-03-01T08:30:00")),
        ("data.reported_at", lab(reported_at="2024-03-01T08:30:00")),
    ):
        assert "offset" in faults(submitted)[place][1]


def test_a_report_is_made_at_a_moment_or_on_a_full_date() -> None:
    assert parse_submission(lab(reported_at="2024-03-01")).content()["reported_at"] == "2024-03-01"
    assert list(faults(lab(reported_at="2024-03"))) == ["data.reported_at"]


def test_a_unit_off_the_list_of_its_analyte_is_never_guessed() -> None:
    found, expected = faults(lab(unit="u/L"))["data.unit"]
    assert found == "'u/L'"
    assert "U/L" in expected
    assert parse_submission(lab(unit="mg/dL", analyte="BILI", limit=None))


def test_the_units_of_the_language_are_those_the_engine_converts() -> None:
    assert {str(analyte): units for analyte, units in UNITS.items()} == {
        str(analyte): frozenset(units_of(analyte)) for analyte in Analyte
    }


def test_every_class_of_drugs_has_members() -> None:
    assert set(MEMBERS) == set(DrugClass)
    assert {drug for drugs in MEMBERS.values() for drug in drugs} <= set(Drug)
    assert len(MEMBERS[DrugClass.CORTICOSTEROID]) == 4


@pytest.mark.parametrize(
    ("started", "stopped"), [("2024-03-05", "2024-03-04"), ("2024-03", "2024-02-28"), ("2024-03-05", "2023")]
)
def test_nothing_stops_before_it_started(started: str, stopped: str) -> None:
    assert list(faults(prescription(started_on=started, stopped_on=stopped))) == ["data.stopped_on"]


@pytest.mark.parametrize(
    ("started", "stopped"), [("2024-03-05", "2024-03-05"), ("2024-03-05", "2024-03"), ("2024", "2024-01-01")]
)
def test_a_prescription_may_stop_on_its_first_day(started: str, stopped: str) -> None:
    assert parse_submission(prescription(started_on=started, stopped_on=stopped)).occurred_at == started


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("centre", ""),
        ("centre", "L/1"),
        ("centre", "-x"),
        ("centre", "x" * 33),
        ("patient", ""),
        ("patient", "a/b"),
        ("patient", "a\nb"),
        ("patient", " a"),
        ("patient", "x" * 65),
        ("patient", 5),
        ("source", ""),
        ("source", "\ud800"),
    ],
)
def test_an_identity_that_cannot_be_seen_or_parted_is_refused(key: str, value: object) -> None:
    assert list(faults({**lab(), key: value})) == [key]


def test_all_faults_are_told_at_once_each_with_its_place() -> None:
    submitted = {
        "type": "lab_result_recorded",
        "centre": "L/1",
        "patinet": "LEE-001",
        "data": {
            "result_id": 5,
            "analyte": "ALT",
            "value": 4.2,
            "valeu": "4.2",
            "comparator": "~",
            "unit": "mg/dL",
            "reference_high": {"valu": "40", "comparator": ">"},
            "status": "F",
            "flags": ["", "haemolysed"],
        },
    }
    assert set(faults(submitted)) == {
        "centre",
        "patient",
        "patinet",
        "occurred_at",
        "data.result_id",
        "data.value",
        "data.valeu",
        "data.comparator",
        "data.unit",
        "data.reference_high.value",
        "data.reference_high.valu",
        "data.reference_high.comparator",
        "data.status",
        "data.flags[0]",
    }


def test_an_unknown_key_is_refused_and_the_known_one_named() -> None:
    assert faults(changed(lab(), unti="U/L"))["data.unti"][1].startswith("unit?")


@pytest.mark.parametrize("type_", ["lab_result", "", 5, None, ["lab_result_recorded"], {}])
def test_a_type_that_is_none_is_refused(type_: Any) -> None:
    assert list(faults({**lab(), "type": type_, "data": {}})) == ["type"]


@pytest.mark.parametrize("data", [None, [], "x", 5])
def test_data_is_an_object(data: object) -> None:
    assert "data" in faults({**lab(), "data": data})


def test_nothing_at_all_is_told_what_a_submission_needs() -> None:
    assert set(faults({})) == {"type", "centre", "patient", "data"}


def test_a_fault_reads_as_a_sentence() -> None:
    submitted = lab()
    del submitted["data"]["unit"]
    with pytest.raises(InvalidSubmission, match=r"^data\.unit: found nothing, expected a value: this key is required$"):
        parse_submission(submitted)
