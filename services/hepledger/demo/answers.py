"""What the demonstration shows of a projected registry: the published table, one relapse explained, two criteria sets side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

from hepledger.bootstrap import Registry
from hepledger.clinical.course import Course
from hepledger.clinical.criteria import criteria_from
from hepledger.clinical.explain import explain
from hepledger.clinical.rounding import half_up
from hepledger.demo.six import CENTRE, RELAPSING
from hepledger.errors import NotFound
from hepledger.reporting import queries
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

NOT_STARTED: Final = "-"
"""How the comparison writes a patient who was never given the drug that starts the clock."""
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
    """Where each patient stands today under one set and under another, and who stands elsewhere."""
    with registry.reading() as snapshot:
        before, codes = _states(registry, snapshot, old)
        after, _ = _states(registry, snapshot, new)
    pairs = Counter((before[who], after[who]) for who in before)
    yield f"Rows: present state under {old}. Columns: under {new}. {NOT_STARTED} is: never given the drug."
    yield ""
    rows = ((row, *(pairs[row, column] for column in codes)) for row in codes)
    yield from aligned(("", *codes), rows)
    moved = [who for who in before if before[who] != after[who]]
    yield ""
    yield f"{len(moved)} patients stand elsewhere under {new}" + (":" if moved else ".")
    yield from (f"  {who}  {before[who]} -> {after[who]}" for who in moved[:MOVED_SHOWN])
    if len(moved) > MOVED_SHOWN:
        yield f"  and {len(moved) - MOVED_SHOWN} more"


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


def _states(registry: Registry, snapshot: Snapshot, criteria: str) -> tuple[dict[str, str], Sequence[str]]:
    """Patient → present state as projected, and the states there are, best first."""
    asked = _asked(registry, snapshot, criteria)
    states: dict[str, str] = {}
    for group in queries.in_groups(queries.patients(snapshot, asked.extent)):
        for who, row in queries.course_rows(snapshot, asked.projection_id, group):
            states[who.key] = NOT_STARTED if row is None or row.index_day is None else row.state
    codes = [state.code for state in asked.criteria.states]
    return states, [*codes, "start", NOT_STARTED]
