"""The six patients give the published figures, and every figure follows from a fact."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import cache
from typing import Any

import pytest

from hepledger.demo.cohort import series_file
from hepledger.demo.six import RELAPSING, six
from hepledger.reporting.published import NOT_AVAILABLE, TACROLIMUS_2011
from hepledger.reporting.series import SeriesTable, series_table
from hepledger.reporting.series_facts import series_patient
from tests.support import oracle
from tests.support.histories_of_files import course_of, document_of_set, events_in

Event = dict[str, Any]


@cache
def histories_of_the_six() -> dict[str, list[Event]]:
    return events_in([series_file().content])


def table_of(histories: dict[str, list[Event]]) -> SeriesTable:
    found = (series_patient("GUT", course_of(events, "hegade-2011"), "tacrolimus") for events in histories.values())
    return series_table([patient for patient in found if patient is not None], TACROLIMUS_2011)


def computed(table: SeriesTable) -> dict[str, str]:
    return {row.key: row.computed for row in table.rows}


def without(histories: dict[str, list[Event]], leave_out: Callable[[Event], bool]) -> dict[str, list[Event]]:
    return {who: [event for event in events if not leave_out(event)] for who, events in histories.items()}


def test_every_published_number_is_computed_from_the_facts() -> None:
    rows = {row.key: row for row in table_of(histories_of_the_six()).rows}
    numbers = {key for key, figure in TACROLIMUS_2011.figures.items() if figure[0].isdigit()}
    assert {key: rows[key].computed for key in numbers} == {key: TACROLIMUS_2011.figures[key] for key in numbers}
    assert rows["renal"].computed.startswith("no effect")
    assert rows["neither"].computed == "0"


def test_the_falls_of_the_publication_are_not_available_and_those_of_the_facts_are_computed() -> None:
    rows = {row.key: row for row in table_of(histories_of_the_six()).rows}
    assert rows["fall_ALT"].published == rows["fall_BILI"].published == NOT_AVAILABLE
    assert rows["fall_ALT"].computed == "84.4 % (232 U/L)"
    assert rows["fall_BILI"].computed == "69.5 % (26 umol/L)"


def test_every_figure_moves_with_the_facts_it_is_made_of() -> None:
    histories = histories_of_the_six()
    whole = computed(table_of(histories))
    one_less = computed(table_of({who: events for who, events in histories.items() if who != "GUT-T4"}))
    assert {key for key in whole if one_less[key] != whole[key]} >= {
        "patients", "sexes", "reasons", "steroid_refractory", "mycophenolate_non_response", "treatment", "partial", "tremor",
    }  # fmt: skip
    no_levels = computed(table_of(without(histories, lambda event: event["data"].get("analyte") == "TAC")))
    assert {key for key in whole if no_levels[key] != whole[key]} == {"tremor"}
    no_steroid = computed(table_of(without(histories, lambda event: event["data"].get("drug") == "prednisolone")))
    assert {key for key in whole if no_steroid[key] != whole[key]} == {"refractory"}


@pytest.mark.parametrize("patient", [person.patient for person in six()])
@pytest.mark.parametrize("criteria", ["hegade-2011", "hegade-2011-strict"])
def test_engine_and_oracle_agree_on_the_six(patient: str, criteria: str) -> None:
    events = histories_of_the_six()[patient]
    naive = oracle.answer(events, document_of_set(criteria))
    course = course_of(events, criteria)
    assert course.index_day is not None
    assert naive["index_on"] == date.fromordinal(course.index_day)
    assert (naive["state"], naive["best"], naive["refractory"]) == (course.state, course.best, course.refractory.answer)
    assert [(each["from"], each["to"], each["confirmed_on"].toordinal()) for each in naive["transitions"]] == [
        (each.from_state, each.to_state, each.confirmed_day) for each in course.transitions
    ]


def test_one_of_the_six_relapses_on_a_halved_dose_and_responds_again() -> None:
    course = course_of(histories_of_the_six()[RELAPSING], "hegade-2011")
    assert [change.to_state for change in course.transitions] == ["PR", "CR", "RP", "PR", "CR"]
    (episode,) = course.episodes
    assert course.index_day is not None
    assert episode.opened_day - course.index_day == 364


def test_the_strict_set_calls_the_relapse_twenty_days_later() -> None:
    course = course_of(histories_of_the_six()[RELAPSING], "hegade-2011-strict")
    (episode,) = course.episodes
    assert course.index_day is not None
    assert episode.opened_day - course.index_day == 384


def test_a_relapse_was_believed_until_the_result_of_another_patient_was_taken_back() -> None:
    events = histories_of_the_six()[RELAPSING]
    taken_back = next(n for n, event in enumerate(events) if event["type"] == "lab_result_retracted")
    assert course_of(events[:taken_back], "hegade-2011").state == "RP"
    assert course_of(events[: taken_back + 1], "hegade-2011").state == "CR"


def test_five_are_refractory_by_the_registrys_own_rule_and_the_one_who_bore_no_azathioprine_is_not() -> None:
    answers = {who: course_of(them, "hegade-2011").refractory.answer for who, them in histories_of_the_six().items()}
    assert sorted(answers) == [f"GUT-T{n}" for n in range(1, 7)]
    assert {who for who, answer in answers.items() if answer == "no"} == {"GUT-T6"}
    assert sum(answer == "yes" for answer in answers.values()) == 5


def test_a_single_normal_result_is_no_complete_response() -> None:
    person = next(person for person in six() if person.patient == "GUT-T6")
    normal = [draw.on for draw in person.draws if draw.values["ALT"] <= 40]
    assert normal == [person.enrolled_on + timedelta(days=207)]
    assert course_of(histories_of_the_six()["GUT-T6"], "hegade-2011").best == "PR"
