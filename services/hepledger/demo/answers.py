"""What the demonstration shows of a projected registry: the published table, one relapse explained, two criteria sets side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

from hepledger.bootstrap import Registry
from hepledger.clinical.course import Course
from hepledger.clinical.criteria import criteria_from
from hepledger.clinical.difference import Aspect
from hepledger.clinical.difference_text import reason_lines
from hepledger.clinical.explain import explain
from hepledger.clinical.rounding import half_up
from hepledger.demo.six import CENTRE, RELAPSING
from hepledger.errors import NotFound
from hepledger.reporting import queries
from hepledger.reporting.compare import pair_of
from hepledger.reporting.compare_counts import comparison
from hepledger.reporting.compare_patient_text import head_text
from hepledger.reporting.compare_patients import Difference, differences
from hepledger.reporting.compare_text import matrix_text, patients_text
from hepledger.reporting.course_document import course_document
from hepledger.reporting.course_text import course_text
from hepledger.reporting.exports import Asked, derived_courses
from hepledger.reporting.published import TACROLIMUS_2011
from hepledger.reporting.queries import Snapshot
from hepledger.reporting.series_facts import series_patient
from hepledger.reporting.series_patient import Quantity, SeriesPatient
from hepledger.reporting.series_text import series_lines
from hepledger.reporting.subjects import Extent
from hepledger.reporting.text_table import aligned
from hepledger.reporting.treated_series import treated_series

MOVED_SHOWN: Final = 12


def published_lines(registry: Registry, criteria: str) -> Iterator[str]:
    """The published series beside the same table computed from the log."""
    with registry.reading() as snapshot:
        asked = _asked(registry, snapshot, criteria)
        table = treated_series(asked, queries.patients(snapshot, asked.extent), TACROLIMUS_2011)
    if table is None:
        raise NotFound(f"nobody in this registry was given {TACROLIMUS_2011.drug}")
    yield from series_lines(table)


def relapse_lines(registry: Registry, criteria: str) -> Iterator[str]:
    """The course of the patient whose relapse is worth explaining, and why the relapse was called on the day it was."""
    with registry.reading() as snapshot:
        who = queries.find_patients(snapshot, CENTRE, RELAPSING)
        ((_, course),) = derived_courses(_asked(registry, snapshot, criteria), who)
    yield from course_text(course_document(who[0], course))
    yield ""
    yield from _chart(course)
    for episode in course.episodes:
        yield ""
        yield explain(course, CENTRE, RELAPSING, episode.opened_day).to_text()


def _chart(course: Course) -> Iterator[str]:
    """What the clinic saw: on each assessment day ALT, the drug's level, the dose that was taken, and the state."""
    patient = series_patient(CENTRE, course, TACROLIMUS_2011.drug)
    if patient is None:
        return
    alt, level = ({q.day: q for q in patient.quantities_of(analyte)} for analyte in ("ALT", "TAC"))
    rows = (
        (
            date.fromordinal(a.date),
            a.day,
            _value(alt.get(a.date), 0),
            _value(level.get(a.date), 1),
            _dose(patient, a.date),
            a.state,
        )
        for a in course.assessments
    )
    yield from aligned(("date", "day", "ALT (U/L)", "tacrolimus (ug/L)", "mg a day", "state"), rows)


def _value(quantity: Quantity | None, places: int) -> str:
    """A value as the chart shows it; empty where nothing was measured, or nothing but a range."""
    return "" if quantity is None or quantity.value is None else half_up(quantity.value, places)


def _dose(patient: SeriesPatient, day: int) -> str:
    """The dose that was taken on the day before, when the sample of the day was not drawn yet."""
    taken = (d for d in patient.dosings if d.started_day < day and (d.stopped_day is None or day <= d.stopped_day + 1))
    return "".join(half_up(d.daily_mg, 1) for d in taken if d.daily_mg is not None)


def comparison_lines(registry: Registry, old: str, new: str) -> Iterator[str]:
    """Where each patient stands now under one set and under another, who stands elsewhere, and of one of them why."""
    with registry.reading() as snapshot:
        pair = pair_of(_asked(registry, snapshot, old), _asked(registry, snapshot, new))
        found = comparison(pair, queries.patients(snapshot, pair.old.extent))
        yield from matrix_text(found, "present")
        reasons = ", ".join(f"{reason} ({number} patients)" for reason, number in sorted(found.total.gaps[0].items()))
        yield f"Not evaluable under {old}: {reasons or 'nobody'}."
        number = len(found.moved)
        yield ""
        yield f"{patients_text(number)} stand elsewhere now under {new}, {len(found.apart)} more stood elsewhere on some day."
        shown = list(differences(pair, found.moved[:MOVED_SHOWN]))
    yield from (f"  {head_text(each)}" for each in shown)
    if number > len(shown):
        yield f"  and {number - len(shown)} more"
    yield from _one_reason(shown)


def _one_reason(moved: Sequence[Difference]) -> Iterator[str]:
    """Why one of them moved; best one whose relapse is none any more."""
    telling = next((each for each in moved if Aspect.RELAPSES in each.aspects), next(iter(moved), None))
    reason = None if telling is None else telling.told
    if telling is not None and reason is not None:
        yield ""
        yield f"Why {telling.who.key} stands elsewhere, on {date.fromordinal(reason.date)}:"
        yield from (f"  {line}" for line in reason_lines(reason))


def _asked(registry: Registry, snapshot: Snapshot, criteria: str) -> Asked:
    known = registry.criteria_named(snapshot, criteria)
    projection_id = queries.projection_of(snapshot, known.fingerprint)
    if projection_id is None:
        raise NotFound(f"nothing was projected under {criteria} yet")
    below = queries.next_offsets(snapshot, projection_id)
    return Asked(
        snapshot=snapshot,
        criteria=criteria_from(known.document),
        projection_id=projection_id,
        extent=Extent(below),
        derived=False,
    )
