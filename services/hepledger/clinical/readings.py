"""Readings: what one analyte was on one clinical day, and the order in which readings are higher or lower than one another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction

from hepledger.clinical.measurement import NO_SHORT, Measurement


class Reading:
    """One analyte on one day. Never changed once made.

    ``value`` is the exact value (integer, 10⁻²⁴ of the canonical unit), None if the result is censored: then the interval
    stands in ``measurement``. ``limit`` and ``limit_closed`` are the upper limit that the criteria let it be held against.
    ``short`` and ``short_limit`` are value and limit once more, as numbers that a processor takes at once (see `Measurement`).
    """

    __slots__ = ("day", "event_id", "limit", "limit_closed", "measurement", "short", "short_limit", "value")

    def __init__(
        self,
        day: int,
        event_id: str,
        value: int | None,
        limit: int | None,
        limit_closed: bool,
        measurement: Measurement,
        short_limit: int,
    ) -> None:
        self.day = day
        self.event_id = event_id
        self.value = value
        self.limit = limit
        self.limit_closed = limit_closed
        self.measurement = measurement
        self.short = measurement.short
        self.short_limit = short_limit

    def against(self, other: Reading | None) -> Reading:
        """The same reading, held against the limit of another; against none where there is no other."""
        if other is None:
            return Reading(self.day, self.event_id, self.value, None, True, self.measurement, NO_SHORT)
        limit = (other.limit, other.limit_closed, self.measurement, other.short_limit)
        return Reading(self.day, self.event_id, self.value, *limit)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Reading) and self._said() == other._said()

    def __hash__(self) -> int:
        return hash(self._said())

    def _said(self) -> tuple[object, ...]:
        return (self.day, self.event_id, self.limit, self.limit_closed, self.measurement)


Readings = Mapping[str, dict[int, Reading]]
"""Analyte → clinical day → reading."""

ValueRank = tuple[bool, int, bool, int, bool]


def reading_of(day: int, event_id: str, measurement: Measurement) -> Reading:
    """The reading that a single result of the day is, held against its own limit."""
    value = measurement.stated if measurement.exact else None
    return Reading(
        day, event_id, value, measurement.limit, measurement.limit_closed, measurement, measurement.short_limit
    )


def higher(one: Reading, other: Reading) -> Reading:
    """Which of two results of one analyte on one day is the reading: the highest ×ULN.

    A result without a limit ranks below every result with one; then the higher value; then one above its limit before one
    within it; then the smaller event id. Always by the limits as reported: readings are chosen before a limit policy applies.
    """
    if one.short >= 0 and other.short >= 0:
        mine, its = one.measurement.short_limit, other.measurement.short_limit
        if mine > 0 and its > 0 and one.short * its != other.short * mine:
            return one if one.short * its > other.short * mine else other
    ranks = _day_rank(one.measurement), _day_rank(other.measurement)
    if ranks[0] != ranks[1]:
        return one if ranks[0] > ranks[1] else other
    return one if one.event_id <= other.event_id else other


def value_rank(measurement: Measurement) -> ValueRank:
    """Where a value stands among values of its analyte: by its upper end, an open end just below a closed one, then by its lower end."""
    high = measurement.high
    return (high is None, high or 0, measurement.high_closed, measurement.low, measurement.low_closed)


def rises_above(one: Reading, other: Reading) -> bool:
    """Whether a reading ranks strictly higher than another of its analyte."""
    if one.short >= 0 and other.short >= 0:
        return one.short > other.short
    return value_rank(one.measurement) > value_rank(other.measurement)


def choose(readings: Iterable[Reading], how: str) -> Reading | None:
    """The baseline among readings in day order: ``last``, ``first``, ``highest`` or ``lowest``; of equals the earliest day."""
    candidates = list(readings)
    if not candidates:
        return None
    match how:
        case "first":
            return candidates[0]
        case "last":
            return candidates[-1]
        case "highest":
            return max(candidates, key=lambda reading: value_rank(reading.measurement))
        case "lowest":
            return min(candidates, key=lambda reading: value_rank(reading.measurement))
        case _:
            raise ValueError(f"{how!r} is not a way to choose a baseline")


def held_against(limit_of: Reading | None, readings: Mapping[int, Reading]) -> dict[int, Reading]:
    """The same readings, all held against the limit of one (the baseline); against none where there is no such reading."""
    return {day: reading.against(limit_of) for day, reading in readings.items()}


def _day_rank(measurement: Measurement) -> tuple[object, ...]:
    limit = measurement.limit
    times_uln: tuple[object, ...] = (False,)
    if limit is not None:
        high = Fraction(0) if measurement.high is None else Fraction(measurement.high, limit)
        low = Fraction(measurement.low, limit)
        times_uln = (True, measurement.high is None, high, measurement.high_closed, low, measurement.low_closed)
    return (times_uln, value_rank(measurement), _above_limit(measurement))


def _above_limit(measurement: Measurement) -> int:
    """2 above the limit, 0 within it, 1 where the result does not tell."""
    limit, high = measurement.limit, measurement.high
    if limit is None:
        return 1
    limit_in = measurement.limit_closed
    if measurement.low > limit or (measurement.low == limit and not (measurement.low_closed and limit_in)):
        return 2
    if high is not None and (high < limit or (high == limit and (limit_in or not measurement.high_closed))):
        return 0
    return 1
