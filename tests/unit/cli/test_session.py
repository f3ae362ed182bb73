"""What `--as-of` means."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from hepledger.cli.session import asked_when, moment_of, when_of
from hepledger.errors import WrongUsage


def test_a_date_is_the_end_of_that_day_in_utc() -> None:
    assert moment_of("2024-02-29") == datetime(2024, 2, 29, 23, 59, 59, 999_999, UTC)


def test_a_date_time_is_that_moment() -> None:
    assert moment_of("2024-03-01T12:00:00+09:00") == datetime(2024, 3, 1, 12, tzinfo=timezone(timedelta(hours=9)))
    assert moment_of("2024-03-01T12:00Z") == datetime(2024, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "yesterday", "2024-02-30", "2024-03", "2024-03-01T12:00:00", "01.03.2024"])
def test_anything_else_is_wrong_usage(text: str) -> None:
    with pytest.raises(WrongUsage, match="--as-of"):
        moment_of(text)


def test_a_date_may_be_written_in_any_way_that_iso_8601_knows() -> None:
    assert moment_of("20240229") == moment_of("2024-W09-4") == moment_of("2024-02-29")


@pytest.mark.parametrize("text", ["dsmb-1", "2024-final", "yesterday", "Paper_2.rev3"])
def test_what_reads_as_no_time_is_the_name_of_a_data_cut(text: str) -> None:
    assert when_of(text) == text


@pytest.mark.parametrize("text", ["", "2024-02-30", "2024-03", "2024", "2024-03-01T12:00:00", "two words", "1.3.2024"])
def test_what_is_made_like_a_time_and_is_none_is_wrong_usage(text: str) -> None:
    with pytest.raises(WrongUsage, match="--as-of"):
        when_of(text)


def test_a_time_is_a_time() -> None:
    assert when_of("2024-02-29") == moment_of("2024-02-29")


def test_a_cut_is_asked_for_alone() -> None:
    assert asked_when(None, None, "dsmb-1") == asked_when(None, "dsmb-1", None) == "dsmb-1"
    assert asked_when("iaihg-2022", "dsmb-1", None) == "dsmb-1"
    assert asked_when("iaihg-2022", None, None) is None
    with pytest.raises(WrongUsage, match="give --as-of dsmb-1"):
        asked_when("iaihg-2022", None, "dsmb-1")
    with pytest.raises(WrongUsage, match="give one of them"):
        asked_when(None, "dsmb-2", "dsmb-1")
