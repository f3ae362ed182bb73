"""Reference limits in the ways laboratories print them."""

from __future__ import annotations

import pytest

from hepledger.intake.decimals import NumberStyle
from hepledger.intake.limits import Limits, parse_limits
from hepledger.intake.records import Unreadable

POINT = NumberStyle()


@pytest.mark.parametrize(
    ("printed", "limits"),
    [
        ("45", Limits(None, "45")),
        ("45.0", Limits(None, "45.0")),
        ("<45", Limits(None, "45", "<")),
        ("< 45", Limits(None, "45", "<")),
        ("≤45", Limits(None, "45", "<=")),
        ("<=45", Limits(None, "45", "<=")),
        ("10-45", Limits("10", "45")),
        ("10 - 45", Limits("10", "45")),
        ("10–45", Limits("10", "45")),
        ("10 -45", Limits("10", "45")),
        ("(10-45)", Limits("10", "45")),
        ("[10-45]", Limits("10", "45")),
        ("10-<45", Limits("10", "45", "<")),
        ("4.3 to 6.2", Limits("4.3", "6.2")),
        ("4.3 TO 6.2", Limits("4.3", "6.2")),
        ("70_105", Limits("70", "105")),
        ("0-0.25", Limits("0", "0.25")),
        ("-2-5", Limits("-2", "5")),
        (">60", Limits("60", None)),
        ("≥ 60", Limits("60", None)),
    ],
)
def test_a_limit_is_read_with_its_own_comparator(printed: str, limits: Limits) -> None:
    assert parse_limits(printed, POINT) == limits


def test_a_limit_is_written_with_the_decimal_mark_of_the_file() -> None:
    assert parse_limits("4,3 bis 6,2", NumberStyle(",")) == Limits("4.3", "6.2")
    assert parse_limits("1.000 - 1.200", NumberStyle(",", ".")) == Limits("1000", "1200")


@pytest.mark.parametrize("printed", ["n/a", "10-", "-", "10-45-50", "10/45", "45 U/L", "<", "1,0-4,5", "10 45"])
def test_a_limit_that_cannot_be_read_is_never_guessed(printed: str) -> None:
    with pytest.raises(Unreadable):
        parse_limits(printed, POINT)
