"""Whoever writes a criteria document is told every fault at once, with its place in the file."""

from __future__ import annotations

from typing import Any

import pytest

from hepledger_events.criteria import InvalidCriteria, parse_criteria
from tests.support.criteria_texts import CONDITION, document


def faults(raw: dict[str, Any]) -> dict[str, tuple[str, str]]:
    with pytest.raises(InvalidCriteria) as refused:
        parse_criteria(raw)
    return {fault.place: (fault.found, fault.expected) for fault in refused.value.faults}


@pytest.mark.parametrize(
    "number", ["inf", "nan", "1e999999999", "1e-999999999", "1e15", '"2,5"', '"1e3"', '""', "true", "[]", "{}"]
)
def test_what_is_not_a_number_of_ordinary_size_is_refused(number: str) -> None:
    raw = document(f'{{ analyte = "ALT", times_uln = {{ more_than = {number} }} }}')
    assert list(faults(raw)) == ["transition[0].when.times_uln.more_than"]


@pytest.mark.parametrize(
    ("when", "place", "expected"),
    [
        ('{ analyte = "ALT", fall_percent = { more_then = 5 } }', ".fall_percent.more_then", "more_than? one of"),
        ('{ analyte = "ALT", fall_percnt = { more_than = 5 } }', ".fall_percnt", "fall_percent? one of"),
        ('{ analyte = "ALT", normal = true, times_uln = { at_most = 1 } }', ".times_uln", "one of analyte, normal"),
        ('{ analyte = "ALT" }', "", "one of all, any, not, normal"),
        ('{ analyte = "ALX", normal = true }', ".analyte", "ALT? one of"),
        ('{ analyte = "ALT", normal = "yes" }', ".normal", "true or false"),
        ("{ normal = true }", ".analyte", "a value: this key is required"),
        ("{ all = [] }", ".all", "a list of at least 1"),
        ('{ any = ["ALT"] }', ".any[0]", "a table of keys and values"),
        ('{ not = { not = { analyte = "ALT", norml = true } } }', ".not.not.norml", "normal? one of"),
        ('{ analyte = "ALT", times_uln = {} }', ".times_uln", "one or two of more_than"),
        ('{ analyte = "ALT", times_uln = 3 }', ".times_uln", "a table of keys and values"),
        ('{ analyte = "ALT", times_uln = { more_than = 1, at_least = 1 } }', ".times_uln", "only one lower bound"),
        ('{ analyte = "ALT", times_uln = { less_than = 1, at_most = 1 } }', ".times_uln", "only one upper bound"),
        ('{ analyte = "ALT", times_uln = { more_than = 5, less_than = 5 } }', ".times_uln", "a band that some number"),
        ('{ analyte = "ALT", times_uln = { at_least = 5, less_than = 5.0 } }', ".times_uln", "a band that some number"),
        ('{ analyte = "ALT", times_uln = { at_least = 3, at_most = 2 } }', ".times_uln", "a band that some number"),
        ('{ analyte = "ALT", fall_percent = { more_than = 100 } }', ".fall_percent.more_than", "a bound that"),
        ('{ analyte = "ALT", fall_percent = { at_least = "100.1" } }', ".fall_percent.at_least", "a bound that"),
        ('{ analyte = "ALT", times_uln = { less_than = 0 } }', ".times_uln.less_than", "a bound that"),
        ('{ analyte = "ALT", times_nadir = { at_most = -1 } }', ".times_nadir.at_most", "a bound that"),
        ('{ analyte = "ALT", value = { at_least = 3 } }', ".value.unit", "a value: this key is required"),
        ('{ analyte = "ALT", value = { unit = "U/L" } }', ".value", "one or two of more_than"),
        ('{ analyte = "ALT", value = { at_least = 3, unit = "u/L" } }', ".value.unit", "one of IU/L, U/L"),
        ('"ALT"', "", "a table of keys and values"),
    ],
)
def test_a_fault_of_a_condition_is_told_with_its_place(when: str, place: str, expected: str) -> None:
    told = faults(document(when))
    assert list(told) == [f"transition[0].when{place}"]
    assert told[f"transition[0].when{place}"][1].startswith(expected)


@pytest.mark.parametrize(
    "band", ["fall_percent = { at_least = 100 }", "fall_percent = { less_than = 0 }", "times_uln = { at_most = 0 }"]
)
def test_a_bound_that_some_reading_can_meet_is_no_fault(band: str) -> None:
    parse_criteria(document(f'{{ analyte = "ALT", {band} }}'))


@pytest.mark.parametrize(
    ("raw", "place"),
    [
        (document(head='id = "Trial 1"\nversion = 1\ntitle = "A trial"'), "id"),
        (document(head='id = "trial"\nversion = 0\ntitle = "A trial"'), "version"),
        (document(head='id = "trial"\nversion = 1.0\ntitle = "A trial"'), "version"),
        (document(head='id = "trial"\nversion = 1\ntitle = "A trial"\ntitel = "A trial"'), "titel"),
        (document(index='drugs = ["tacrolimus"]\nevent = "enrolment"'), "index"),
        (document(index="assess_from = 1"), "index"),
        (document(index='drugs = ["aspirin"]'), "index.drugs[0]"),
        (document(index="drugs = []"), "index.drugs"),
        (document(index='event = "birth"'), "index.event"),
        (document(sources=""), "transition[0].from"),
        (document(sources="from = []"), "transition[0].from"),
        (document(sources='from = "start"'), "transition[0].from"),
        (document(sources='from = ["*", "CR"]'), "transition[0].from"),
        (document(sources="from = [5]"), "transition[0].from[0]"),
        (document(sources='from = "*"\nfrom_day = "28"'), "transition[0].from_day"),
        (document(sources='from = "*"\nsustained = { result = 2 }'), "transition[0].sustained.result"),
        (document(more="[reading]\ncarry_forward_days = -1"), "reading.carry_forward_days"),
        (document(more="[[state]]\ncode = 'A|B'"), "state[1].code"),
        (document(more="[[landmark]]\ncode = 'L'\nwindow = [1]\nwhen = " + CONDITION), "landmark[0].window"),
        (document(more="[[landmark]]\ncode = 'L'\nwindow = [1, 2, 3]\nwhen = " + CONDITION), "landmark[0].window"),
        (document(more="[[landmark]]\ncode = 'L'\nwindow = [1, 2]"), "landmark[0].when"),
        (
            document(
                more=f"[refractory]\npersistent = {{ when = {CONDITION}, results = 2, days = 28, last_within_days = 1 }}"
            ),
            "refractory.exposure",
        ),
        (
            document(more='[refractory]\nexposure = { any = ["thiopurine"], overlap_days = 90 }'),
            "refractory.persistent",
        ),
    ],
)
def test_a_fault_of_a_table_is_told_with_its_place(raw: dict[str, Any], place: str) -> None:
    assert list(faults(raw)) == [place]


def test_faults_of_exposure_are_told_with_their_place() -> None:
    exposure = '{ all = ["steroid", { any = ["thiopurine"], all = ["tacrolimus"] }, {}], max_gap_days = 14 }'
    persistent = f"{{ when = {CONDITION}, results = 2, days = 28, last_within_days = 28 }}"
    assert set(faults(document(more=f"[refractory]\nexposure = {exposure}\npersistent = {persistent}"))) == {
        "refractory.exposure.all[0]",
        "refractory.exposure.all[1]",
        "refractory.exposure.all[2]",
        "refractory.exposure.overlap_days",
    }


def test_all_faults_are_told_at_once() -> None:
    raw = document(
        '{ all = [{ analyte = "ALT", times_uln = { at_least = 3, at_most = 2 } }, { analyte = "AST", norml = true }] }',
        head='id = "Trial"\nversion = "1"\ntitel = "A trial"',
        index='drugs = ["tacrolimos"]\nevent = "enrolment"',
        sources="",
        more="[[landmark]]\ncode = 'L'\nwindow = [1, 2]\ntake = 'lst'\nwhen = { analyte = 'ALT' }",
    )
    assert set(faults(raw)) == {
        "id",
        "version",
        "titel",
        "index",
        "index.drugs[0]",
        "transition[0].from",
        "transition[0].when.all[0].times_uln",
        "transition[0].when.all[1].norml",
        "landmark[0].take",
        "landmark[0].when",
    }


@pytest.mark.parametrize(
    "raw", [{}, {"state": 5, "transition": {}, "index": None, "landmark": [5], "refractory": [], "reading": "x"}]
)
def test_a_document_that_is_none_is_told_what_it_needs(raw: dict[str, Any]) -> None:
    assert {"id", "version", "index", "state", "transition"} <= set(faults(raw))


def test_a_fault_reads_as_a_sentence() -> None:
    with pytest.raises(InvalidCriteria) as refused:
        parse_criteria(document('{ analyte = "ALT", fall_percent = { more_then = 5 } }'))
    assert str(refused.value) == (
        "transition[0].when.fall_percent.more_then: found a key that does not belong here, "
        "expected more_than? one of more_than, at_least, less_than, at_most"
    )
