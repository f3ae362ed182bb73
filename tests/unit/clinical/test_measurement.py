"""A result as exact numbers: units, censoring, plausibility."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hepledger.clinical.measurement import (
    SCALE,
    NotADecimal,
    UnknownUnit,
    canonical_unit,
    in_canonical_unit,
    measure,
    scaled,
    units_of,
)
from hepledger_events.vocabulary import UNITS, Analyte


@pytest.mark.parametrize(
    ("analyte", "value", "unit", "canonical"),
    [
        ("ALT", "1", "ukat/L", "60"),
        ("ALT", "500", "nkat/L", "30"),
        ("ALT", "40", "IU/L", "40"),
        ("BILI", "1", "mg/dL", "17.1036"),
        ("CREA", "1", "mg/dL", "88.402"),
        ("IGG", "1600", "mg/dL", "16"),
        ("ALB", "4.1", "g/dL", "41"),
        ("TAC", "6", "ng/mL", "6"),
        ("PLT", "250", "10*3/uL", "250"),
    ],
)
def test_a_unit_is_converted_exactly(analyte: str, value: str, unit: str, canonical: str) -> None:
    assert measure(analyte, value, "=", unit).stated == Fraction(canonical) * SCALE


@given(st.decimals(min_value=0, max_value=100_000, places=20), st.sampled_from(sorted(Analyte)))
def test_no_conversion_leaves_the_exact_scale(value: object, analyte: Analyte) -> None:
    for unit in units_of(analyte):
        text = format(value, "f")
        assert measure(analyte, text, "=", unit).stated == Fraction(text) * in_canonical_unit(analyte, unit) * SCALE


def test_a_unit_that_is_not_on_the_list_is_refused() -> None:
    with pytest.raises(UnknownUnit, match="'u/L' is not a unit of ALT"):
        measure("ALT", "40", "=", "u/L")


@pytest.mark.parametrize("text", ["", "4,1", "1e3", "nan", "0." + "1" * 21, "٣", "４0"])
def test_a_number_is_a_plain_decimal(text: str) -> None:
    with pytest.raises(NotADecimal):
        scaled(text)


def test_the_vocabulary_and_the_engine_know_the_same_units() -> None:
    assert {analyte: frozenset(units_of(analyte)) for analyte in Analyte} == dict(UNITS)
    assert canonical_unit("BILI") == "umol/L"


def test_equal_numbers_are_equal_however_they_were_written() -> None:
    assert measure("ALT", "3.30", "=", "U/L", "40").numbers == measure("ALT", "3.3", "=", "IU/L", "40.0").numbers
    assert measure("ALT", "1", "=", "ukat/L").numbers == measure("ALT", "60", "=", "U/L").numbers
    assert measure("ALT", "40", "=", "U/L", "40", "<").numbers != measure("ALT", "40", "=", "U/L", "40").numbers
    assert measure("ALT", "40", "<", "U/L").numbers != measure("ALT", "40", "=", "U/L").numbers


@pytest.mark.parametrize(
    ("comparator", "low", "low_closed", "high", "high_closed"),
    [
        ("=", 5, True, 5, True),
        ("<", 0, True, 5, False),
        ("<=", 0, True, 5, True),
        (">=", 5, True, None, False),
        (">", 5, False, None, False),
    ],
)
def test_a_censored_value_is_every_number_it_may_be(
    comparator: str, low: int, low_closed: bool, high: int | None, high_closed: bool
) -> None:
    result = measure("ALT", "5", comparator, "U/L")
    assert (result.low, result.low_closed) == (low * SCALE, low_closed)
    assert (result.high, result.high_closed) == (None if high is None else high * SCALE, high_closed)


@pytest.mark.parametrize(
    ("analyte", "value", "unit", "limit", "problem"),
    [
        ("ALT", "50000.1", "U/L", None, "value above 50000 U/L"),
        ("ALT", "834", "ukat/L", None, "value above 50000 U/L"),
        ("ALT", "-1", "U/L", None, "value below 0"),
        ("ALT", "40", "U/L", "0", "upper reference limit not above 0"),
        ("ALT", "40", "U/L", "14.9", "upper reference limit below 15 U/L"),
        ("ALT", "40", "U/L", "120.1", "upper reference limit above 120 U/L"),
        ("ALB", "4.1", "g/L", None, "value below 5 g/L"),
        ("ALB", "41", "g/dL", None, "value above 80 g/L"),
        ("INR", "0.4", "1", None, "value below 0.5 1"),
        ("CREA", "1", "umol/L", None, "value below 5 umol/L"),
        ("TAC", "151", "ng/mL", None, "value above 150 ug/L"),
        ("PLT", "0.378", "10*3/uL", "0.45", "upper reference limit below 50 10*9/L"),
        ("BILI", "88", "mg/dL", None, "value above 1500 umol/L"),
        ("IGG", "20001", "mg/dL", None, "value above 200 g/L"),
    ],
)
def test_a_result_outside_the_limits_is_not_plausible(
    analyte: str, value: str, unit: str, limit: str | None, problem: str
) -> None:
    assert measure(analyte, value, "=", unit, limit).problems == (problem,)


@pytest.mark.parametrize(
    ("analyte", "value", "unit", "limit"),
    [
        ("ALT", "2000", "U/L", "40"),
        ("ALT", "50000", "U/L", "15"),
        ("ALT", "0", "U/L", "120"),
        ("ALB", "5", "g/L", None),
        ("INR", "20", "1", None),
        ("AST", "40", "U/L", "1"),
    ],
)
def test_the_limits_themselves_are_plausible(analyte: str, value: str, unit: str, limit: str | None) -> None:
    assert measure(analyte, value, "=", unit, limit).problems == ()


def test_plausibility_asks_of_the_number_as_stated_whatever_its_comparator() -> None:
    assert measure("ALT", "50001", "<", "U/L").problems == ("value above 50000 U/L",)
    assert measure("ALB", "5", "<", "g/L").problems == ()
