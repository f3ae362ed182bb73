"""Dates are turned to ISO 8601 and never moved."""

from __future__ import annotations

import pytest

from hepledger.intake.dates import date_reader, faults_of_format, parse_zone
from hepledger.intake.records import Unreadable

BERLIN = parse_zone("Europe/Berlin")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2024", "2024"),
        ("2024-03", "2024-03"),
        ("2024-03-01", "2024-03-01"),
        ("2024-03-01T08:30+09:00", "2024-03-01T08:30+09:00"),
        ("2024-03-01 08:30:00 +0100", "2024-03-01T08:30:00+01:00"),
        ("2024-03-01T08:30:00.5Z", "2024-03-01T08:30:00.5Z"),
    ],
)
def test_iso_dates_need_no_mapping(written: str, read: str) -> None:
    assert date_reader((), None)(written) == read


@pytest.mark.parametrize(
    ("formats", "written", "read"),
    [
        (["%d.%m.%Y"], "01.03.2024", "2024-03-01"),
        (["%d.%m.%Y"], "1.3.2024", "2024-03-01"),
        (["%d/%m/%Y", "%m/%Y", "%Y"], "03/2024", "2024-03"),
        (["%d/%m/%Y", "%m/%Y", "%Y"], "2024", "2024"),
        (["%d-%b-%Y"], "01-MAR-2024", "2024-03-01"),
        (["%Y%m%d%H%M%z"], "202403010830+0900", "2024-03-01T08:30:00+09:00"),
        (["%d.%m.%Y %H:%M"], "01.03.2024 08:30", "2024-03-01T08:30:00+01:00"),
        (["%d.%m.%Y %H:%M"], "01.07.2024 08:30", "2024-07-01T08:30:00+02:00"),
    ],
)
def test_dates_are_read_as_the_mapping_writes_them(formats: list[str], written: str, read: str) -> None:
    assert date_reader(formats, BERLIN)(written) == read


def test_the_first_format_that_fits_decides() -> None:
    assert date_reader(["%d/%m/%Y", "%m/%d/%Y"], None)("03/04/2024") == "2024-04-03"


@pytest.mark.parametrize("written", ["01.03.2024", "2024-3-1", "2024-03-01T08", "2024T08:30", "20240301", "yesterday"])
def test_a_date_written_otherwise_is_never_guessed(written: str) -> None:
    with pytest.raises(Unreadable):
        date_reader((), None)(written)


def test_with_formats_given_no_other_is_tried() -> None:
    with pytest.raises(Unreadable, match=r"%d\.%m\.%Y"):
        date_reader(["%d.%m.%Y"], None)("2024-03-01")


@pytest.mark.parametrize(("formats", "written"), [((), "2024-03-01T08:30"), (["%d.%m.%Y %H:%M"], "01.03.2024 08:30")])
def test_a_time_without_offset_needs_a_zone_in_the_mapping(formats: tuple[str, ...], written: str) -> None:
    with pytest.raises(Unreadable, match="timezone"):
        date_reader(formats, None)(written)


def test_an_hour_that_came_twice_is_the_first_of_the_two() -> None:
    assert date_reader((), BERLIN)("2024-10-27T02:30") == "2024-10-27T02:30+02:00"


def test_an_hour_that_never_was_is_refused() -> None:
    with pytest.raises(Unreadable, match="put forward"):
        date_reader((), BERLIN)("2024-03-31T02:30")


@pytest.mark.parametrize("name", ["Mars/Olympus", "+25:00", "CEST?", "", "../etc/passwd", "1"])
def test_a_zone_nobody_knows_is_refused(name: str) -> None:
    with pytest.raises(Unreadable):
        parse_zone(name)


@pytest.mark.parametrize("pattern", ["%d.%m", "%Q", "%d.%Y", "%H:%M", "%Y %H", "nothing", "%Y-%m-%d %", "%Y-%m-%d %d"])
def test_a_format_that_gives_no_date_is_a_fault_of_the_mapping(pattern: str) -> None:
    assert faults_of_format(pattern)


@pytest.mark.parametrize("pattern", ["%d.%m.%Y", "%Y", "%m/%Y", "%d %B %Y", "%Y-%m-%dT%H:%M:%S%z", "%d.%m.%y"])
def test_a_format_that_gives_a_date_is_none(pattern: str) -> None:
    assert not faults_of_format(pattern)


def test_a_year_of_one_digit_keeps_its_four_places_so_that_it_is_told_as_a_year() -> None:
    assert date_reader(["%d.%m.%Y"], None)("06.03.0024") == "0024-03-06"
    assert date_reader(["%m/%Y"], None)("03/0024") == "0024-03"
    assert date_reader(["%Y"], None)("0024") == "0024"
