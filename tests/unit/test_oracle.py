"""The oracle is itself held to the worked examples, and to the sentences of the rules that they leave out."""

import csv
import tomllib
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.support.oracle import answer
from tests.support.strategies import arriving, criteria_documents, histories

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "tests" / "spec" / "worked_examples.csv"
HEGADE = ROOT / "services" / "hepledger" / "clinical" / "criteria_sets" / "hegade-2011.toml"
DAY_ZERO = date(2024, 3, 1)
CLOCK = datetime(2025, 1, 1, tzinfo=UTC)
Table = dict[str, Any]


def document(text: str) -> Table:
    return tomllib.loads(text, parse_float=Decimal)


def on(day: int) -> str:
    return (DAY_ZERO + timedelta(days=day)).isoformat()


def event(type_: str, occurred_at: str | None = None, **data: Any) -> Table:
    said = {"type": type_, "centre": "LEE", "patient": "LEE-001", "data": data}
    return said if occurred_at is None else said | {"occurred_at": occurred_at}


def took(drug: str, started: int, stopped: int | None = None) -> Table:
    stopped_on = None if stopped is None else on(stopped)
    identity = f"{drug}/{started}"
    return event(
        "prescription_recorded", prescription_id=identity, drug=drug, started_on=on(started), stopped_on=stopped_on
    )


def result(day: int, value: str, limit: str = "<=40", *, analyte: str = "ALT", unit: str = "U/L", **more: Any) -> Table:
    """`value` and `limit` as printed: `<5`, `<=40`, `40`; an empty limit is none."""
    comparator, number = split(value)
    data: Table = {"result_id": f"{analyte}/{day}/{value}", "analyte": analyte, "unit": unit, "value": number}
    if limit:
        included, high = split(limit)
        data["reference_high"] = {"value": high, "comparator": "<" if included == "<" else "<="}
    data["comparator"] = comparator
    return event(more.pop("type_", "lab_result_recorded"), on(day), **{**data, **more})


def split(printed: str) -> tuple[str, str]:
    number = printed.lstrip("<>=")
    return printed.removesuffix(number) or "=", number


def told(*said: Table, criteria: Table | None = None) -> Table:
    """The answer about events that arrive in this order, a day after one another, index date first."""
    events = arriving([took("tacrolimus", 0), *said], range(len(said) + 1))
    numbered = [each | {"event_id": f"e{number}"} for number, each in enumerate(events)]
    return answer(numbered, criteria or document(HEGADE.read_text()))


def states(told_: Table) -> dict[int, str]:
    return {assessment["day"]: assessment["state"] for assessment in told_["assessments"]}


def simple(when: str, more: str = "", **tables: Table) -> Table:
    """One transition from `start` to A."""
    text = f"""
        index = {{ drugs = ["tacrolimus"] }}
        baseline = {{ window = [-28, 0], choose = "last" }}
        state = [{{ code = "A", label = "A" }}]
        [[transition]]
        to = "A"
        from = ["start"]
        when = {when}
        {more}
    """
    return document(text) | tables


def worked_examples() -> Iterator[Any]:
    with EXAMPLES.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    for name, members in groupby(rows, key=lambda row: row["example"]):
        yield pytest.param(list(members), id=name)


@pytest.mark.parametrize("rows", list(worked_examples()))
def test_the_worked_examples_come_out_as_printed(rows: list[dict[str, str]]) -> None:
    said = told(*(result(int(row["day"]), row["alt"], row["uln"]) for row in rows))
    assert states(said) == {int(row["day"]): row["state"] for row in rows if row["state"]}
    for row in rows:
        if row["note"].startswith("onset day"):
            confirmed = DAY_ZERO + timedelta(days=int(row["day"]))
            onset = date.fromisoformat(on(int(row["note"].removeprefix("onset day "))))
            assert (confirmed, onset) in [(each["confirmed_on"], each["onset_on"]) for each in said["transitions"]]


def test_of_two_results_on_a_day_the_higher_multiple_of_its_limit_is_the_reading() -> None:
    said = told(result(0, "100", "<=50"), result(0, "90", "<=40"), result(0, "500", ""))
    assert said["baseline"]["ALT"]["event_id"] == "e2"


def test_an_open_upper_end_ranks_just_below_a_closed_one() -> None:
    said = told(result(0, "<50"), result(0, "50"))
    assert said["baseline"]["ALT"]["value"] == "50"
    said = told(result(0, ">50"), result(0, "9000"))
    assert said["baseline"]["ALT"]["comparator"] == ">"


@pytest.mark.parametrize(
    ("value", "unit", "truth"),
    [("2", "ukat/L", True), ("1.99", "ukat/L", False), ("2000", "nkat/L", True), (">100", "U/L", None)],
)
def test_the_value_itself_is_compared_in_canonical_units(value: str, unit: str, truth: bool | None) -> None:
    criteria = simple('{ analyte = "ALT", value = { at_least = 120, unit = "U/L" } }')
    said = told(result(5, value, "", unit=unit), criteria=criteria)
    assert said["state"] == ("A" if truth else "start")
    assert said["assessments"][0]["unknown"] == (["A"] if truth is None else [])


def test_three_point_three_is_exactly_three_times_one_point_one() -> None:
    exactly = simple('{ analyte = "BILI", times_uln = { at_least = 3, at_most = 3 } }')
    assert told(result(5, "3.30", "1.10", analyte="BILI", unit="mg/dL"), criteria=exactly)["state"] == "A"


def test_the_current_reading_against_itself_as_the_nadir_is_exactly_once_itself() -> None:
    above = simple('{ analyte = "ALT", times_nadir = { more_than = 1 } }')
    said = told(result(5, "<5"), criteria=above)
    assert said["assessments"][0]["unknown"] == []
    assert told(result(4, "<5"), result(5, "<5"), criteria=above)["assessments"][1]["unknown"] == ["A"]


def test_a_correction_outranks_a_final_result_of_the_same_time_and_a_retraction_both() -> None:
    def version(type_: str, value: str) -> Table:
        return result(0, value, type_=type_, result_id="R", reported_at="2025-01-01")

    final, correction = version("lab_result_recorded", "100"), version("lab_result_corrected", "90")
    retraction = event("lab_result_retracted", result_id="R", reported_at="2025-01-01T00:00:00+00:00")
    assert told(correction, final)["baseline"]["ALT"]["value"] == "90"
    assert told(retraction, correction, final)["baseline"] == {}
    assert told(retraction, correction, final)["in_force"]["lab_result:R"] == "e1"


def test_what_neither_time_nor_rank_can_order_is_a_conflict_and_the_earlier_stays() -> None:
    first, second = (result(0, value, result_id="R", reported_at="2025-01-01") for value in ("100", "90"))
    said = told(first, second, first)
    assert said["baseline"]["ALT"]["value"] == "100"
    assert said["conflicts"] == ["e2"]
    newer = result(0, "80", result_id="R", reported_at="2025-01-02")
    assert told(first, second, newer)["conflicts"] == []


def test_a_preliminary_result_counts_once_finalised_but_not_by_an_older_finalisation() -> None:
    preliminary = result(0, "100", result_id="R", status="preliminary", reported_at="2025-01-02")
    older, newer = (event("lab_result_finalised", result_id="R", reported_at=f"2025-01-0{day}") for day in (1, 2))
    assert told(preliminary)["baseline"] == told(preliminary, older)["baseline"] == {}
    assert told(newer, preliminary)["baseline"]["ALT"]["value"] == "100"


def test_the_same_content_resent_after_a_correction_changes_nothing() -> None:
    first = result(0, "100", result_id="R")
    correction = result(0, "90", result_id="R", type_="lab_result_corrected")
    assert told(first, correction, first)["baseline"]["ALT"]["value"] == "90"


def test_an_implausible_result_is_kept_out_and_told() -> None:
    said = told(result(0, "50001"), result(-1, "100"), result(-2, "100", "121"))
    assert said["baseline"]["ALT"]["day"] == -1
    assert said["implausible"] == ["e1", "e3"]


def test_the_clinical_day_is_the_date_as_written_and_a_month_is_no_day() -> None:
    early = result(0, "100") | {"occurred_at": "2024-03-29T06:00:00+09:00"}
    assert told(early)["assessments"][0]["date"] == date(2024, 3, 29)
    assert told(early | {"occurred_at": "2024-03"})["assessments"] == []


def test_the_limit_of_the_baseline_judges_every_reading_where_the_document_says_so() -> None:
    criteria = simple('{ analyte = "ALT", normal = true }', reading={"uln": "baseline"})
    said = told(result(0, "100", "<40"), result(5, "40", "<=45"), result(6, "39", ""), criteria=criteria)
    assert states(said) == {5: "start", 6: "A"}
    assert told(result(5, "10"), criteria=criteria)["assessments"][0]["unknown"] == ["A"]


def test_a_carried_reading_counts_as_current_for_its_days_and_no_longer() -> None:
    both = '{ all = [{ analyte = "ALT", normal = true }, { analyte = "AST", normal = true }] }'
    criteria = simple(both, reading={"carry_forward_days": 28})
    ast = result(10, "30", analyte="AST")
    assert told(ast, result(38, "30"), criteria=criteria)["state"] == "A"
    assert told(ast, result(39, "30"), criteria=criteria)["assessments"][-1]["unknown"] == ["A"]


def test_an_unknown_day_breaks_a_run_and_a_broken_run_is_not_unknown() -> None:
    sustained = "sustained = { results = 2, days = 28 }"
    criteria = simple('{ analyte = "ALT", normal = true }', sustained)
    said = told(result(10, "30"), result(20, "<50"), result(40, "30"), criteria=criteria)
    assert [assessment["unknown"] for assessment in said["assessments"]] == [[], ["A"], []]
    assert said["state"] == "start"
    said = told(result(10, "30"), result(20, "30"), result(38, "30"), criteria=criteria)
    assert said["transitions"][0]["evidence_days"] == [DAY_ZERO + timedelta(days=day) for day in (10, 20, 38)]
    assert said["since"] == DAY_ZERO + timedelta(days=10)


EXPOSURES = [
    ([took("prednisolone", -90), took("azathioprine", -90)], "yes"),
    ([took("prednisolone", -90), took("azathioprine", -89)], "no"),
    ([took("prednisolone", -120, -31), took("azathioprine", -120)], "yes"),
    ([took("prednisolone", -120, -80), took("budesonide", -65), took("azathioprine", -120)], "yes"),
    ([took("prednisolone", -120, -80), took("budesonide", -64), took("azathioprine", -120)], "no"),
]


@pytest.mark.parametrize(("prescribed", "expected"), EXPOSURES)
def test_refractory_needs_an_unbroken_overlap_before_day_zero(prescribed: list[Table], expected: str) -> None:
    assert told(*prescribed, result(-28, "80"), result(0, "80"))["refractory"] == expected


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ([(-28, "80"), (0, "79")], "no"),
        ([(-56, "80"), (-28, "80")], "yes"),
        ([(-57, "80"), (-29, "80")], "not_evaluable"),
        ([(-28, "80"), (0, "<90")], "not_evaluable"),
        ([], "not_evaluable"),
    ],
)
def test_refractory_needs_a_recent_persistent_finding(results: list[tuple[int, str]], expected: str) -> None:
    prescribed = [took("prednisolone", -90), took("azathioprine", -90)]
    assert told(*prescribed, *(result(day, value) for day, value in results))["refractory"] == expected


def test_a_landmark_is_pending_until_a_fact_is_dated_on_its_last_day_or_the_patient_has_died() -> None:
    normal, code = result(160, "30"), "ALT-normal-6m"
    assert told(normal)["landmarks"][code] == "pending"
    assert told(normal, event("biopsy_recorded", on(210), biopsy_id="B"))["landmarks"][code] == "pending"
    assert told(normal, event("biopsy_recorded", on(211), biopsy_id="B"))["landmarks"][code] == "met"
    assert told(normal, event("death_recorded", on="2024-09"))["landmarks"][code] == "met"
    assert told(normal, result(211, "41"))["landmarks"][code] == "not_met"
    assert told(result(212, "30"))["landmarks"][code] == "not_evaluable"


def test_a_relapse_episode_closes_when_another_state_is_entered() -> None:
    said = told(result(0, "200"), result(10, "60"), result(20, "150"), result(30, "70"))
    assert [assessment["state"] for assessment in said["assessments"]] == ["PR", "RP", "PR"]
    opened, closed = DAY_ZERO + timedelta(days=20), DAY_ZERO + timedelta(days=30)
    assert said["episodes"] == [{"onset_on": opened, "opened_on": opened, "closed_on": closed}]
    assert (said["best"], said["relapses"]) == ("PR", 1)


def test_without_an_index_date_there_is_no_course() -> None:
    said = answer([], document(HEGADE.read_text()))
    assert (said["index_on"], said["state"], said["refractory"]) == (None, None, "")
    assert said["landmarks"] == {"ALT-normal-6m": "pending"}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(histories(max_results=6, always_reported=True), criteria_documents(), st.randoms(use_true_random=False))
def test_arrival_order_never_matters_but_for_conflicts(events: list[Table], criteria: Table, chance: Any) -> None:
    first = answer(events, criteria)
    assume(not first["conflicts"])
    shuffled = chance.sample(events, len(events))
    second = answer(arriving(shuffled, [1] * len(shuffled)), criteria)
    for question in ("index_on", "assessments", "episodes", "landmarks", "refractory", "best"):
        assert first[question] == second[question]
    # Of two messages with the same content and time the first in the log is the version, and so the evidence.
    assert [unnamed(change) for change in first["transitions"]] == [unnamed(change) for change in second["transitions"]]


def unnamed(change: Table) -> Table:
    return {key: value for key, value in change.items() if key != "evidence"}
