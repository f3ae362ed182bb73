"""Exact numbers become printed ones here and nowhere else: half up, plain decimal, no binary floating point on the way."""

from __future__ import annotations

from fractions import Fraction


def half_up(number: Fraction, places: int) -> str:
    """The number as a plain decimal with so many places; a half is rounded away from zero."""
    return half_up_ratio(number.numerator, number.denominator, places)


def half_up_ratio(numerator: int, denominator: int, places: int) -> str:
    """The same of two whole numbers, the denominator above 0: where many are printed, to make a Fraction first is what takes the time."""
    whole = (2 * abs(numerator) * 10**places + denominator) // (2 * denominator)
    digits = str(whole).rjust(places + 1, "0")
    text = f"{digits[:-places]}.{digits[-places:]}" if places else digits
    return f"-{text}" if numerator < 0 and whole else text
