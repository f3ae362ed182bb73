"""What a committee is told when the parts of its document contradict each other."""

from __future__ import annotations

import tomllib
from copy import deepcopy
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from hepledger.clinical import criteria_checks
from hepledger.clinical.criteria_checks import CriteriaFault, faults_of

SETS = Path(criteria_checks.__file__).parent / "criteria_sets"
NORMAL = {"analyte": "ALT", "normal": True}
FALLEN = {"analyte": "ALT", "fall_percent": {"more_than": 50}}


def document(**changes: Any) -> dict[str, Any]:
    """A small document without fault: CR from anywhere, RP from CR."""
    sound: dict[str, Any] = {
        "id": "small",
        "version": 1,
        "index": {"drugs": ["tacrolimus"]},
        "baseline": {"window": [-28, 0], "choose": "last"},
        "state": [{"code": "CR", "label": "Response"}, {"code": "RP", "label": "Relapse", "relapse": True}],
        "transition": [
            {"to": "CR", "from": ["start", "RP"], "when": NORMAL, "sustained": {"results": 2, "days": 28}},
            {"to": "RP", "from": ["CR"], "when": {"not": NORMAL}},
        ],
        "landmark": [{"code": "six", "window": [155, 211], "take": "last", "when": NORMAL}],
    }
    return sound | changes


def told(raw: dict[str, Any]) -> list[tuple[str, str]]:
    return [(fault.place, fault.found) for fault in faults_of(raw)]


def transition(number: int, **changes: Any) -> dict[str, Any]:
    raw = deepcopy(document())
    raw["transition"][number] |= changes
    return raw


def test_a_sound_document_has_no_fault() -> None:
    assert faults_of(document()) == ()


@pytest.mark.parametrize("path", sorted(SETS.glob("*.toml")), ids=lambda path: path.stem)
def test_every_set_that_ships_has_no_fault(path: Path) -> None:
    assert faults_of(tomllib.loads(path.read_text("utf-8"))) == ()


def test_a_transition_to_a_state_that_is_not_declared_is_a_fault() -> None:
    raw = transition(1, to="XX")

    assert ("transition[1].to", '"XX"') in told(raw)


def test_a_transition_back_to_start_is_a_fault() -> None:
    assert ("transition[1].to", '"start"') in told(transition(1, to="start"))


def test_a_transition_from_a_state_that_is_not_declared_is_a_fault() -> None:
    assert told(transition(0, **{"from": ["start", "XX"]})) == [("transition[0].from[1]", '"XX"')]


@pytest.mark.parametrize("written", ["*", ["*"]])
def test_from_any_state_includes_start(written: object) -> None:
    assert faults_of(transition(0, **{"from": written})) == ()


@pytest.mark.parametrize("code", ["start", "*"])
def test_the_two_reserved_words_are_no_codes_of_states(code: str) -> None:
    raw = document(state=[*document()["state"], {"code": code}])

    assert told(raw) == [("state[2].code", f'"{code}"')]


def test_a_code_said_twice_is_a_fault_naming_the_first() -> None:
    raw = document(state=[*document()["state"], {"code": "CR"}], landmark=document()["landmark"] * 2)

    assert [fault.expected for fault in faults_of(raw)] == [
        "a code of its own: state[0] has this one",
        "a code of its own: landmark[0] has this one",
    ]


def test_a_state_that_no_transition_enters_is_a_fault() -> None:
    raw = document(state=[*document()["state"], {"code": "NR"}])

    assert faults_of(raw) == (
        CriteriaFault("state[2].code", '"NR"', "a transition to it: no transition enters this state"),
    )


def test_states_that_only_lead_to_each_other_are_out_of_reach() -> None:
    raw = document(
        state=[*document()["state"], {"code": "A"}, {"code": "B"}],
        transition=[
            *document()["transition"],
            {"to": "A", "from": ["B"], "when": NORMAL},
            {"to": "B", "from": ["A"], "when": NORMAL},
        ],
    )

    assert told(raw) == [("state[2].code", '"A"'), ("state[3].code", '"B"')]


def test_a_broken_from_is_told_by_the_structure_and_not_again_for_each_state_behind_it() -> None:
    assert faults_of(transition(0, **{"from": 7})) == ()


def test_windows_that_end_before_they_begin_are_faults() -> None:
    raw = deepcopy(document(baseline={"window": [0, -28]}))
    raw["landmark"][0]["window"] = [211, 155]

    assert told(raw) == [("baseline.window", "[0, -28]"), ("landmark[0].window", "[211, 155]")]


def test_a_transition_whose_days_are_never_assessed_is_a_fault() -> None:
    assert told(transition(1, from_day=30, to_day=29)) == [("transition[1].to_day", "29")]
    assert told(transition(1, to_day=0)) == [("transition[1].to_day", "0")]
    assert told(transition(1, from_day=30, to_day=30)) == []
    assert told(transition(1, to_day=0) | {"index": {"event": "enrolment", "assess_from": 0}}) == []


def test_a_run_of_no_results_is_a_fault() -> None:
    raw = transition(0, sustained={"results": 0, "days": 28})
    raw["refractory"] = {"persistent": {"when": NORMAL, "results": 0}}

    assert told(raw) == [("transition[0].sustained.results", "0"), ("refractory.persistent.results", "0")]


def test_the_same_transition_twice_is_a_fault_since_the_second_never_decides() -> None:
    raw = document(transition=[*document()["transition"], document()["transition"][0]])

    assert told(raw) == [("transition[2]", "the same transition again")]


def test_a_transition_from_start_that_only_a_peak_could_make_true_is_a_fault() -> None:
    peak = {"analyte": "ALT", "fall_from_peak_percent": {"more_than": 50}}
    raw = transition(0, **{"from": ["start"], "when": {"all": [NORMAL, {"not": peak}]}})

    assert told(raw) == [("transition[0].when.all[1].not.fall_from_peak_percent", 'from = ["start"]')]
    assert told(transition(0, when=peak)) == []


def test_a_transition_from_start_may_ask_for_a_peak_where_it_can_come_true_without() -> None:
    peak = {"analyte": "ALT", "fall_from_peak_percent": {"more_than": 50}}
    possible: list[dict[str, Any]] = [{"any": [peak, NORMAL]}, {"not": {"all": [peak, NORMAL]}}]
    for when in possible:
        assert told(transition(0, **{"from": ["start"], "when": when})) == []
    impossible: list[dict[str, Any]] = [{"any": [peak, peak]}, {"not": {"any": [peak, NORMAL]}}]
    for when in impossible:
        assert told(transition(0, **{"from": ["start"], "when": when})) != []


@pytest.mark.parametrize(
    "condition",
    [
        FALLEN,
        {"analyte": "ALT", "times_baseline": {"at_most": 1}},
        {"analyte": "ALT", "baseline_normal": True},
        {"any": [NORMAL, FALLEN]},
    ],
)
def test_a_condition_on_the_baseline_needs_a_baseline(condition: dict[str, Any]) -> None:
    raw = transition(1, when=condition)
    del raw["baseline"]

    assert [fault.expected for fault in faults_of(raw)] == ["a [baseline] section to measure it from"]
    assert faults_of(transition(1, when=condition)) == ()


def test_the_limits_of_the_baseline_need_a_baseline() -> None:
    raw = document(reading={"uln": "baseline"})
    del raw["baseline"]

    assert told(raw) == [("reading.uln", '"baseline"')]


def test_all_faults_are_told_at_once() -> None:
    raw = transition(1, to="XX", to_day=0) | {"baseline": {"window": [0, -1]}}

    assert [place for place, _ in told(raw)] == [
        "baseline.window",
        "state[1].code",
        "transition[1].to",
        "transition[1].to_day",
    ]


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["start", "*", "CR", "RP", "XX", "ALT"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["code", "to", "from", "when", "window"]), inner)
    ),
    max_leaves=8,
)
SECTIONS = ["index", "reading", "baseline", "refractory", "state", "transition", "landmark"]


@settings(deadline=None, max_examples=200)
@given(st.dictionaries(st.sampled_from(SECTIONS), ANYTHING | st.lists(ANYTHING, max_size=3)))
def test_a_document_however_broken_is_judged_and_never_raises(broken: dict[str, Any]) -> None:
    for fault in faults_of(document() | broken):
        assert fault.place
        assert fault.expected
