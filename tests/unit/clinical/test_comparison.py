"""Comparisons of intervals: true for every value, false for none, else unknown."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from hepledger.clinical.comparison import compare, compare_with_number
from hepledger.clinical.measurement import SCALE, measure
from hepledger.clinical.readings import Reading, reading_of

NUMBERS = st.integers(0, 6)
FACTORS = st.integers(-3, 3)
COMPARATORS = st.sampled_from(("=", "<", "<=", ">=", ">"))


def reading(number: int, comparator: str, event_id: str = "one") -> Reading:
    return reading_of(0, event_id, measure("ALT", str(number), comparator, "U/L"))


def samples(number: int, comparator: str) -> list[Fraction]:
    """Values that the result may have: its ends where they belong to it, just inside them, and far away."""
    near, far = Fraction(1, 10**6), Fraction(10**6)
    match comparator:
        case "=":
            return [Fraction(number)]
        case "<" | "<=":
            inside = [Fraction(number) - near, Fraction(0), Fraction(number, 2)] if number else []
            return [*inside, *([Fraction(number)] if comparator == "<=" else [])]
        case _:
            return [number + near, number + far, *([Fraction(number)] if comparator == ">=" else [])]


@given(FACTORS, NUMBERS, COMPARATORS, FACTORS, NUMBERS, COMPARATORS, st.booleans())
def test_a_comparison_says_what_all_the_values_say(
    a: int, one: int, one_is: str, b: int, other: int, other_is: str, strict: bool
) -> None:
    differences = [a * x + b * y for x in samples(one, one_is) for y in samples(other, other_is)]
    if not differences:
        return
    holds = {difference > 0 if strict else difference >= 0 for difference in differences}
    said = compare(a, reading(one, one_is), b, reading(other, other_is, "other"), strict=strict)
    assert said in ((None,) if len(holds) == 2 else (*holds,)) or (said is None and touches(differences))


def touches(differences: list[Fraction]) -> bool:
    """Whether the samples come close to zero without telling: an open end there may be passed by values between them."""
    return min(map(abs, differences)) < Fraction(1, 1000)


@given(FACTORS, NUMBERS, COMPARATORS, st.integers(-10, 10), st.booleans())
def test_a_comparison_with_a_number_says_what_all_the_values_say(
    a: int, number: int, comparator: str, b: int, strict: bool
) -> None:
    differences = [a * x + b for x in samples(number, comparator)]
    if not differences:
        return
    holds = {difference > 0 if strict else difference >= 0 for difference in differences}
    said = compare_with_number(a, reading(number, comparator), b * SCALE, strict=strict)
    assert said in ((None,) if len(holds) == 2 else (*holds,)) or (said is None and touches(differences))


def test_a_censored_reading_is_exactly_once_itself() -> None:
    censored = reading(1000, ">")
    assert compare(1, censored, -1, censored, strict=False) is True
    assert compare(1, censored, -2, censored, strict=False) is False
    assert compare(1, censored, -1, reading(1000, ">", "other"), strict=False) is None
