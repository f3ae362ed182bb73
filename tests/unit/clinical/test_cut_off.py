"""What is known up to a clinical day: facts stay or go whole."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from hepledger.clinical.cut_off import known_until
from tests.support.builders import correction, finalisation, lab, prescription, retraction
from tests.support.engine import versions_of

LAST = date(2024, 3, 31)


def kept(*said: dict[str, Any], until: date = LAST) -> list[int]:
    """The numbers of the submissions, said one after the other, of which something is known until a day."""
    return [version.offset for version in known_until(versions_of(numbered(said)), until.toordinal())]


def numbered(said: Iterable[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    for number, each in enumerate(said):
        recorded_at = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(hours=number)
        yield {**each, "offset": number, "event_id": f"event-{number}", "recorded_at": recorded_at}


def test_the_last_day_is_in_and_the_next_is_not() -> None:
    assert kept(lab(day="2024-03-31"), lab(day="2024-04-01")) == [0]


def test_a_result_that_was_corrected_to_a_later_day_goes_with_all_its_versions() -> None:
    assert kept(lab(result_id="4711"), correction(result_id="4711", day="2024-04-01")) == []


def test_a_result_that_was_corrected_to_an_earlier_day_comes_with_all_its_versions() -> None:
    assert kept(lab(day="2024-04-01", result_id="4711"), correction(result_id="4711", day="2024-03-30")) == [0, 1]


def test_a_retraction_goes_with_what_it_takes_back() -> None:
    assert kept(lab(), retraction()) == [0, 1]
    assert kept(lab(day="2024-04-01"), retraction("ALT-2024-04-01")) == []


def test_a_finalisation_goes_with_what_it_makes_final() -> None:
    assert kept(lab(status="preliminary"), finalisation()) == [0, 1]
    assert kept(lab(day="2024-04-01", status="preliminary"), finalisation("ALT-2024-04-01")) == []


def test_a_retraction_of_what_was_never_said_stays() -> None:
    assert kept(retraction("nobody-said-it")) == [0]


@pytest.mark.parametrize(("day", "stays"), [("2024-03", True), ("2024-04", False), ("2024", True), ("2025", False)])
def test_a_date_to_the_month_or_year_stays_if_its_first_day_could_be_meant(day: str, stays: bool) -> None:
    assert (kept(lab(day=day)) == [0]) is stays


def test_a_prescription_is_dated_by_its_start_however_long_it_runs() -> None:
    assert kept(
        prescription(started_on="2024-03-31", stopped_on="2025-01-01"), prescription(started_on="2024-04-01")
    ) == [0]
