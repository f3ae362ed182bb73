"""Three-valued truth and intervals, as the clinical rules define them: None is unknown, and nothing is ever imputed."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

Truth = bool | None
Rank = tuple[tuple[bool, Fraction, bool], tuple[Fraction, bool]]


def negation(truth: Truth) -> Truth:
    return None if truth is None else not truth


def conjunction(truths: Iterable[Truth]) -> Truth:
    found = list(truths)
    if False in found:
        return False
    return None if None in found else True


def disjunction(truths: Iterable[Truth]) -> Truth:
    return negation(conjunction(negation(truth) for truth in truths))


@dataclass(frozen=True, slots=True)
class Interval:
    """Every number from `low` to `high`; an end that is None is infinite, and an infinite end is never closed."""

    low: Fraction | None
    high: Fraction | None
    low_closed: bool
    high_closed: bool

    def times(self, factor: Fraction) -> "Interval":
        if factor == 0:
            return exactly(Fraction(0))
        low = None if self.low is None else self.low * factor
        high = None if self.high is None else self.high * factor
        if factor > 0:
            return Interval(low, high, self.low_closed, self.high_closed)
        return Interval(high, low, self.high_closed, self.low_closed)

    def plus(self, other: "Interval") -> "Interval":
        """The sums of any number of the one with any number of the other."""
        low = None if self.low is None or other.low is None else self.low + other.low
        high = None if self.high is None or other.high is None else self.high + other.high
        return Interval(low, high, self.low_closed and other.low_closed, self.high_closed and other.high_closed)

    def is_positive(self) -> Truth:
        """True if every number is > 0, false if none is."""
        if self.low is not None and (self.low > 0 or (self.low == 0 and not self.low_closed)):
            return True
        return False if self.high is not None and self.high <= 0 else None

    def is_negative(self) -> Truth:
        return self.times(Fraction(-1)).is_positive()

    def rank(self) -> Rank:
        """By the upper end, an open one just below a closed one; then by the lower end likewise."""
        assert self.low is not None
        upper = (True, Fraction(0), False) if self.high is None else (False, self.high, self.high_closed)
        return upper, (self.low, self.low_closed)


def exactly(number: Fraction) -> Interval:
    return Interval(number, number, low_closed=True, high_closed=True)


def interval_of(comparator: str, number: Fraction) -> Interval:
    """What a reported number says: `<5` is [0, 5), `>1000` is (1000, infinity)."""
    match comparator:
        case "=":
            return exactly(number)
        case "<" | "<=":
            return Interval(Fraction(0), number, low_closed=True, high_closed=comparator == "<=")
        case ">" | ">=":
            return Interval(number, None, low_closed=comparator == ">=", high_closed=False)
    raise ValueError(comparator)


def compared_with_zero(word: str, difference: Interval) -> Truth:
    match word:
        case "more_than":
            return difference.is_positive()
        case "at_most":
            return negation(difference.is_positive())
        case "less_than":
            return difference.is_negative()
        case "at_least":
            return negation(difference.is_negative())
    raise ValueError(word)
