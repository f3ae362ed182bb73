"""What a large cohort was said to be, as columns: who, when, what, and when the registry heard of it.

Patients on tacrolimus whose ALT falls, rises, normalises and flares up; some results come late, some are corrected, some taken
back. Numbers are drawn for all patients at once: ten million results one by one would take as long as their replay.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]

SEED: Final = 2011
FIRST_VISIT, STARTS = -60, 900
"""Days: of the first result, from the start of tacrolimus; and how many days the starts are spread over."""

SAME_DAY, LATE, CORRECTED, RETRACTED = 0.01, 0.03, 0.01, 0.003
FLARE, LOWEST, HIGHEST, NO_RESPONSE = 0.03, 12, 900, 0.1
LIMITS = (40, 40, 40, 40, 40, 40, 40, 35, 45, 50)
DRUGS = (("prednisolone", -150), ("azathioprine", -140), ("tacrolimus", 0))
"""What each patient is given, and since which day from the start of tacrolimus."""

PRESCRIBED, RECORDED, CORRECTION, RETRACTION = range(4)


class Told(NamedTuple):
    """Events in the order of their recording, a column each: the number of the patient, what kind, of which visit (or drug),
    of which day, recorded on which day, value, upper limit. Days count from the first of the cohort."""

    patient: Numbers
    kind: Numbers
    serial: Numbers
    day: Numbers
    recorded: Numbers
    value: Numbers
    limit: Numbers


def cohort(patients: int, results: int, seed: int = SEED) -> Told:
    """All that is told of some patients, ``results`` each; the same for the same numbers, ever again."""
    random = np.random.default_rng(seed)
    start = random.integers(200, 200 + STARTS, patients)
    limit = random.choice(LIMITS, patients)
    days, values = _days(random, start, results), _values(random, patients, results)
    late = random.random(days.shape) < LATE
    recorded = days + np.where(late, random.integers(20, 251, days.shape), 1)
    parts = [_prescribed(start), _results(days, recorded, values, limit)]
    again = random.random(days.shape) < CORRECTED
    other = np.maximum(LOWEST, values + random.integers(-5, 90, days.shape))
    parts.append(_said_again(CORRECTION, again, days, recorded + random.integers(0, 6, days.shape), other, limit))
    taken_back = random.random(days.shape) < RETRACTED
    parts.append(_said_again(RETRACTION, taken_back, days, recorded + random.integers(0, 6, days.shape), values, limit))
    whole = [np.concatenate(columns) for columns in zip(*parts, strict=True)]
    told = Told(*whole)
    return picked(told, np.lexsort((told.kind, told.serial, told.patient, told.recorded)))


def picked(told: Told, which: NDArray[Any]) -> Told:
    """Some of the events, by a mask or by their places."""
    return Told(*(column[which] for column in told))


def _days(random: np.random.Generator, start: Numbers, results: int) -> Numbers:
    """One to four weeks apart; now and then a second sample of the same day."""
    gaps = random.integers(7, 29, (len(start), results))
    gaps[random.random(gaps.shape) < SAME_DAY] = 0
    gaps[:, 0] = start + FIRST_VISIT
    days: Numbers = np.cumsum(gaps, axis=1)
    return days


def _values(random: np.random.Generator, patients: int, results: int) -> Numbers:
    """Falling under treatment, sometimes rising, now and then flaring up; in one of ten hardly ever falling."""
    values = np.empty((patients, results), np.int64)
    level = random.integers(90, HIGHEST, patients)
    least = np.where(random.random(patients) < NO_RESPONSE, 0.8, 0.6)
    for visit in range(results):
        changed = np.clip((level * random.uniform(least, 1.2)).astype(np.int64), LOWEST, HIGHEST)
        flares = random.random(patients) < FLARE
        level = np.where(flares, random.integers(100, 700, patients), changed)
        values[:, visit] = level
    return values


def _prescribed(start: Numbers) -> Told:
    patient, serial = _grid(len(start), len(DRUGS))
    day: Numbers = (start[:, None] + np.array([offset for _, offset in DRUGS])).ravel()
    nothing = np.zeros(day.shape, np.int64)
    return Told(patient, np.full_like(day, PRESCRIBED), serial, day, day + 1, nothing, nothing)


def _results(days: Numbers, recorded: Numbers, values: Numbers, limit: Numbers) -> Told:
    return _said_again(RECORDED, np.ones(days.shape, bool), days, recorded, values, limit)


def _said_again(
    kind: int, which: NDArray[np.bool_], days: Numbers, recorded: Numbers, values: Numbers, limit: Numbers
) -> Told:
    """What is said of those results of the table that are marked."""
    patient, serial = (column[which.ravel()] for column in _grid(*days.shape))
    told = np.full_like(patient, kind)
    return Told(patient, told, serial, days[which], recorded[which], values[which], limit[patient])


def _grid(patients: int, of_each: int) -> tuple[Numbers, Numbers]:
    patient, serial = np.indices((patients, of_each))
    return patient.ravel(), serial.ravel()
