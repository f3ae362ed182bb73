"""The table of a published treatment series, computed again from the facts of the registry and set beside what was printed.

Pure: patients in, rows out. A figure that the facts do not give says so, and says for how many patients it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from hepledger.clinical.rounding import half_up
from hepledger.reporting.averages import mean, median
from hepledger.reporting.published import PublishedSeries
from hepledger.reporting.series_measures import (
    KIDNEY_INJURY,
    better_on_a_lower_dose,
    fall,
    follow_up_days,
    mean_daily_dose,
    months,
    treated_days,
    worst_creatinine,
)
from hepledger.reporting.series_patient import SeriesPatient

NOT_STATED: Final = "not stated"
CANNOT_SAY: Final = "no data"

DEFINITIONS: Final = (
    "Age: year of diagnosis less year of birth, all that the registry keeps.",
    "Reasons: the indications of the drug's prescriptions; a patient may have several.",
    "Dose: each patient's mean over the days on the drug, then the mean of the patients.",
    "Treatment: days on the drug, each once; a running prescription counts to the last known day, included.",
    "Follow-up: first assessed result after the first dose to the last one. A month is 30.4375 days.",
    "Response: the best state reached under the criteria.",
    "Fall: last result in the 28 days to the first dose, against the last result since; censored values are left out.",
    "Renal function: highest creatinine since the first dose; 1.5 times the baseline is KDIGO's acute kidney injury.",
)
"""How the computed column was counted, where the publication does not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesRow:
    """One line: a stable key for programs, a label for people, what was printed, what the facts give."""

    key: str
    label: str
    published: str
    computed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesTable:
    """The whole table with its source, the number of patients it was computed from, and the definitions used."""

    citation: str
    criteria: str
    patients: int
    rows: tuple[SeriesRow, ...]
    definitions: tuple[str, ...]


def series_table(patients: Iterable[SeriesPatient], published: PublishedSeries) -> SeriesTable:
    """The published figures beside those of the given patients (all with an index date under the series' criteria)."""
    series = tuple(patients)
    rows = tuple(
        SeriesRow(key=key, label=label, published=published.figures.get(key, NOT_STATED), computed=computed)
        for key, label, computed in _lines(series, published)
    )
    return SeriesTable(
        citation=published.citation,
        criteria=published.criteria,
        patients=len(series),
        rows=rows,
        definitions=DEFINITIONS,
    )


def _lines(series: Sequence[SeriesPatient], published: PublishedSeries) -> Iterator[tuple[str, str, str]]:
    yield "patients", "Patients", str(len(series))
    yield "sexes", "Women / men", _sexes(series)
    yield "age", "Mean age at diagnosis, years", _mean_of(series, _age, places=0)
    yield from _reasons(series, published)
    yield "refractory", "Steroid-refractory by exposure and ALT", str(_count(series, lambda p: p.refractory == "yes"))
    yield "dose", "Mean daily dose, mg", _mean_of(series, mean_daily_dose, places=1)
    yield "treatment", "Mean treatment, months", _mean_of(series, lambda p: months(treated_days(p)), places=1)
    yield "follow_up", "Mean follow-up, months", _mean_of(series, _follow_up, places=1)
    yield "complete", "Complete response (CR)", str(_count(series, lambda p: p.best == "CR"))
    yield "partial", "Partial response (PR)", str(_count(series, lambda p: p.best == "PR"))
    yield "neither", "Neither", str(_count(series, lambda p: p.best not in ("CR", "PR")))
    yield "fall_ALT", "Median fall in ALT", _median_fall(series, "ALT", "U/L")
    yield "fall_BILI", "Median fall in bilirubin", _median_fall(series, "BILI", "umol/L")
    tremor = _count(series, lambda p: better_on_a_lower_dose(p, "tremor", "TAC"))
    yield "tremor", "Tremor, high level, better on a lower dose", str(tremor)
    yield "renal", "Renal function", _renal(series)


def _reasons(series: Sequence[SeriesPatient], published: PublishedSeries) -> Iterator[tuple[str, str, str]]:
    given = [reason for patient in series for reason in patient.reasons]
    with_reasons = _count(series, lambda patient: bool(patient.reasons))
    yield "reasons", f"Reasons for starting {published.drug}", f"{len(given)} in {with_reasons} patients"
    others = sorted(set(given) - set(published.reasons))
    for reason, label in [*published.reasons.items(), *((other, other.replace("_", " ")) for other in others)]:
        yield reason, f"  {label}", str(given.count(reason))


def _count(series: Sequence[SeriesPatient], holds: Callable[[SeriesPatient], bool]) -> int:
    return sum(1 for patient in series if holds(patient))


def _sexes(series: Sequence[SeriesPatient]) -> str:
    women, men = _count(series, lambda p: p.sex == "female"), _count(series, lambda p: p.sex == "male")
    unknown = len(series) - women - men
    return f"{women} / {men}" + (f" ({unknown} not known)" if unknown else "")


def _age(patient: SeriesPatient) -> Fraction | None:
    if patient.birth_year is None or patient.diagnosed_year is None:
        return None
    return Fraction(patient.diagnosed_year - patient.birth_year)


def _follow_up(patient: SeriesPatient) -> Fraction | None:
    days = follow_up_days(patient)
    return None if days is None else months(days)


def _mean_of(
    series: Sequence[SeriesPatient], measure: Callable[[SeriesPatient], Fraction | None], *, places: int
) -> str:
    known = [number for number in map(measure, series) if number is not None]
    middle = mean(known)
    return CANNOT_SAY if middle is None else half_up(middle, places) + _out_of(known, series)


def _median_fall(series: Sequence[SeriesPatient], analyte: str, unit: str) -> str:
    falls = [found for found in (fall(patient, analyte) for patient in series) if found is not None]
    absolute, percent = (median([found[place] for found in falls]) for place in (0, 1))
    if absolute is None or percent is None:
        return CANNOT_SAY
    return f"{half_up(percent, 1)} % ({half_up(absolute, 0)} {unit})" + _out_of(falls, series)


def _renal(series: Sequence[SeriesPatient]) -> str:
    worst = [multiple for multiple in map(worst_creatinine, series) if multiple is not None]
    if not worst:
        return CANNOT_SAY
    injured = sum(1 for multiple in worst if multiple >= KIDNEY_INJURY)
    verdict = f"kidney injury in {injured}" if injured else "no effect"
    return f"{verdict} (creatinine at most {half_up(max(worst), 2)} × baseline)" + _out_of(worst, series)


def _out_of(known: Sequence[object], series: Sequence[SeriesPatient]) -> str:
    return "" if len(known) == len(series) else f", in {len(known)} of {len(series)}"
