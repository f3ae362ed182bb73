"""The evidence of a transition: the results, by event id, that made its condition true."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hepledger.clinical.conditions import Condition, Normal, Reference, TimesUln, Versus, atoms
from hepledger.clinical.landmarks import days_of, latest
from hepledger.clinical.readings import Reading, Readings
from hepledger.clinical.walk import Entry, Walk


def evidence_of(entry: Entry, confirmed_day: int, readings: Readings, walk: Walk) -> tuple[str, ...]:
    """Event ids, in day order: the current readings of the run from onset to confirmation, and what they were held against."""
    rule, carry = entry.rule, walk.plan.carry
    if rule.sustained is None:
        used = list(walk.current.values())
        used = [reading for reading in used if reading.measurement.analyte in rule.analytes]
    else:
        days = days_of(rule.analytes, readings, entry.onset_day, confirmed_day)
        found = (latest(readings, a, day - carry, day) for day in days for a in sorted(rule.analytes))
        used = [reading for reading in found if reading is not None]
    held_against = references(rule.condition, walk.baseline, entry.peak, walk.nadir, walk.plan.criteria.uln)
    ordered = sorted({*used, *held_against}, key=lambda reading: (reading.day, reading.measurement.analyte))
    return tuple(dict.fromkeys(reading.event_id for reading in ordered))


def references(
    condition: Condition,
    baseline: Mapping[str, Reading],
    peak: Mapping[str, Reading],
    nadir: Mapping[str, Reading],
    uln: str,
) -> Iterator[Reading]:
    """The readings that a condition holds the current ones against: baseline, peak, nadir, and the baseline whose limit is used."""
    for atom in atoms(condition):
        source: Mapping[str, Reading] = {}
        match atom:
            case Versus(reference=Reference.BASELINE) | Normal(of_baseline=True):
                source = baseline
            case Versus(reference=Reference.PEAK):
                source = peak
            case Versus(reference=Reference.NADIR):
                source = nadir
            case Normal() | TimesUln() if uln == "baseline":
                source = baseline
            case _:
                continue
        if atom.analyte in source:
            yield source[atom.analyte]
