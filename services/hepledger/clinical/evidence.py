"""The evidence of a transition: the results, by event id, that made its condition true."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import takewhile
from typing import Final

from hepledger.clinical.conditions import Condition, Reference, sources_of
from hepledger.clinical.landmarks import days_of, latest
from hepledger.clinical.readings import Reading, Readings
from hepledger.clinical.walk import Entry, Walk

_BASELINE: Final = Reference.BASELINE
_PEAK: Final = Reference.PEAK


def evidence_of(entry: Entry, confirmed_day: int, readings: Readings, walk: Walk) -> tuple[str, ...]:
    """Event ids, in day order: the current readings of the run from onset to confirmation, and what they were held against."""
    rule = entry.rule
    if rule.sustained is None:
        used = [reading for analyte, reading in walk.current.items() if analyte in rule.analytes]
    else:
        used = _of_run(rule.analytes, readings, entry.onset_day, confirmed_day, walk.plan.carry)
    for source, analyte in walk.plan.references[rule.number]:
        held_against = (walk.baseline if source is _BASELINE else entry.peak if source is _PEAK else walk.nadir).get(
            analyte
        )
        if held_against is not None:
            used.append(held_against)
    if len(used) > 1:
        used.sort(key=_by_day)
    return tuple(dict.fromkeys([reading.event_id for reading in used]))


def _by_day(reading: Reading) -> tuple[int, str]:
    return (reading.day, reading.measurement.analyte)


def _of_run(analytes: frozenset[str], readings: Readings, onset: int, confirmed: int, carry: int) -> list[Reading]:
    """The current readings on the days from onset to confirmation (ordinals)."""
    if len(analytes) == 1:
        (analyte,) = analytes
        days = readings[analyte]
        return [days[day] for day in takewhile(onset.__le__, reversed(days)) if day <= confirmed]
    found = [
        latest(readings, analyte, day - carry, day)
        for day in days_of(analytes, readings, onset, confirmed)
        for analyte in sorted(analytes)
    ]
    return [reading for reading in found if reading is not None]


def references(
    condition: Condition,
    baseline: Mapping[str, Reading],
    peak: Mapping[str, Reading],
    nadir: Mapping[str, Reading],
    uln: str,
) -> Iterator[Reading]:
    """The readings that a condition holds the current ones against: baseline, peak, nadir, and the baseline whose limit is used."""
    held_against = {Reference.BASELINE: baseline, Reference.PEAK: peak, Reference.NADIR: nadir}
    for source, analyte in sources_of(condition, uln):
        if analyte in held_against[source]:
            yield held_against[source][analyte]
