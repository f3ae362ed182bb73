"""Laboratory values in canonical units, exactly, and what is too odd to be used."""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from tests.support.oracle.logic import Interval, Truth, exactly, interval_of, negation

ENZYME = {"U/L": "1", "IU/L": "1", "ukat/L": "60", "nkat/L": "0.06"}
FACTORS: dict[str, dict[str, str]] = {
    "ALT": ENZYME,
    "AST": ENZYME,
    "ALP": ENZYME,
    "GGT": ENZYME,
    "BILI": {"umol/L": "1", "mg/dL": "17.1036"},
    "CREA": {"umol/L": "1", "mg/dL": "88.402"},
    "IGG": {"g/L": "1", "mg/dL": "0.01"},
    "ALB": {"g/L": "1", "g/dL": "10"},
    "TAC": {"ug/L": "1", "ng/mL": "1"},
    "PLT": {"10*9/L": "1", "10*3/uL": "1"},
    "INR": {"1": "1"},
}
PLAUSIBLE_VALUES: dict[str, tuple[str, str]] = {
    "ALT": ("0", "50000"),
    "AST": ("0", "50000"),
    "ALP": ("0", "20000"),
    "GGT": ("0", "20000"),
    "BILI": ("0", "1500"),
    "ALB": ("5", "80"),
    "IGG": ("0", "200"),
    "INR": ("0.5", "20"),
    "PLT": ("0", "5000"),
    "CREA": ("5", "3500"),
    "TAC": ("0", "150"),
}
PLAUSIBLE_LIMITS: dict[str, tuple[str, str]] = {"ALT": ("15", "120"), "PLT": ("50", "2000")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """The upper reference limit in the canonical unit; whether the limit itself is still normal."""

    high: Fraction
    included: bool

    def allows(self, value: Interval) -> Truth:
        above = value.plus(exactly(-self.high))
        return negation(above.is_positive()) if self.included else above.is_negative()


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One laboratory result: `value` and `limit` in the canonical unit, `stated` the data as the source gave them."""

    event_id: str
    analyte: str
    day: date | None
    value: Interval
    limit: Limit | None
    flags: frozenset[str]
    plausible: bool
    stated: dict[str, Any]


def canonical(analyte: str, number: Any, unit: str) -> Fraction:
    """`number` is a decimal text, a Decimal or an int; an unknown unit is a KeyError."""
    return Fraction(number) * Fraction(FACTORS[analyte][unit])


def result_from(event_id: str, day: date | None, data: dict[str, Any]) -> Result:
    analyte, unit = data["analyte"], data["unit"]
    value = canonical(analyte, data["value"], unit)
    limit = None
    if "reference_high" in data:
        high = canonical(analyte, data["reference_high"]["value"], unit)
        limit = Limit(high=high, included=data["reference_high"]["comparator"] == "<=")
    return Result(
        event_id=event_id,
        analyte=analyte,
        day=day,
        value=interval_of(data["comparator"], value),
        limit=limit,
        flags=frozenset(data["flags"]),
        plausible=is_plausible(analyte, value, limit),
        stated=data,
    )


def is_plausible(analyte: str, value: Fraction, limit: Limit | None) -> bool:
    """Of the number as stated, whatever its comparator."""
    if value < 0 or (limit is not None and limit.high <= 0):
        return False
    low, high = PLAUSIBLE_VALUES[analyte]
    if not Fraction(low) <= value <= Fraction(high):
        return False
    if limit is None or analyte not in PLAUSIBLE_LIMITS:
        return True
    low, high = PLAUSIBLE_LIMITS[analyte]
    return Fraction(low) <= limit.high <= Fraction(high)
