"""What is measured in one patient of a treatment series: two clocks, a dose, a fall, a side effect, the kidney.

Where the publication does not say how it counted, the way chosen here is named in the docstring and printed under the table.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Final

from hepledger.reporting.series_patient import Complaint, Dosing, Quantity, SeriesPatient

DAYS_PER_MONTH: Final = Fraction("30.4375")
"""A quarter of a Julian year's days over three: 365.25 / 12, exactly."""
BASELINE_WINDOW: Final = 28
"""Days before the first dose (day 0 included) in which the last result is the baseline, as in the criteria."""
LEVEL_BEFORE: Final = 14
LEVEL_AFTER: Final = 3
"""A drug level belongs to a complaint if drawn from 14 days before it until 3 days after."""
REDUCED_WITHIN: Final = 28
"""A lower dose is an answer to a complaint if it starts within 28 days of it."""
KIDNEY_INJURY: Final = Fraction("1.5")
"""Creatinine of 1.5 times the baseline: the threshold of KDIGO for acute kidney injury."""


def months(days: int) -> Fraction:
    """Days as months of 30.4375 days."""
    return days / DAYS_PER_MONTH


def treated_days(patient: SeriesPatient) -> int:
    """The treatment clock: the days on the drug, counted once; a running prescription counts to the last known day, included."""
    return sum(end - start for start, end in _stretches(patient))


def follow_up_days(patient: SeriesPatient) -> int | None:
    """The follow-up clock: from the first assessed result to the last. None if none was assessed."""
    return patient.assessed_days[-1] - patient.assessed_days[0] if patient.assessed_days else None


def mean_daily_dose(patient: SeriesPatient) -> Fraction | None:
    """The mean daily dose in mg over the days on the drug. None if the dose of a prescription is not known in mg per day."""
    taken, days = Fraction(0), treated_days(patient)
    for dosing in patient.dosings:
        if dosing.daily_mg is None:
            return None
        taken += dosing.daily_mg * max(0, _end(dosing, patient) - dosing.started_day)
    return taken / days if days else None


def baseline(patient: SeriesPatient, analyte: str) -> Quantity | None:
    """The last result in the 28 days up to and including the day of the first dose (of one day the highest)."""
    first_day = patient.index_day - BASELINE_WINDOW
    return _last([q for q in patient.quantities_of(analyte) if first_day <= q.day <= patient.index_day])


def fall(patient: SeriesPatient, analyte: str) -> tuple[Fraction, Fraction] | None:
    """The fall from the baseline to the last result after it: absolute (canonical unit) and in percent of the baseline.

    None without a baseline or a later result, or where either is censored: a range has no fall.
    """
    before = baseline(patient, analyte)
    after = _last([q for q in patient.quantities_of(analyte) if q.day > patient.index_day])
    if before is None or after is None or not before.value or after.value is None:
        return None
    difference = before.value - after.value
    return difference, 100 * difference / before.value


def better_on_a_lower_dose(patient: SeriesPatient, term: str, analyte: str) -> bool:
    """Whether the complaint came with a drug level above its limit, the dose was lowered, and both then got better.

    Better: a later level within its limit, and no later record of the same complaint with the same or a higher grade.
    """
    return any(_got_better(patient, complaint, analyte) for complaint in patient.complaints if complaint.term == term)


def worst_creatinine(patient: SeriesPatient) -> Fraction | None:
    """The highest creatinine after the first dose as a multiple of the baseline. None if it cannot be told."""
    before = baseline(patient, "CREA")
    later = [q.value for q in patient.quantities_of("CREA") if q.day > patient.index_day and q.value is not None]
    return max(later) / before.value if before is not None and before.value and later else None


def _got_better(patient: SeriesPatient, complaint: Complaint, analyte: str) -> bool:
    levels = patient.quantities_of(analyte)
    near = (q for q in levels if complaint.day - LEVEL_BEFORE <= q.day <= complaint.day + LEVEL_AFTER)
    lowered = _lowered_on(patient, complaint.day)
    if lowered is None or not any(_above_limit(level) for level in near):
        return False
    settled = any(level.day > lowered and _within_limit(level) for level in levels)
    return settled and not any(_as_bad(later, complaint) for later in patient.complaints)


def _as_bad(later: Complaint, complaint: Complaint) -> bool:
    if later.term != complaint.term or later.day <= complaint.day:
        return False
    return later.grade is None or complaint.grade is None or later.grade >= complaint.grade


def _lowered_on(patient: SeriesPatient, day: int) -> int | None:
    """The day on which a lower dose than the one at the complaint was started."""
    current = [
        d.daily_mg for d in patient.dosings if d.started_day <= day < _end(d, patient) and d.daily_mg is not None
    ]
    later = [d for d in patient.dosings if day < d.started_day <= day + REDUCED_WITHIN and d.daily_mg is not None]
    lower = [d.started_day for d in later if current and d.daily_mg is not None and d.daily_mg < max(current)]
    return min(lower, default=None)


def _above_limit(quantity: Quantity) -> bool:
    return quantity.value is not None and quantity.limit is not None and quantity.value > quantity.limit


def _within_limit(quantity: Quantity) -> bool:
    return quantity.value is not None and quantity.limit is not None and quantity.value <= quantity.limit


def _last(quantities: Sequence[Quantity]) -> Quantity | None:
    return max(quantities, key=lambda q: (q.day, q.value is None, q.value or 0), default=None)


def _end(dosing: Dosing, patient: SeriesPatient) -> int:
    """The first day no longer covered."""
    return (patient.last_known_day if dosing.stopped_day is None else dosing.stopped_day) + 1


def _stretches(patient: SeriesPatient) -> list[tuple[int, int]]:
    """The half-open stretches of days that the prescriptions cover together."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted((d.started_day, _end(d, patient)) for d in patient.dosings):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        elif end > start:
            merged.append((start, end))
    return merged
