"""The patients on whom two criteria sets differ as rows of a table: for whoever goes on with them in a program of their own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from hepledger.clinical.course import Course
from hepledger.clinical.difference import Aspect
from hepledger.clinical.difference_reasons import Reason
from hepledger.clinical.difference_text import side_text
from hepledger.clinical.evaluable import standing
from hepledger.clinical.wording import limit_text, result_text
from hepledger.reporting.columns import Column, Kind, Row
from hepledger.reporting.compare_patients import Difference
from hepledger.reporting.rows import date_on

_COLUMNS: Final = (
    "old_criteria,new_criteria,centre,patient,differs,old_state,new_state,since,first_on,days_apart,days_assessed,"
    "reason_on,old_state_then,new_state_then,cause,old_reason,new_reason,evidence,old_baseline,new_baseline,"
    "old_best,new_best,old_relapses,new_relapses,old_index_on,new_index_on"
)
_KINDS: Final = {
    **dict.fromkeys(("since", "first_on", "reason_on", "old_index_on", "new_index_on"), Kind.DATE),
    **dict.fromkeys(("days_apart", "days_assessed", "old_relapses", "new_relapses"), Kind.WHOLE),
}
COLUMNS: Final = tuple(Column(name, _KINDS.get(name, Kind.TEXT)) for name in _COLUMNS.split(","))
"""The columns of the patients' table, in this order."""


def difference_row(found: Difference) -> Row:
    """A patient as one row of a table: the reason is the one worth telling, of the day beside it."""
    reason = found.told
    return (
        *found.names,
        found.who.centre,
        found.who.patient,
        "|".join(aspect.value for aspect in Aspect if aspect in found.aspects),
        *(standing(course) for course in found.courses),
        None if found.now is None else date_on(found.now.first),
        date_on(found.spans[0].first) if found.spans else None,
        found.days_apart,
        found.days,
        *(_reason_cells(reason) if reason is not None else _gap_cells(found)),
        *("; ".join(baseline_texts(course)) or None for course in found.courses),
        *(course.best for course in found.courses),
        *(None if course.index_day is None else len(course.episodes) for course in found.courses),
        *(date_on(course.index_day) for course in found.courses),
    )


def _reason_cells(reason: Reason) -> Row:
    evidence = {reading.event_id: None for side in reason.sides for reading in side.evidence}
    reasons = (
        f"{side_text(side)}. Not {side.wanted}: {side.not_given}" if side.not_given else side_text(side)
        for side in reason.sides
    )
    states = (side.state for side in reason.sides)
    return date_on(reason.date), *states, reason.cause.value, *reasons, "|".join(evidence)


def _gap_cells(found: Difference) -> Row:
    """Of somebody who never stood apart: why a set cannot judge, if one cannot."""
    return None, None, None, None, *(None if gap is None else gap.text for gap in found.gaps), None


def baseline_texts(course: Course) -> Iterator[str]:
    """The baseline of each analyte that the transitions name, as reported, with limit and day."""
    for analyte in sorted(course.plan.analytes & course.baseline.keys()):
        reading = course.baseline[analyte]
        said = reading.measurement
        times = "" if said.stated_times_uln is None else f", {said.stated_times_uln} × ULN"
        yield f"{result_text(said)} (limit {limit_text(said)}{times}) of {date_on(reading.day)}"
