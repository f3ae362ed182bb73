"""What a mapping may fill is what a submission may say: neither knows a field that the other does not."""

from __future__ import annotations

from typing import get_args

import pytest

from hepledger.intake.blocks import SubmissionType
from hepledger.intake.decimals import Measured
from hepledger.intake.fields import FIELDS, Kind, assemble, field_of
from hepledger.intake.limits import Limits
from hepledger_events.reported import REPORTS, InvalidSubmission, parse_submission

ENVELOPE = {"centre", "patient", "occurred_at", "source"}
WRITTEN = {
    Kind.TEXT: "x",
    Kind.WORDS: ["x"],
    Kind.DATE: "2024-03-01",
    Kind.MEASURED: Measured(None, "5"),
    Kind.NUMBER: "5",
    Kind.LIMITS: Limits(None, "5"),
    Kind.INTEGER: 3,
}
CODED = {"analyte": "ALT", "unit": "U/L", "birth_year": 1980}


def filled(kind: str, *, all_of_them: bool) -> dict[str, object]:
    fields = {name: field for name, field in FIELDS[kind].items() if all_of_them or field.required}
    values = {
        name: min(field.words) if field.words and name not in CODED else CODED.get(name, WRITTEN[field.kind])
        for name, field in fields.items()
    }
    return {**values, "centre": "LEE"}


def test_every_type_of_submission_can_come_from_a_table() -> None:
    assert set(FIELDS) == set(REPORTS) == set(get_args(SubmissionType))


@pytest.mark.parametrize("kind", FIELDS)
def test_the_fields_of_a_type_are_those_of_its_contract(kind: str) -> None:
    ours = {name.partition("_")[0] if name.startswith("dose_") else name for name in FIELDS[kind]}
    assert ours - ENVELOPE - {"reference_low"} == set(REPORTS[kind].model_fields)


@pytest.mark.parametrize("kind", FIELDS)
@pytest.mark.parametrize("all_of_them", [True, False])
def test_the_required_fields_are_enough_and_all_of_them_are_not_too_much(kind: str, all_of_them: bool) -> None:
    submission, faults = assemble(kind, filled(kind, all_of_them=all_of_them))
    assert not faults
    assert parse_submission(submission).type == kind


@pytest.mark.parametrize(
    ("kind", "field"), [(kind, name) for kind, fields in FIELDS.items() for name in fields if fields[name].required]
)
def test_without_a_required_field_there_is_no_submission(kind: str, field: str) -> None:
    values = filled(kind, all_of_them=True)
    del values[field]
    submission, _ = assemble(kind, values)
    with pytest.raises(InvalidSubmission) as raised:
        parse_submission(submission)
    assert [field_of(fault.place) for fault in raised.value.faults] == [field]


def test_a_comparator_before_the_value_is_the_results_comparator() -> None:
    submission, faults = assemble("lab_result_recorded", {"value": Measured("<", "5"), "patient": "P"})
    assert (submission["data"], faults) == ({"value": "5", "comparator": "<"}, [])


def test_two_comparators_that_differ_are_a_fault() -> None:
    _, faults = assemble("lab_result_recorded", {"value": Measured("<", "5"), "comparator": ">"})
    assert [field for field, _, _ in faults] == ["comparator"]
    _, faults = assemble("lab_result_recorded", {"value": Measured("<", "5"), "comparator": "<"})
    assert not faults


@pytest.mark.parametrize(
    "written", [{"reference_high": Limits("45", "10")}, {"reference_high": Limits(None, "10"), "reference_low": "45"}]
)
def test_a_lower_limit_above_the_upper_one_is_a_fault(written: dict[str, object]) -> None:
    assert [field for field, _, _ in assemble("lab_result_recorded", written)[1]] == ["reference_high"]


def test_a_range_without_an_upper_end_gives_no_limit() -> None:
    submission, faults = assemble("lab_result_recorded", {"reference_high": Limits("60", None)})
    assert (submission["data"], faults) == ({}, [])


def test_a_dose_without_a_number_is_no_dose() -> None:
    assert assemble("prescription_recorded", {"dose_unit": "mg", "dose_per": "day"})[0]["data"] == {}
    assert assemble("prescription_recorded", {"dose_unit": "mg", "dose_value": "3"})[0]["data"] == {
        "dose": {"value": "3", "unit": "mg"}
    }


@pytest.mark.parametrize(
    ("place", "field"),
    [
        ("occurred_at", "occurred_at"),
        ("data.value", "value"),
        ("data.reference_high.value", "reference_high"),
        ("data.flags[1]", "flags"),
        ("data.dose.value", "dose_value"),
    ],
)
def test_a_place_in_a_submission_leads_back_to_its_field(place: str, field: str) -> None:
    assert field_of(place) == field
