"""Numbers are kept as written, but for the marks that differ between countries."""

from __future__ import annotations

import pytest

from hepledger.intake.decimals import NumberStyle
from hepledger.intake.records import Unreadable

POINT, COMMA = NumberStyle("."), NumberStyle(",")
GERMAN, SWISS, FRENCH = NumberStyle(",", "."), NumberStyle(".", "'"), NumberStyle(",", " ")


@pytest.mark.parametrize(
    ("style", "written", "plain"),
    [
        (POINT, "3.30", "3.30"),
        (POINT, "-0.5", "-0.5"),
        (POINT, "+12", "+12"),
        (POINT, "007", "007"),
        (COMMA, "3,30", "3.30"),
        (COMMA, "412", "412"),
        (GERMAN, "1.234,5", "1234.5"),
        (GERMAN, "12.345.678", "12345678"),
        (GERMAN, "1234,5", "1234.5"),
        (SWISS, "1'234.5", "1234.5"),
        (FRENCH, "1 234,5", "1234.5"),
        (FRENCH, "1\u202f234,5", "1234.5"),
    ],
)
def test_a_number_keeps_its_digits(style: NumberStyle, written: str, plain: str) -> None:
    assert style.number(written) == plain


@pytest.mark.parametrize(
    ("style", "written"),
    [
        (POINT, "3,30"),
        (POINT, "1,234"),
        (POINT, "1 234"),
        (COMMA, "3.30"),
        (COMMA, "1.234,5"),
        (GERMAN, "12.34,5"),
        (GERMAN, "1.23"),
        (GERMAN, "1234.567"),
        (POINT, "1e3"),
        (POINT, "12."),
        (POINT, ".5"),
        (POINT, "--5"),
        (POINT, "NaN"),
        (POINT, "٣"),
        (POINT, "neg"),
        (POINT, ""),
    ],
)
def test_a_number_written_otherwise_than_the_mapping_says_is_never_guessed(style: NumberStyle, written: str) -> None:
    with pytest.raises(Unreadable):
        style.number(written)


@pytest.mark.parametrize(
    ("written", "comparator", "number"),
    [
        ("5", None, "5"),
        ("<5", "<", "5"),
        ("> 1000", ">", "1000"),
        ("≥5", ">=", "5"),
        (">=5", ">=", "5"),
        ("≤ 0.3", "<=", "0.3"),
        ("=<7", "<=", "7"),
        ("= 7", "=", "7"),
    ],
)
def test_a_comparator_before_the_number_is_read_with_it(written: str, comparator: str | None, number: str) -> None:
    assert POINT.measured(written) == (comparator, number)


@pytest.mark.parametrize("written", ["<", "5<", "< 5 >", "<>5", "~5", "<5,0"])
def test_what_is_not_a_comparator_and_a_number_is_refused(written: str) -> None:
    with pytest.raises(Unreadable):
        POINT.measured(written)
