"""From the facts of a patient, as the registry holds them, to the plain values that a treatment series is computed from.

Only what is in force and counts gets through: the same rule, by the same function, as for the courses themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any, Final

from hepledger.clinical.course import Course
from hepledger.clinical.facts import FactKind, LabResult, Other, Prescription, Version
from hepledger.clinical.history import counting, history_of
from hepledger.clinical.measurement import SCALE, Measurement
from hepledger.reporting.series_patient import Complaint, Dosing, Quantity, SeriesPatient

ANALYTES: Final = ("ALT", "BILI", "CREA", "TAC")
"""What the table of a series is computed from."""

_IN_MG: Final = {"mg": Fraction(1), "g": Fraction(1000), "ug": Fraction(1, 1000), "µg": Fraction(1, 1000)}
_A_DAY: Final = {
    "day": Fraction(1), "d": Fraction(1), "1d": Fraction(1), "24h": Fraction(1),
    "12h": Fraction(2), "8h": Fraction(3), "6h": Fraction(4), "week": Fraction(1, 7), "wk": Fraction(1, 7),
}  # fmt: skip


def series_patient(centre: str, course: Course, drug: str) -> SeriesPatient | None:
    """The patient as the series sees him or her, from the course under its criteria; None without an index date."""
    if course.index_day is None:
        return None
    history = history_of(course.facts)
    in_force = [version for version in map(counting, course.facts.values()) if version is not None]
    enrolment: Mapping[str, Any] = next(iter(_told(in_force, FactKind.ENROLMENT)), {})
    return SeriesPatient(
        centre=centre,
        sex=str(enrolment.get("sex") or "unknown"),
        birth_year=enrolment.get("birth_year"),
        diagnosed_year=_year(enrolment.get("diagnosed_on")),
        index_day=course.index_day,
        best=course.best or None,
        refractory=str(course.refractory.answer) or None,
        assessed_days=tuple(assessment.date for assessment in course.assessments),
        last_known_day=course.index_day if history.latest_day is None else history.latest_day,
        dosings=_dosings(history.prescriptions, drug),
        quantities=_quantities(history.results),
        complaints=_complaints(in_force),
    )


def daily_mg(dose: Mapping[str, Any] | None) -> Fraction | None:
    """A dose in mg per day; None where it is not given in a mass and a time that say so."""
    if dose is None:
        return None
    mass, times = _IN_MG.get(str(dose.get("unit"))), _A_DAY.get(str(dose.get("per")))
    return Fraction(str(dose["value"])) * mass * times if mass is not None and times is not None else None


def _dosings(prescriptions: Sequence[Prescription], drug: str) -> tuple[Dosing, ...]:
    return tuple(
        Dosing(
            started_day=given.started_day,
            stopped_day=given.stopped_day,
            daily_mg=daily_mg(given.data.get("dose")),
            indications=tuple(given.data.get("indications") or ()),
        )
        for given in sorted(prescriptions, key=lambda given: given.started_day or 0)
        if given.drug == drug and given.dated and given.started_day is not None
    )


def _quantities(results: Sequence[LabResult]) -> dict[str, tuple[Quantity, ...]]:
    found: dict[str, list[Quantity]] = {analyte: [] for analyte in ANALYTES}
    for result in results:
        if result.reading is not None and result.measurement.analyte in found:
            found[result.measurement.analyte].append(_quantity(result.reading.day, result.measurement))
    return {analyte: tuple(sorted(many, key=lambda one: one.day)) for analyte, many in found.items()}


def _quantity(day: int, said: Measurement) -> Quantity:
    return Quantity(
        day=day,
        value=Fraction(said.stated, SCALE) if said.exact else None,
        limit=None if said.limit is None else Fraction(said.limit, SCALE),
    )


def _complaints(in_force: Iterable[Version]) -> tuple[Complaint, ...]:
    told = ((version.day, version.content) for version in in_force if version.kind == FactKind.ADVERSE_EVENT)
    return tuple(
        Complaint(
            day=day,
            term=str(content.data.get("term", "")).strip().lower(),
            grade=None if content.data.get("grade") is None else int(content.data["grade"]),
            suspected_drug=content.data.get("suspected_drug"),
        )
        for day, content in told
        if day is not None and isinstance(content, Other)
    )


def _told(in_force: Iterable[Version], kind: FactKind) -> list[Mapping[str, Any]]:
    return [v.content.data for v in in_force if v.kind == kind and isinstance(v.content, Other)]


def _year(date: object) -> int | None:
    return int(str(date)[:4]) if date else None
