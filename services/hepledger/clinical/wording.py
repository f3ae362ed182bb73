"""The words for results and comparisons, as a clinician would say them. Ratios are rounded for the eye only: no rule reads them."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from hepledger.clinical.comparison import Truth
from hepledger.clinical.conditions import Atom, Bound, Normal, Reference, TimesUln, Value, Versus, reference_of
from hepledger.clinical.history import date_of
from hepledger.clinical.measurement import Measurement
from hepledger.clinical.readings import Reading
from hepledger.clinical.rounding import half_up
from hepledger.clinical.trace import Weighed
from hepledger.clinical.walk import Walk

_RELATIONS: Final = {
    "more_than": "more than",
    "at_least": "at least",
    "less_than": "less than",
    "at_most": "at most",
}
_SIGNS: Final = {"<=": "≤", ">=": "≥"}


def result_text(measurement: Measurement) -> str:
    """A result as reported: ``ALT 412 U/L``, ``ALT <5 U/L``."""
    sign = "" if measurement.exact else _SIGNS.get(measurement.comparator, measurement.comparator)
    unit = "" if measurement.unit == "1" else f" {measurement.unit}"
    return f"{measurement.analyte} {sign}{measurement.text}{unit}"


def limit_text(measurement: Measurement) -> str:
    """The limit as printed: ``≤40``, ``<40``; ``none printed``."""
    if measurement.limit_text is None:
        return "none printed"
    return _SIGNS.get(measurement.limit_comparator, measurement.limit_comparator) + measurement.limit_text


def truth_text(truth: Truth) -> str:
    """Kleene's three values as words."""
    return "unknown" if truth is None else "true" if truth else "false"


def comparison_text(weighed: Weighed, seen: Walk) -> str:
    """What one comparison asked of the day, and what it found."""
    asked = asked_text(weighed.atom)
    found = _found(weighed.atom, seen)
    if weighed.truth is None:
        return f"{asked}: unknown, {weighed.doubt}" + (f" ({found})" if found else "")
    return f"{asked}: {'yes' if weighed.truth else 'no'}, {found}"


def asked_text(atom: Atom) -> str:
    """What a comparison asks."""
    match atom:
        case Normal(of_baseline=True):
            return f"baseline {atom.analyte} {'within' if atom.expected else 'above'} its limit"
        case Normal():
            return f"{atom.analyte} {'within' if atom.expected else 'above'} its limit"
        case TimesUln():
            return f"{atom.analyte} {_band(atom.band)} × its limit"
        case Value():
            return f"{atom.analyte} {_band(atom.band)} {atom.unit}"
        case Versus(fall=True):
            return f"{atom.analyte} fallen by {_band(atom.band)} % from the {_reference(atom)}"
        case Versus():
            return f"{atom.analyte} {_band(atom.band)} × the {_reference(atom)}"


def _reference(atom: Versus) -> str:
    return "peak since the present state" if atom.reference is Reference.PEAK else atom.reference.value


def _band(band: tuple[Bound, ...]) -> str:
    """The bounds as they are said: from below first."""
    ordered = sorted(band, key=lambda bound: bound.upper)
    return " and ".join(f"{_RELATIONS[bound.relation]} {bound.text}" for bound in ordered)


def _found(atom: Atom, seen: Walk) -> str:
    reading = (seen.baseline if isinstance(atom, Normal) and atom.of_baseline else seen.current).get(atom.analyte)
    if reading is None:
        return ""
    said = f"{result_text(reading.measurement)} of {date_of(reading.day)}"
    match atom:
        case Normal():
            return f"{said}, limit {_limit(reading)}"
        case TimesUln():
            return f"{said}, limit {_limit(reading)}{_times(reading, reading.limit)}"
        case Value():
            return said
        case Versus():
            return f"{said}{_against(atom, reading, seen)}"


def _limit(reading: Reading) -> str:
    own = reading.measurement.limit
    if reading.limit == own:
        return limit_text(reading.measurement)
    return "of the baseline reading" if reading.limit is not None else "none to hold it against"


def _times(reading: Reading, of: int | None) -> str:
    if reading.value is None or not of:
        return ""
    return f" ({rounded(Fraction(reading.value, of), 2)} ×)"


def _against(atom: Versus, reading: Reading, seen: Walk) -> str:
    reference = reference_of(atom, seen)
    if reference is None:
        return ""
    said = f", {atom.reference.value} {result_text(reference.measurement)} of {date_of(reference.day)}"
    if reading.value is None or reference.value is None or reference.value == 0:
        return said
    if atom.fall:
        fall = rounded(Fraction(100 * (reference.value - reading.value), reference.value), 1)
        return f"{said} (a fall of {fall} %)"
    return said + _times(reading, reference.value)


def rounded(number: Fraction, places: int) -> str:
    """A number for the eye, half up: at most this many places, none that say nothing."""
    text = half_up(number, places)
    return text.rstrip("0").rstrip(".") if "." in text else text
