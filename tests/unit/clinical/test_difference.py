"""Why one set says CR and another PR: what differs first, the clause that made it so, and the results it looked at."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

from hypothesis import HealthCheck, given, settings

from hepledger.clinical.clauses import telling
from hepledger.clinical.course import Course, derive
from hepledger.clinical.criteria import condition_from, criteria_from
from hepledger.clinical.difference import Aspect, aspects, outline_of, span_text, spans, states_by_day
from hepledger.clinical.difference_reasons import Cause, Reason, reason_on
from hepledger.clinical.difference_text import names_of, reason_data, reason_lines, reason_text
from hepledger.clinical.evaluable import gap_of, standing
from hepledger.clinical.trace import trace
from tests.support.builders import lab, prescription
from tests.support.engine import criteria_of, versions_of
from tests.support.projecting import shipped
from tests.support.strategies import arriving, criteria_documents, histories

Document = dict[str, Any]
STRICT, HEGADE, V4, V5 = (
    shipped(name) for name in ("hegade-2011-strict", "hegade-2011", "ctcae-v4-alt", "ctcae-v5-alt")
)

NORMAL_SINCE_MARCH = (
    ("2024-01-01", "240"),
    ("2024-02-01", "100"),
    ("2024-03-01", "38"),
    ("2024-04-05", "30"),
    ("2024-07-01", "35"),
    ("2024-09-01", "60"),
)


def courses(
    results: Sequence[tuple[str, str]],
    old: Document = HEGADE,
    new: Document = STRICT,
    drug: str = "tacrolimus",
    **more: Any,
) -> tuple[Course, Course]:
    """A drug from 1 January 2024 and ALTs by date, under two sets."""
    said = [prescription(drug=drug, started_on="2024-01-01"), *(lab(day=day, alt=alt, **more) for day, alt in results)]
    events = [{**each, "event_id": f"event-{number}"} for number, each in enumerate(said)]
    versions = versions_of(arriving(events, [0] * len(events)))
    return derive(versions, criteria_from(old)), derive(versions, criteria_from(new))


def why(pair: tuple[Course, Course], on: str) -> Reason:
    reason = reason_on(*pair, date.fromisoformat(on).toordinal())
    assert reason is not None
    return reason


def differing(pair: tuple[Course, Course]) -> set[Aspect]:
    old, new = pair
    return set(aspects(outline_of(old), outline_of(new)))


def changed(**parts: Any) -> Document:
    return {**HEGADE, "id": "changed", **parts}


def with_rule(number: int, **parts: Any) -> Document:
    """`hegade-2011` with one rule (from 0) changed."""
    rules = [dict(rule) for rule in HEGADE["transition"]]
    rules[number] |= parts
    return changed(transition=rules)


def test_a_grade_from_an_abnormal_baseline_names_that_baseline() -> None:
    pair = courses([("2023-12-20", "50"), ("2024-02-01", "73")], V4, V5)
    reason = why(pair, "2024-02-01")
    assert reason.cause is Cause.CONDITION
    assert list(reason_lines(reason)) == [
        "ctcae-v4-alt: G1 by rule 4: ALT more than 1 and at most 3 × its limit: yes, ALT 73 U/L of 2024-02-01, limit ≤40 (1.83 ×).",
        (
            "ctcae-v5-alt: G0 by rule 5: baseline ALT above its limit: yes, ALT 50 U/L of 2023-12-20, limit ≤40; ALT less than"
            " 1.5 × the baseline: yes, ALT 73 U/L of 2024-02-01, baseline ALT 50 U/L of 2023-12-20 (1.46 ×)."
        ),
        (
            "  Not G1: baseline ALT within its limit: no, ALT 50 U/L of 2023-12-20, limit ≤40; ALT at least 1.5 and at most 3 ×"
            " the baseline: no, ALT 73 U/L of 2024-02-01, baseline ALT 50 U/L of 2023-12-20 (1.46 ×) (rule 4)."
        ),
    ]
    assert [reading.event_id for reading in reason.old.evidence] == ["event-2"]
    assert [reading.event_id for reading in reason.new.evidence] == ["event-1", "event-2"]


def test_from_a_normal_baseline_the_two_versions_grade_alike() -> None:
    pair = courses([("2023-12-20", "40"), ("2024-02-01", "73"), ("2024-03-01", "200"), ("2024-04-01", "20")], V4, V5)
    assert differing(pair) == set()
    assert spans(*pair) == []
    assert reason_on(*pair, date(2024, 2, 1).toordinal()) is None


def test_a_run_that_is_long_enough_for_one_set_alone_says_how_long_it_is() -> None:
    reason = why(courses(NORMAL_SINCE_MARCH), "2024-04-05")
    assert reason.cause is Cause.DURATION
    old, new, not_given = reason_lines(reason)
    assert old.startswith("hegade-2011: CR by rule 1: ALT within its limit: yes")
    assert new == "hegade-2011-strict: PR remains, no rule was met."
    assert not_given.endswith(
        "but not for long enough (2 results in a row since 2024-03-01; 2 over 90 days are asked) (rule 1)."
    )
    assert [reading.event_id for reading in reason.new.evidence] == ["event-3", "event-4"]


def test_a_relapse_under_one_set_alone_names_the_multiple_that_the_other_asks() -> None:
    reason = why(courses(NORMAL_SINCE_MARCH), "2024-09-01")
    assert reason.cause is Cause.CONDITION
    assert reason_text(reason) == (
        "hegade-2011: RP by rule 2: ALT above its limit: yes, ALT 60 U/L of 2024-09-01, limit ≤40."
        " hegade-2011-strict: CR remains, no rule was met."
        " Not RP: ALT more than 2 × its limit: no, ALT 60 U/L of 2024-09-01, limit ≤40 (1.5 ×) (rule 2)."
    )


def test_a_stretch_of_days_ends_where_either_state_changes() -> None:
    pair = courses([*NORMAL_SINCE_MARCH, ("2024-10-01", "100")])
    assert [span_text(span) for span in spans(*pair)] == [
        "CR -> PR from 2024-04-05 until 2024-07-01",
        "RP -> CR from 2024-09-01 until 2024-10-01",
    ]
    still = courses(NORMAL_SINCE_MARCH)
    assert span_text(spans(*still)[-1]) == "RP -> CR since 2024-09-01"
    assert differing(still) == {Aspect.STATE, Aspect.SOME_DAY, Aspect.RELAPSES, Aspect.TRANSITIONS}


def test_a_rule_not_asked_yet_says_from_which_day_it_is() -> None:
    pair = courses([("2024-01-01", "240"), ("2024-02-01", "200")], new=with_rule(5, from_day=60))
    reason = why(pair, "2024-02-01")
    assert reason.cause is Cause.NOT_ASKED
    assert list(reason_lines(reason))[1:] == [
        "changed: no state entered yet, no rule was met.",
        "  Not NR: it is not asked before day 60.",
    ]


def test_a_state_that_no_rule_leads_to_from_there_says_so() -> None:
    pair = courses(NORMAL_SINCE_MARCH, new=with_rule(0, **{"from": ["NR"]}))
    reason = why(pair, "2024-04-05")
    assert reason.cause is Cause.NO_RULE
    assert "Not CR: no rule leads there from PR." in reason_text(reason)


def test_a_state_that_the_other_set_does_not_have_says_what_was_tried_instead() -> None:
    iaihg = {**shipped("iaihg-2022"), "index": HEGADE["index"]}
    reason = why(courses(NORMAL_SINCE_MARCH, new=iaihg), "2024-02-01")
    assert reason.cause is Cause.NO_RULE
    assert "Not PR: this set has no such state; for CBR, ALT within its limit: no" in reason_text(reason)


def test_a_rule_that_came_too_late_says_so() -> None:
    rules = [dict(rule) for rule in HEGADE["transition"]]
    swapped = changed(transition=[rules[3], *rules[:3], *rules[4:]])
    pair = courses([("2024-01-01", "240"), ("2024-02-01", "30"), ("2024-03-01", "30")], changed(), swapped)
    assert differing(pair) == set()
    fast = [{**rules[0], "sustained": {"results": 1, "days": 0}}, *rules[1:]]
    slow = [rules[3], fast[0], *rules[1:3], *rules[4:]]
    pair = courses(
        [("2024-01-01", "240"), ("2024-02-01", "30")], changed(transition=fast), changed(transition=slow, version=2)
    )
    reason = why(pair, "2024-02-01")
    assert reason.cause is Cause.ORDER
    assert "changed@2: PR by rule 1" in reason_text(reason)
    assert "Not CR: its rule came too late, an earlier one had decided." in reason_text(reason)


def test_a_day_that_one_set_does_not_assess_says_so() -> None:
    later = changed(index={**HEGADE["index"], "assess_from": 40})
    reason = why(courses([("2024-01-01", "240"), ("2024-02-01", "100")], new=later), "2024-02-01")
    assert reason.cause is Cause.NOT_ASSESSED
    assert "changed: no state entered yet, not assessed on day 31: it assesses from day 40 on." in reason_text(reason)
    enzyme = {"analyte": "AST", "normal": True}
    other = changed(transition=[{"to": "CR", "from": "*", "when": enzyme}])
    reason = why(courses([("2024-01-01", "240"), ("2024-02-01", "100")], new=other), "2024-02-01")
    assert "not assessed on that day: no usable result of AST." in reason_text(reason)


def test_without_an_index_date_under_one_set_that_is_the_reason() -> None:
    pair = courses(NORMAL_SINCE_MARCH, HEGADE, V4, drug="prednisolone")
    reason = why(pair, "2024-02-01")
    assert reason.cause is Cause.INDEX
    assert "hegade-2011: not evaluable, no index date, since no prescription of tacrolimus is in force." in reason_text(
        reason
    )
    assert [standing(course) for course in pair] == ["not evaluable", "G1"]


def test_without_a_baseline_the_newer_grade_is_not_evaluable_and_says_which_window_was_empty() -> None:
    pair = courses([("2024-02-01", "73")], V4, V5)
    assert [standing(course) for course in pair] == ["G1", "not evaluable"]
    gap = gap_of(pair[1])
    assert gap is not None
    assert gap.kind == "no baseline"
    assert gap.text == "no baseline, since no usable result of ALT from day -365 to day 0"
    assert why(pair, "2024-02-01").cause is Cause.UNKNOWN


def test_what_is_missing_of_the_last_assessment_is_named() -> None:
    iaihg = {**shipped("iaihg-2022"), "index": HEGADE["index"]}
    _, unmeasured = courses([("2024-02-01", "30")], new=iaihg)
    _, limitless = courses([("2024-01-01", "70"), ("2024-02-01", "73")], V4, V4, limit=None)
    _, never = courses([("2024-01-01", "70")], V4, V4)
    assert [getattr(gap_of(course), "text", None) for course in (unmeasured, limitless, never)] == [
        "AST or IGG not measured on the last assessment day, 2024-02-01",
        "no limit to hold ALT against on the last assessment day, 2024-02-01",
        "no result of ALT from day 1 on",
    ]


def test_who_is_in_no_state_yet_though_every_rule_had_an_answer_can_be_judged() -> None:
    (course, _) = courses([("2024-01-01", "240"), ("2024-01-10", "200")])
    assert gap_of(course) is None
    assert standing(course) == "start"


def test_of_alternatives_only_those_are_told_that_settled_it() -> None:
    course, _ = courses([("2023-12-20", "50"), ("2024-02-01", "73")], V5, V4)
    day = trace(course, date(2024, 2, 1).toordinal())
    assert day is not None
    above, low = {"analyte": "ALT", "normal": False}, {"analyte": "ALT", "times_uln": {"less_than": 1}}

    def told(condition: Document) -> list[tuple[str, Any]]:
        found = telling(condition_from(condition), day.moment) if day else []
        return [(type(each.atom).__name__, each.truth) for each in found]

    assert told({"any": [low, above]}) == [("Normal", True)]
    assert told({"all": [low, above]}) == [("TimesUln", False)]
    assert told({"all": [above, {"not": low}]}) == [("Normal", True), ("TimesUln", False)]
    assert told({"any": [low, low]}) == [("TimesUln", False)]
    assert told({"all": [above, {"analyte": "AST", "normal": True}]}) == [("Normal", None)]


def test_two_versions_of_one_set_are_told_apart_by_their_versions() -> None:
    one, two = criteria_from(HEGADE), criteria_from({**HEGADE, "version": 2})
    assert names_of(one, two) == ("hegade-2011@1", "hegade-2011@2")
    assert names_of(one, criteria_from(STRICT)) == ("hegade-2011", "hegade-2011-strict")


def test_a_program_gets_the_rules_the_clauses_and_every_reading_with_its_event() -> None:
    said = reason_data(why(courses([("2023-12-20", "50"), ("2024-02-01", "73")], V4, V5), "2024-02-01"), "LEE")
    assert (said["on"], said["cause"], said["old"]["decided"]["rule"]) == ("2024-02-01", "condition", 4)
    asked = [(clause["asked"], clause["answer"]) for clause in said["new"]["decided"]["clauses"]]
    assert asked == [("baseline ALT above its limit", "true"), ("ALT less than 1.5 × the baseline", "true")]
    assert [rule["to"] for rule in said["new"]["failed"]] == ["G1"]
    assert [(r["event_id"], r["value"], r["limit"]) for r in said["new"]["readings"]] == [
        ("event-1", "50", "40"),
        ("event-2", "73", "40"),
    ]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(events=histories(), old=criteria_documents(), new=criteria_documents())
def test_every_day_apart_has_a_reason_whose_evidence_is_of_the_patient(
    events: list[Document], old: Document, new: Document
) -> None:
    versions = versions_of(events)
    pair = derive(versions, criteria_of(old)), derive(versions, criteria_of(new))
    known = {version.event_id for version in versions}
    apart = [day for day, one, other in states_by_day(*pair) if one != other]
    assert (Aspect.SOME_DAY in differing(pair)) == bool(apart)
    assert sum(span.days for span in spans(*pair)) == len(apart)
    for day in apart:
        reason = reason_on(*pair, day)
        assert reason is not None
        assert {reading.event_id for side in reason.sides for reading in side.evidence} <= known
        assert reason_data(reason, "LEE") == json.loads(json.dumps(reason_data(reason, "LEE")))
        assert all(line.strip() for line in reason_lines(reason))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(events=histories(), document=criteria_documents())
def test_a_set_does_not_differ_from_itself(events: list[Document], document: Document) -> None:
    course = derive(versions_of(events), criteria_of(document))
    assert differing((course, course)) == set()
    assert spans(course, course) == []
