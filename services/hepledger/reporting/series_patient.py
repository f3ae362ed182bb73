"""What the table of a treatment series needs to know of one patient, as plain values: no event, no database, no document.

Days are ordinals (`date.toordinal()`), quantities exact fractions in the analyte's canonical unit; a censored quantity is
None, because nothing is imputed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """One result: its day, its value, and its upper limit where one was printed."""

    day: int
    value: Fraction | None
    limit: Fraction | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dosing:
    """One prescription of the series' drug. ``stopped_day`` is the last day taken, None while it runs."""

    started_day: int
    stopped_day: int | None
    daily_mg: Fraction | None
    indications: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """One adverse event: its term in lower case, its grade if one was given, the drug suspected."""

    day: int
    term: str
    grade: int | None
    suspected_drug: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesPatient:
    """One patient of a series.

    ``assessed_days`` are the assessment days of the course under the series' criteria, ``best`` its best state (None if
    none was entered), ``refractory`` the registry's own answer, ``last_known_day`` the day of the latest dated fact.
    """

    centre: str
    sex: str
    birth_year: int | None
    diagnosed_year: int | None
    index_day: int
    best: str | None
    refractory: str | None
    assessed_days: tuple[int, ...]
    last_known_day: int
    dosings: tuple[Dosing, ...]
    quantities: Mapping[str, tuple[Quantity, ...]]
    complaints: tuple[Complaint, ...]

    def quantities_of(self, analyte: str) -> tuple[Quantity, ...]:
        """The patient's results of one analyte, by day."""
        return self.quantities.get(analyte, ())

    @property
    def reasons(self) -> frozenset[str]:
        """Why the drug was given: the indications of all its prescriptions, each once."""
        return frozenset(reason for dosing in self.dosings for reason in dosing.indications)


def of_centre(patients: Iterable[SeriesPatient], centre: str) -> tuple[SeriesPatient, ...]:
    """The patients of one centre."""
    return tuple(patient for patient in patients if patient.centre == centre)
