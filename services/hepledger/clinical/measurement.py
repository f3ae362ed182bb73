"""What one laboratory result says, as exact numbers: an interval in the analyte's canonical unit and the limit printed with it.

Every number is an integer in units of 10⁻²⁴ of the canonical unit, so that comparisons are comparisons of integers:
exact, and as fast as Python can compare anything.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache
from typing import Final

from hepledger.clinical.rounding import half_up_ratio

FRACTION_DIGITS: Final = 24
"""Twenty digits after the point may be written; the conversions of units add at most four."""
WRITTEN_FRACTION_DIGITS: Final = 20
SCALE: Final = 10**FRACTION_DIGITS
SHORT_DIGITS: Final = 6
NO_SHORT: Final = -1
"""Stands for a number that has no short form."""

ONE_SHORT: Final = 10 ** (FRACTION_DIGITS - SHORT_DIGITS)
"""What one of a short number is worth on the exact scale."""
_TOO_LONG: Final = 10**12
_POWERS: Final[list[int]] = [10**digits for digits in range(FRACTION_DIGITS + 1)]
_DECIMAL: Final = re.compile(r"([+-]?)([0-9]+)(?:\.([0-9]*))?")

_ENZYME: Final = {"U/L": Fraction(1), "IU/L": Fraction(1), "ukat/L": Fraction(60), "nkat/L": Fraction(6, 100)}

_FACTORS: Final[Mapping[str, Mapping[str, Fraction]]] = {
    "ALT": _ENZYME,
    "AST": _ENZYME,
    "ALP": _ENZYME,
    "GGT": _ENZYME,
    "BILI": {"umol/L": Fraction(1), "mg/dL": Fraction("17.1036")},
    "ALB": {"g/L": Fraction(1), "g/dL": Fraction(10)},
    "IGG": {"g/L": Fraction(1), "mg/dL": Fraction(1, 100)},
    "INR": {"1": Fraction(1)},
    "PLT": {"10*9/L": Fraction(1), "10*3/uL": Fraction(1)},
    "CREA": {"umol/L": Fraction(1), "mg/dL": Fraction("88.402")},
    "TAC": {"ug/L": Fraction(1), "ng/mL": Fraction(1)},
}
"""Analyte → unit → what one of it is in the canonical unit (the first of the list). A unit not listed is never guessed."""

_PLAUSIBLE_VALUES: Final[Mapping[str, tuple[str | None, str | None]]] = {
    "ALT": (None, "50000"),
    "AST": (None, "50000"),
    "ALP": (None, "20000"),
    "GGT": (None, "20000"),
    "BILI": (None, "1500"),
    "ALB": ("5", "80"),
    "IGG": (None, "200"),
    "INR": ("0.5", "20"),
    "PLT": (None, "5000"),
    "CREA": ("5", "3500"),
    "TAC": (None, "150"),
}
_PLAUSIBLE_LIMITS: Final[Mapping[str, tuple[str, str]]] = {"ALT": ("15", "120"), "PLT": ("50", "2000")}
"""Bounds in the canonical unit, ends included. A platelet limit of 0.45 is a report in the wrong power of ten."""


class UnknownUnit(ValueError):
    """The unit is not on the analyte's list, and a unit is never guessed."""

    def __init__(self, analyte: str, unit: str) -> None:
        self.analyte, self.unit = analyte, unit
        super().__init__(f"{unit!r} is not a unit of {analyte}: expected one of {', '.join(units_of(analyte))}")


class NotADecimal(ValueError):
    """The text is not a plain decimal number of at most twenty digits after the point."""

    def __init__(self, text: str) -> None:
        self.text = text
        super().__init__(f"{text!r} is not a plain decimal number of at most {WRITTEN_FRACTION_DIGITS} decimals")


Said = tuple[str, str, str, str, str | None, str]
"""A result and its limit as reported: analyte, value, comparator, unit, the limit (None where none was printed), its comparator."""


class Measurement:
    """One result as reported, and as an interval on the canonical scale (integers, 10⁻²⁴ of the canonical unit). Never changed once made.

    ``said`` is what `measure` was given, ``stated`` its number. ``exact``: it is one number rather than a range. ``high`` is None
    where the interval is open-ended. ``limit`` is the upper reference limit, None where none was printed; ``limit_closed`` says
    whether a value equal to it is within it. ``short`` and ``short_limit`` are the number and the limit in units of 10⁻⁶, NO_SHORT
    where they are no whole number of them or the result is censored: they compare as the long ones do, and fit a processor.
    ``problems`` says why the result is not plausible.
    """

    __slots__ = (
        "analyte", "comparator", "exact", "high", "high_closed", "limit", "limit_closed", "limit_comparator", "limit_text", "low",
        "low_closed", "problems", "said", "short", "short_limit", "stated", "text", "unit"
    )  # fmt: skip

    def __init__(self, said: Said, stated: int, limit: int | None) -> None:
        self.said, self.stated, self.limit = said, stated, limit
        self.analyte, self.text, self.comparator, self.unit, self.limit_text, self.limit_comparator = said
        self.exact, self.limit_closed = self.comparator == "=", self.limit_comparator == "<="
        self.low, self.low_closed, self.high, self.high_closed = _interval(stated, self.comparator)
        self.short = _short(stated) if self.exact else NO_SHORT
        self.short_limit = NO_SHORT if limit is None else _short(limit)
        self.problems = tuple(_problems(self.analyte, stated, limit))

    @property
    def stated_value(self) -> str:
        """The value as it was reported: ``412``, ``<5``."""
        return self.text if self.exact else f"{self.comparator}{self.text}"

    @property
    def stated_times_uln(self) -> str | None:
        """The stated number over the limit printed with it, four places, half up; None without a limit."""
        return None if self.limit is None else half_up_ratio(self.stated, self.limit, 4)

    @property
    def numbers(self) -> tuple[object, ...]:
        """What the result says, however it was written: equal for 3.3 and 3.30, for 1 ukat/L and 60 U/L."""
        interval = (self.low, self.low_closed, self.high, self.high_closed)
        return (self.analyte, *interval, self.limit, self.limit is None or self.limit_closed)


def units_of(analyte: str) -> tuple[str, ...]:
    """The units a result of the analyte may be reported in, the canonical one first."""
    return tuple(_FACTORS[analyte])


def canonical_unit(analyte: str) -> str:
    """The unit in which values of the analyte are compared with each other."""
    return units_of(analyte)[0]


def in_canonical_unit(analyte: str, unit: str) -> Fraction:
    """What one ``unit`` is in the analyte's canonical unit. Raises UnknownUnit."""
    try:
        return _FACTORS[analyte][unit]
    except KeyError:
        raise UnknownUnit(analyte, unit) from None


def scaled(text: str) -> int:
    """The decimal number of a text as an integer in units of 10⁻²⁴. Raises NotADecimal."""
    match = _DECIMAL.fullmatch(text)
    if match is None or len(match[3] or "") > WRITTEN_FRACTION_DIGITS:
        raise NotADecimal(text)
    sign, whole, fraction = match[1], match[2], match[3] or ""
    magnitude = int(whole + fraction) * _POWERS[FRACTION_DIGITS - len(fraction)]
    return -magnitude if sign == "-" else magnitude


@lru_cache(maxsize=65_536)
def measure(
    analyte: str, value: str, comparator: str, unit: str, limit: str | None = None, limit_comparator: str = "<="
) -> Measurement:
    """The measurement that a result states. Raises UnknownUnit and NotADecimal.

    Laboratories print few different numbers, so equal reports share one measurement and are read once.
    """
    factor = _ratio(analyte, unit)
    bound = None if limit is None else _converted(scaled(limit), factor)
    return Measurement(
        (analyte, value, comparator, unit, limit, limit_comparator), _converted(scaled(value), factor), bound
    )


@lru_cache
def _ratio(analyte: str, unit: str) -> tuple[int, int]:
    """Numerator and denominator of `in_canonical_unit`: a Fraction is asked for them by two calls into Python."""
    factor = in_canonical_unit(analyte, unit)
    return factor.numerator, factor.denominator


def _short(number: int) -> int:
    """The number in units of 10⁻⁶, if it is a whole number of them and not below 0: then it is compared as an ordinary integer."""
    whole, rest = divmod(number, ONE_SHORT)
    return whole if rest == 0 and 0 <= whole < _TOO_LONG else NO_SHORT


def _converted(number: int, factor: tuple[int, int]) -> int:
    product, remainder = divmod(number * factor[0], factor[1])
    if remainder:  # cannot be: 20 digits written, 4 added by the finest factor, 24 kept
        raise ArithmeticError("a conversion of units left the exact scale")
    return product


def _interval(stated: int, comparator: str) -> tuple[int, bool, int | None, bool]:
    """A censored value is every number it may be: ``<5`` is [0, 5), ``>1000`` is (1000, ∞)."""
    match comparator:
        case "=":
            return stated, True, stated, True
        case "<":
            return 0, True, stated, False
        case "<=":
            return 0, True, stated, True
        case ">=":
            return stated, True, None, False
        case ">":
            return stated, False, None, False
        case _:
            raise ValueError(f"{comparator!r} is not a comparator")


@lru_cache
def _bound(text: str) -> int:
    return scaled(text)


def _problems(analyte: str, stated: int, limit: int | None) -> list[str]:
    found = []
    low, high = _PLAUSIBLE_VALUES[analyte]
    unit = canonical_unit(analyte)
    if stated < 0:
        found.append("value below 0")
    elif low is not None and stated < _bound(low):
        found.append(f"value below {low} {unit}")
    if high is not None and stated > _bound(high):
        found.append(f"value above {high} {unit}")
    if limit is not None:
        found += _limit_problems(analyte, limit, unit)
    return found


def _limit_problems(analyte: str, limit: int, unit: str) -> list[str]:
    if limit <= 0:
        return ["upper reference limit not above 0"]
    if analyte in _PLAUSIBLE_LIMITS:
        low, high = _PLAUSIBLE_LIMITS[analyte]
        if limit < _bound(low):
            return [f"upper reference limit below {low} {unit}"]
        if limit > _bound(high):
            return [f"upper reference limit above {high} {unit}"]
    return []
