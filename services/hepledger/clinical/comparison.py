"""Comparisons of values that may be known only as an interval.

Every comparison of the criteria asks whether ``a·value + b·reference`` is above zero (or zero), with integers ``a`` and ``b``:
nothing is divided, nothing rounded.
"""

from __future__ import annotations

from typing import Final

from hepledger.clinical.measurement import Measurement
from hepledger.clinical.readings import Reading

Truth = bool | None
"""Kleene's three values: true, false, and None for unknown."""

_End = tuple[int | None, bool]
"""An end of a range of numbers (None: unbounded) and whether it belongs to the range."""

_UNBOUNDED: Final[_End] = (None, False)
_ZERO: Final[tuple[_End, _End]] = ((0, True), (0, True))


def compare(a: int, reading: Reading, b: int, reference: Reading, *, strict: bool) -> Truth:
    """Whether ``a·reading + b·reference`` is above zero (``strict``) or at least zero: for every value they may have, for none, or unknown.

    A censored reading compared with itself is one number, not two that might differ: it is exactly once itself.
    """
    if reading.short >= 0 and reference.short >= 0:
        short = a * reading.short + b * reference.short
        return short > 0 if strict else short >= 0
    if reading.value is not None and reference.value is not None:
        difference = a * reading.value + b * reference.value
        return difference > 0 if strict else difference >= 0
    if reading.event_id == reference.event_id:
        return a + b > 0 if strict else a + b >= 0
    low, high = _sum(_term(a, reading.measurement), _term(b, reference.measurement))
    return _exceeds(low, high) if strict else _reaches(low, high)


def compare_with_number(a: int, reading: Reading, b: int, *, strict: bool) -> Truth:
    """Whether ``a·reading + b`` is above zero (``strict``) or at least zero: for every value it may have, for none, or unknown."""
    if reading.value is not None:
        difference = a * reading.value + b
        return difference > 0 if strict else difference >= 0
    low, high = _sum(_term(a, reading.measurement), ((b, True), (b, True)))
    return _exceeds(low, high) if strict else _reaches(low, high)


def compare_with_limit(a: int, reading: Reading, b: int, limit: int, *, strict: bool) -> Truth:
    """As `compare_with_number` with ``b`` times the reading's own ``limit``."""
    if reading.short >= 0 and reading.short_limit >= 0:
        short = a * reading.short + b * reading.short_limit
        return short > 0 if strict else short >= 0
    return compare_with_number(a, reading, b * limit, strict=strict)


def within_limit(reading: Reading, limit: int) -> Truth:
    """Whether the reading is within its upper limit, by the limit's own comparator."""
    if reading.short >= 0 and reading.short_limit >= 0:
        return reading.short <= reading.short_limit if reading.limit_closed else reading.short < reading.short_limit
    if reading.value is not None:
        return reading.value <= limit if reading.limit_closed else reading.value < limit
    return compare_with_number(-1, reading, limit, strict=not reading.limit_closed)


def _term(factor: int, measurement: Measurement) -> tuple[_End, _End]:
    """The range of ``factor`` times a value."""
    if factor == 0:
        return _ZERO
    low: _End = (factor * measurement.low, measurement.low_closed)
    high = _UNBOUNDED if measurement.high is None else (factor * measurement.high, measurement.high_closed)
    return (low, high) if factor > 0 else (high, low)


def _sum(one: tuple[_End, _End], other: tuple[_End, _End]) -> tuple[_End, _End]:
    return _add(one[0], other[0]), _add(one[1], other[1])


def _add(one: _End, other: _End) -> _End:
    if one[0] is None or other[0] is None:
        return _UNBOUNDED
    return one[0] + other[0], one[1] and other[1]


def _exceeds(low: _End, high: _End) -> Truth:
    """Whether every, no or some number of the range is above zero."""
    if low[0] is not None and (low[0] > 0 or (low[0] == 0 and not low[1])):
        return True
    return None if high[0] is None or high[0] > 0 else False


def _reaches(low: _End, high: _End) -> Truth:
    """Whether every, no or some number of the range is zero or above."""
    if low[0] is not None and low[0] >= 0:
        return True
    return None if high[0] is None or high[0] > 0 or (high[0] == 0 and high[1]) else False
