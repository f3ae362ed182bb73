"""Why: the explanation names what was used, what decided, and what failed for the states not given."""

from datetime import date
from typing import Any

from hepledger.clinical.course import Course, derive
from hepledger.clinical.criteria import criteria_from
from hepledger.clinical.explain import explain
from hepledger.clinical.trace import trace
from tests.benchmarks.bench_clinical import plan_of
from tests.support.builders import lab, prescription
from tests.support.engine import versions_of
from tests.support.projecting import shipped
from tests.support.strategies import arriving


def course(*results: tuple[str, str], criteria: str = "hegade-2011", **more: Any) -> Course:
    """Tacrolimus from 1 January 2024, and ALTs by date."""
    said = [prescription(drug="tacrolimus", started_on="2024-01-01")]
    said += [lab(day=day, alt=alt, **more) for day, alt in results]
    events = [{**each, "event_id": f"event-{number}"} for number, each in enumerate(said)]
    return derive(versions_of(arriving(events, [0] * len(events))), plan_of(criteria))


RELAPSE = (
    ("2024-01-01", "240"),
    ("2024-02-01", "100"),
    ("2024-03-01", "38"),
    ("2024-04-05", "30"),
    ("2024-07-01", "78"),
)


def text(of: Course, on: str | None = None) -> str:
    return explain(of, "LEE", "LEE-001", None if on is None else date.fromisoformat(on).toordinal()).to_text()


def test_a_relapse_is_explained_by_the_result_above_its_limit() -> None:
    said = text(course(*RELAPSE), "2024-07-01")
    assert "Relapse (RP) entered, from CR" in said
    assert "Result: ALT 78 U/L (limit ≤40) of 2024-07-01, event event-5." in said
    assert "Decided by rule 2, to RP: ALT above its limit: yes, ALT 78 U/L of 2024-07-01, limit ≤40." in said


def test_a_state_not_given_names_the_clause_that_failed() -> None:
    said = text(course(*RELAPSE), "2024-02-01")
    assert "Not CR: ALT within its limit: no, ALT 100 U/L of 2024-02-01, limit ≤40 (rule 1)." in said
    assert "Not NR: an earlier rule had decided." in said
    assert "Not RP: no rule leads there from start." in said


def test_a_first_normal_result_is_not_yet_sustained() -> None:
    said = text(course(*RELAPSE), "2024-03-01")
    assert "but not for long enough (1 result in a row since 2024-03-01; 2 over 28 days are asked)" in said


def test_a_sustained_state_shows_every_result_of_its_run() -> None:
    said = text(course(*RELAPSE), "2024-04-05")
    assert "Result: ALT 38 U/L (limit ≤40) of 2024-03-01, event event-3." in said
    assert "Result: ALT 30 U/L (limit ≤40) of 2024-04-05, event event-4." in said


def test_what_is_unknown_says_why() -> None:
    said = text(course(("2024-02-01", "100"), limit=None), "2024-02-01")
    assert "ALT within its limit: unknown, no limit" in said
    assert "ALT fallen by more than 50 % from the baseline: unknown, no baseline" in said
    assert "Baseline ALT: none, no usable result from day -28 to day 0." in said


def test_a_censored_value_says_so() -> None:
    said = text(course(("2024-01-01", "1000"), ("2024-01-29", "510"), comparator=">"), "2024-01-29")
    assert "unknown, censored value" in said
    assert "ALT >510 U/L" in said


def test_without_an_index_date_nothing_is_assessed() -> None:
    nobody = derive([], plan_of("hegade-2011"))
    assert text(nobody) == (
        "There is no index date: no prescription of tacrolimus is in force, so nothing can be assessed."
    )


def test_a_program_gets_every_result_with_its_unit_limit_centre_and_event() -> None:
    said = explain(course(*RELAPSE), "LEE", "LEE-001").to_dict()
    assert [day["date"] for day in said["days"]] == ["2024-02-01", "2024-04-05", "2024-07-01"]
    assert said["days"][-1]["readings"] == [
        {
            "analyte": "ALT",
            "on": "2024-07-01",
            "value": "78",
            "comparator": "=",
            "unit": "U/L",
            "limit": "40",
            "limit_comparator": "<=",
            "centre": "LEE",
            "event_id": "event-5",
        }
    ]
    decided = [rule for rule in said["days"][-1]["rules"] if rule["decided"]]
    assert [(rule["rule"], rule["to"], rule["condition"]) for rule in decided] == [(2, "RP", "true")]


def test_a_trace_decides_as_the_walk_did() -> None:
    of = course(*RELAPSE, ("2024-08-01", "200"), ("2024-10-01", "90"))
    for assessed in of.assessments:
        traced = trace(of, assessed.date)
        assert traced is not None
        decided = [trial.rule.to for trial in traced.trials if trial.decided]
        assert decided in ([], [assessed.state])
        assert assessed.entered <= bool(decided)


def test_a_sustained_rule_is_passed_over_on_a_day_without_its_analyte_though_its_result_is_carried_forward() -> None:
    document = shipped("hegade-2011")
    stays = {"to": "NR", "from": "*", "when": {"analyte": "AST", "normal": False}}
    carried = criteria_from(
        {**document, "reading": {"carry_forward_days": 28}, "transition": [*document["transition"], stays]}
    )
    said = [
        prescription(started_on="2024-01-01"),
        lab(day="2024-01-01", alt="30"),
        lab(day="2024-01-10", alt="90", analyte="AST"),
    ]
    events = [{**each, "event_id": f"event-{number}"} for number, each in enumerate(said)]
    of = derive(versions_of(arriving(events, [0] * len(events))), carried)
    assert "Not CR: no result of its analytes on this day." in text(of, "2024-01-10")
