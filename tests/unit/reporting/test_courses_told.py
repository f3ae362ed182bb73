"""One patient's course in words, in data and in rows."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from hepledger.clinical.course import Course, derive
from hepledger.clinical.criteria import criteria_from
from hepledger.clinical.facts import microseconds, version_from
from hepledger.reporting.course_document import course_document
from hepledger.reporting.course_text import course_text
from hepledger.reporting.rows import course_row, landmark_rows
from hepledger.reporting.subjects import Patient
from hepledger_events.criteria import canonical_document, parse_criteria
from hepledger_events.reported import parse_submission
from tests.support.builders import lab, prescription
from tests.support.projecting import shipped

WHO = Patient(1, "LEE", "LEE-001", 0)
RECORDED = microseconds(datetime(2025, 1, 1, tzinfo=UTC))


def course_of(*submissions: dict[str, Any], under: str = "hegade-2011") -> Course:
    criteria = criteria_from(canonical_document(parse_criteria(shipped(under))))
    versions = []
    for offset, submitted in enumerate(submissions):
        said = parse_submission(submitted)
        version = version_from(
            said.type,
            said.content(),
            offset=offset,
            event_id=f"e{offset}",
            occurred_at=said.occurred_at,
            recorded_at=RECORDED,
        )
        versions.append(version)
    return derive(versions, criteria)


def relapsed() -> Course:
    return course_of(
        prescription(),
        lab(day="2023-12-25", alt="300"),
        lab(day="2023-12-30", alt="240"),
        lab(day="2024-01-31", alt="110"),
        lab(day="2024-03-01", alt="38"),
        lab(day="2024-04-05", alt="30"),
        lab(day="2024-08-01", alt="55"),
    )


def told(course: Course) -> str:
    return "\n".join(course_text(course_document(WHO, course)))


def test_the_text_says_where_the_patient_stands_and_how_the_baseline_was_chosen() -> None:
    text = told(relapsed())
    assert "Index date      2024-01-01 (start of tacrolimus)" in text
    assert "ALT 240 U/L (limit ≤40, 6.0000 × ULN) on 2023-12-30 (day -2): the last of 2 in days -28 to 0" in text
    assert "Present state   RP (Relapse) since 2024-08-01" in text
    assert "Best state      CR (Complete response)" in text
    assert "Relapses        1 (2024-08-01 to now)" in text
    assert "PR -> CR        2024-03-01  2024-04-05  2 results" in text
    assert "Lowest          ALT 30 U/L" in text


def test_without_an_index_date_the_text_says_what_is_missing() -> None:
    text = told(course_of(lab()))
    assert "none: start of tacrolimus is not on record" in text
    assert "Present state" not in text


def test_without_a_baseline_or_a_state_the_text_says_so() -> None:
    text = told(course_of(prescription(), lab(day="2024-02-01", alt="60", limit=None)))
    assert "Baseline        none: no result in days -28 to 0" in text
    assert "start: no state was entered yet" in text
    assert "none entered" in text


def test_the_data_names_the_time_to_each_state() -> None:
    document = course_document(WHO, relapsed())
    assert document["first_entered"] == [
        {"state": "PR", "onset_day": 30, "confirmed_day": 30},
        {"state": "CR", "onset_day": 60, "confirmed_day": 95},
        {"state": "RP", "onset_day": 213, "confirmed_day": 213},
    ]
    assert document["episodes"] == [{"onset_on": date(2024, 8, 1), "opened_on": date(2024, 8, 1), "closed_on": None}]


def test_a_censored_baseline_keeps_its_comparator_and_its_stated_number_is_held_against_the_limit() -> None:
    row = course_row("hegade-2011", WHO, course_of(prescription(), lab(day="2024-01-01", alt="1000", comparator=">")))
    assert row[4:7] == (">1000", "U/L", Decimal("25.0000"))


def test_times_uln_has_four_places_rounded_half_up() -> None:
    row = course_row("hegade-2011", WHO, course_of(prescription(), lab(day="2024-01-01", alt="100.002", limit="40")))
    assert str(row[6]) == "2.5001"  # 2.50005


def test_a_patient_without_an_index_date_has_an_empty_row() -> None:
    assert course_row("hegade-2011", WHO, course_of(lab()))[3:] == (None,) * 10


def test_landmarks_come_in_the_order_of_the_document() -> None:
    rows = landmark_rows("iaihg-2022", WHO, course_of(lab(), under="iaihg-2022"))
    assert [(row[3], row[4]) for row in rows] == [("NR-4w", "pending"), ("CBR-6m", "pending"), ("IR-6m", "pending")]
