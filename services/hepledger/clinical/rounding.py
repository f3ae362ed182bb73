"""Exact numbers become printed ones here and nowhere else: half up, plain decimal, no binary floating point on the way."""

from __future__ import annotations

from fractions import Fraction


def half_up(number: Fraction, places: int) -> str:
    """The number as a plain decimal with so many places; a half is rounded away from zero."""
    scaled = abs(number) * 10**places
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    digits = str(whole).rjust(places + 1, "0")
    text = f"{digits[:-places]}.{digits[-places:]}" if places else digits
    return f"-{text}" if number < 0 and whole else text
