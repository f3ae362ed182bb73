"""Exact numbers become printed ones here and nowhere else: half up, plain decimal, no binary floating point on the way."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction


def half_up(number: Fraction, places: int) -> str:
    """The number as a plain decimal with so many places; a half is rounded away from zero."""
    scaled = abs(number) * 10**places
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    digits = str(whole).rjust(places + 1, "0")
    text = f"{digits[:-places]}.{digits[-places:]}" if places else digits
    return f"-{text}" if number < 0 and whole else text


def mean(numbers: Sequence[Fraction]) -> Fraction | None:
    """The exact arithmetic mean, None of nothing."""
    return sum(numbers, Fraction(0)) / len(numbers) if numbers else None


def median(numbers: Sequence[Fraction]) -> Fraction | None:
    """The exact median (of an even number of values the mean of the two in the middle), None of nothing."""
    if not numbers:
        return None
    ordered = sorted(numbers)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
