"""The table of a treatment series, figure by figure, from plain values."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from hepledger.clinical.rounding import half_up
from hepledger.reporting.averages import median
from hepledger.reporting.published import TACROLIMUS_2011
from hepledger.reporting.series import series_table
from hepledger.reporting.series_facts import daily_mg
from hepledger.reporting.series_measures import (
    better_on_a_lower_dose,
    fall,
    follow_up_days,
    mean_daily_dose,
    months,
    treated_days,
    worst_creatinine,
)
from hepledger.reporting.series_patient import Complaint, Dosing, Quantity, SeriesPatient
from hepledger.reporting.series_text import series_lines

START = 1000


def patient(**said: Any) -> SeriesPatient:
    ordinary: dict[str, Any] = {
        "centre": "GUT",
        "sex": "female",
        "birth_year": 1980,
        "diagnosed_year": 2010,
        "index_day": START,
        "best": "CR",
        "refractory": "yes",
        "assessed_days": (START + 20, START + 120),
        "last_known_day": START + 120,
        "dosings": (dosing(0),),
        "quantities": {},
        "complaints": (),
    }
    return SeriesPatient(**{**ordinary, **said})


def dosing(day: int, until: int | None = None, mg: str | None = "3", reasons: tuple[str, ...] = ()) -> Dosing:
    dose = None if mg is None else Fraction(mg)
    stopped = None if until is None else START + until
    return Dosing(started_day=START + day, stopped_day=stopped, daily_mg=dose, indications=reasons)


def quantity(day: int, value: str | None, limit: str | None = "10") -> Quantity:
    return Quantity(
        day=START + day,
        value=None if value is None else Fraction(value),
        limit=None if limit is None else Fraction(limit),
    )


def complaint(day: int, grade: int | None = 2, term: str = "tremor") -> Complaint:
    return Complaint(day=START + day, term=term, grade=grade, suspected_drug="tacrolimus")


def trembling(**said: Any) -> SeriesPatient:
    ordinary: dict[str, Any] = {
        "dosings": (dosing(0, 60, "5"), dosing(61, None, "3")),
        "quantities": {"TAC": (quantity(55, "16.4"), quantity(76, "6.8"))},
        "complaints": (complaint(58),),
    }
    return patient(**{**ordinary, **said})


def row(key: str, *patients: SeriesPatient) -> str:
    return next(row.computed for row in series_table(patients, TACROLIMUS_2011).rows if row.key == key)


def test_a_running_prescription_counts_to_the_last_known_day_included() -> None:
    assert treated_days(patient()) == 121


def test_a_stopped_prescription_counts_its_last_day() -> None:
    assert treated_days(patient(dosings=(dosing(0, 9),))) == 10


def test_days_covered_twice_count_once_and_days_between_not_at_all() -> None:
    assert treated_days(patient(dosings=(dosing(0, 9), dosing(5, 19), dosing(30, 39)))) == 30


def test_the_dose_is_the_mean_over_the_days_on_the_drug() -> None:
    assert mean_daily_dose(patient(dosings=(dosing(0, 9, "2"), dosing(10, 39, "4")))) == Fraction("3.5")


def test_two_strengths_taken_together_add_up() -> None:
    assert mean_daily_dose(patient(dosings=(dosing(0, 9, "3"), dosing(0, 9, "1")))) == 4


def test_a_dose_that_is_not_known_leaves_the_patient_out_and_the_table_says_so() -> None:
    unknown = patient(dosings=(dosing(0, 9, None),))
    assert mean_daily_dose(unknown) is None
    assert row("dose", patient(), unknown) == "3.0, in 1 of 2"


def test_follow_up_runs_from_the_first_assessed_result_to_the_last() -> None:
    assert follow_up_days(patient()) == 100
    assert follow_up_days(patient(assessed_days=())) is None


def test_a_month_is_a_twelfth_of_a_julian_year_exactly() -> None:
    assert months(487) == 16


def test_a_mean_is_rounded_half_up_once_at_the_end() -> None:
    assert half_up(Fraction("0.25"), 1) == "0.3"
    assert half_up(Fraction("-0.25"), 1) == "-0.3"
    assert half_up(Fraction("-0.01"), 1) == "0.0"
    assert half_up(Fraction(2, 3), 0) == "1"
    assert half_up(Fraction("3.249999999999999999999"), 1) == "3.2"


def test_the_median_of_an_even_number_is_the_mean_of_the_middle_two() -> None:
    assert median([Fraction(4), Fraction(1), Fraction(2), Fraction(10)]) == 3
    assert median([]) is None


def test_the_fall_is_from_the_last_result_before_the_first_dose_to_the_last_since() -> None:
    alts = (quantity(-29, "900"), quantity(-20, "300"), quantity(0, "200"), quantity(10, "100"), quantity(90, "50"))
    assert fall(patient(quantities={"ALT": alts}), "ALT") == (Fraction(150), Fraction(75))


def test_a_result_older_than_the_window_is_no_baseline() -> None:
    assert fall(patient(quantities={"ALT": (quantity(-29, "900"), quantity(10, "100"))}), "ALT") is None


@pytest.mark.parametrize("values", [(None, "100"), ("300", None)])
def test_a_censored_value_has_no_fall(values: tuple[str | None, str | None]) -> None:
    before, after = values
    assert fall(patient(quantities={"ALT": (quantity(0, before), quantity(10, after))}), "ALT") is None


def test_a_tremor_at_a_high_level_that_goes_on_a_lower_dose_is_found() -> None:
    assert better_on_a_lower_dose(trembling(), "tremor", "TAC")
    assert better_on_a_lower_dose(trembling(complaints=(complaint(58), complaint(76, grade=1))), "tremor", "TAC")


@pytest.mark.parametrize(
    "otherwise",
    [
        {"quantities": {"TAC": (quantity(55, "9.9"), quantity(76, "6.8"))}},
        {"quantities": {"TAC": (quantity(55, "16.4"), quantity(76, "11"))}},
        {"quantities": {"TAC": (quantity(55, "16.4", None), quantity(76, "6.8", None))}},
        {"quantities": {"TAC": (quantity(30, "16.4"), quantity(76, "6.8"))}},
        {"dosings": (dosing(0, 60, "5"), dosing(61, None, "6"))},
        {"dosings": (dosing(0, 120, "5"), dosing(121, None, "3"))},
        {"complaints": (complaint(58), complaint(90))},
        {"complaints": (complaint(58, term="headache"),)},
    ],
)
def test_a_tremor_without_high_level_lower_dose_or_relief_is_not(otherwise: dict[str, Any]) -> None:
    assert not better_on_a_lower_dose(trembling(**otherwise), "tremor", "TAC")


def test_creatinine_is_held_against_the_patients_own_baseline() -> None:
    crea = (quantity(-3, "80"), quantity(30, "100"), quantity(60, "90"))
    assert worst_creatinine(patient(quantities={"CREA": crea})) == Fraction("1.25")


def test_half_as_much_creatinine_again_is_kidney_injury_and_anything_less_is_not() -> None:
    injured = patient(quantities={"CREA": (quantity(0, "80"), quantity(30, "120"))})
    spared = patient(quantities={"CREA": (quantity(0, "80"), quantity(30, "119"))})
    assert row("renal", injured, spared).startswith("kidney injury in 1 ")
    assert row("renal", spared) == "no effect (creatinine at most 1.49 × baseline)"


def test_a_reason_counts_once_for_a_patient_and_one_that_was_not_published_gets_a_line() -> None:
    twice = patient(
        dosings=(dosing(0, 9, "2", ("steroid_refractory",)), dosing(10, None, "3", ("steroid_refractory", "fatigue")))
    )
    assert row("reasons", twice) == "2 in 1 patients"
    assert row("steroid_refractory", twice) == "1"
    assert row("fatigue", twice) == "1"


def test_a_sex_that_is_not_known_is_told() -> None:
    assert row("sexes", patient(), patient(sex="male"), patient(sex="unknown")) == "1 / 1 (1 not known)"


def test_a_series_without_patients_has_no_means() -> None:
    computed = {row.key: row.computed for row in series_table([], TACROLIMUS_2011).rows}
    assert computed["patients"] == "0"
    assert {computed[key] for key in ("age", "dose", "treatment", "follow_up", "fall_ALT", "renal")} == {"no data"}


@pytest.mark.parametrize(
    ("dose", "mg"),
    [
        ({"value": "2", "unit": "mg", "per": "day"}, "2"),
        ({"value": "1.5", "unit": "mg", "per": "12h"}, "3"),
        ({"value": "500", "unit": "ug", "per": "day"}, "0.5"),
        ({"value": "2", "unit": "tablets", "per": "day"}, None),
        ({"value": "2", "unit": "mg"}, None),
        (None, None),
    ],
)
def test_a_dose_is_taken_as_milligrams_a_day_or_not_at_all(dose: dict[str, str] | None, mg: str | None) -> None:
    assert daily_mg(dose) == (None if mg is None else Fraction(mg))


def test_the_printed_table_has_both_columns_the_source_and_the_definitions() -> None:
    lines = list(series_lines(series_table([patient()], TACROLIMUS_2011)))
    assert "Gut 2011;60(Suppl 1):A233" in lines[0]
    assert any(
        line.split()[:4] == ["Mean", "daily", "dose,", "mg"] and line.endswith("3.3              3.0") for line in lines
    )
    assert any(line.startswith("Follow-up: first assessed result") for line in lines)
    assert not any(
        line.startswith("Follow-up:") for line in series_lines(series_table([], TACROLIMUS_2011), definitions=False)
    )
