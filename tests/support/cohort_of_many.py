"""A log of any length for measurements: patients whose results rise and fall, some late, some corrected, some taken back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from heapq import merge
from random import Random
from typing import Any

from hepledger.intake.submit import new_entry
from hepledger.log.port import NewEntry
from hepledger_events.reported import parse_submission
from tests.support import builders

FIRST = datetime(2015, 1, 1, tzinfo=UTC)
OTHERS = (("AST", "U/L", "35", 90), ("BILI", "umol/L", "21", 30), ("IGG", "g/L", "16", 18), ("ALB", "g/L", "52", 40))
LATE, CORRECTED, RETRACTED = 0.03, 0.01, 0.003

Recorded = tuple[int, int, dict[str, Any]]
"""When it reached the registry (days from FIRST), a number that makes it unique, and what was said."""


def new_entries(patients: int, events_of_each: int, seed: int = 2011) -> Iterator[NewEntry]:
    """The entries of a cohort in the order in which they were recorded."""
    histories = [_history(f"P{number:06d}", number, events_of_each, seed) for number in range(patients)]
    for day, _, said in merge(*histories):
        yield new_entry(parse_submission(said), FIRST + timedelta(days=day))


def _history(patient: str, number: int, length: int, seed: int) -> list[Recorded]:
    random = Random(seed * 1_000_003 + number)
    start = random.randrange(900)
    said = [
        _treated(patient, number, start + offset, drug)
        for offset, drug in ((-150, "prednisolone"), (-140, "azathioprine"), (0, "tacrolimus"))
    ]
    day, alt = start - 60, random.randrange(90, 900)
    while len(said) < length:
        alt = _next_alt(random, alt)
        said += _visit(random, patient, (number, len(said)), day, alt)
        day += random.randrange(7, 29)
    return sorted(said[:length], key=lambda each: each[:2])


def _treated(patient: str, number: int, day: int, drug: str) -> Recorded:
    told = builders.prescription(patient, _date(day), drug=drug, source=f"{patient}/{drug}")
    return day + 1, number, told


def _next_alt(random: Random, alt: int) -> int:
    """Falling under treatment, now and then flaring up."""
    if random.random() < 0.015:
        return random.randrange(100, 700)
    return max(12, int(alt * random.uniform(0.6, 1.08)))


def _visit(random: Random, patient: str, at: tuple[int, int], day: int, alt: int) -> Iterator[Recorded]:
    """The results of one visit: ALT, often with others; some come late, some are said again, some are taken back."""
    number, serial = at
    results = [("ALT", "U/L", "40", alt)]
    if random.random() < 0.7:
        results.append(random.choice(OTHERS))
    for analyte, unit, limit, value in results:
        arrival = day + (random.randrange(20, 250) if random.random() < LATE else 1)
        result_id = f"{patient}/{serial}/{analyte}"
        told = {"patient": patient, "day": _date(day), "unit": unit, "limit": limit, "analyte": analyte}
        yield arrival, number, builders.lab(**told, alt=str(value), result_id=result_id, source=result_id)
        if random.random() < CORRECTED:
            again = builders.correction(**told, alt=str(value + 3), result_id=result_id, source=f"{result_id}/2")
            yield arrival + 2, number, again
        if random.random() < RETRACTED:
            yield arrival + 3, number, builders.retraction(result_id, patient, source=f"{result_id}/3")


def _date(day: int) -> str:
    return (FIRST + timedelta(days=day)).date().isoformat()
