"""The cohort report, from files to figures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.support.builders import enrolment, lab, prescription
from tests.support.command import home_in


def responder(patient: str, *alts: str, centre: str = "LEE") -> list[dict[str, Any]]:
    """Tacrolimus on 1 January 2024, ALT 240 before it, then these on the first of every month from February on."""
    months = (f"2024-{number + 2:02}-01" for number in range(len(alts)))
    return [
        enrolment(patient, centre=centre),
        prescription(patient, centre=centre, indications=["steroid_refractory"]),
        lab(patient, "2023-12-31", "240", centre=centre),
        *(lab(patient, day, alt, centre=centre) for day, alt in zip(months, alts, strict=True)),
    ]


def cohort() -> list[dict[str, Any]]:
    return [
        *responder("P1", "110", "38", "30"),  # PR, then CR since March
        *responder("P2", "110", "200"),  # PR, then a relapse
        *responder("P3", "200", centre="UPS"),  # no response
        lab("P4", centre="UPS"),  # never given the drug
    ]


def test_patients_are_counted_by_state_and_centre(tmp_path: Path) -> None:
    report = home_in(tmp_path).holding(cohort()).done("report", "--json").json
    counts = {key: report[key] for key in ("patients", "with_index", "assessed", "relapsed", "relapses")}
    assert counts == {"patients": 4, "with_index": 3, "assessed": 3, "relapsed": 1, "relapses": 1}
    states = {each["state"]: (each["present"], each["best"], each["ever"]) for each in report["states"]}
    assert states == {
        "CR": (1, 1, 1),
        "PR": (0, 1, 2),
        "NR": (1, 1, 1),
        "UD": (0, 0, 0),
        "RP": (1, 0, 1),
        "start": (0, 0, 0),
    }
    assert {each["centre"]: (each["patients"], each["with_index"]) for each in report["centres"]} == {
        "LEE": (2, 2),
        "UPS": (2, 1),
    }


def test_the_time_to_a_state_is_the_median_from_index_date_to_onset(tmp_path: Path) -> None:
    report = home_in(tmp_path).holding(cohort()).done("report", "--json").json
    days = {each["state"]: each["median_days_to"] for each in report["states"]}
    assert (days["PR"], days["CR"], days["UD"]) == ("31.0", "60.0", None)


def test_the_published_series_stands_beside_the_patients_given_the_drug(tmp_path: Path) -> None:
    home = home_in(tmp_path).holding(cohort())
    series = home.done("report", "--json").json["series"]
    rows = {row["key"]: (row["published"], row["computed"]) for row in series["rows"]}
    assert rows["patients"] == ("6", "3")
    assert rows["complete"] == ("3", "1")
    assert rows["fall_ALT"][0] == "not available"
    assert "Gut 2011;60(Suppl 1):A233" in home.done("report").out


def test_the_report_under_another_set_keeps_the_series_under_its_own(tmp_path: Path) -> None:
    home = home_in(tmp_path).holding(cohort())
    home.done("project", "--criteria", "ctcae-v4-alt")
    report = home.done("report", "--criteria", "ctcae-v4-alt", "--json").json
    assert report["criteria"]["id"] == "ctcae-v4-alt"
    assert report["series"]["criteria"] == "hegade-2011"


def test_a_registry_without_the_drug_has_no_series(tmp_path: Path) -> None:
    home = home_in(tmp_path).holding([lab()])
    assert home.done("report", "--json").json["series"] is None
    assert "Gut 2011" not in home.done("report").out.partition("patients")[2]
