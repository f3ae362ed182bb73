"""The cohort report: how many patients stand where, by state and by centre, counted from the rows of the exports."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any

from hepledger.clinical.criteria import START, Criteria
from hepledger.clinical.rounding import half_up
from hepledger.reporting.averages import median
from hepledger.reporting.columns import COLUMNS, CourseTable, Row, What
from hepledger.reporting.exports import Asked, rows_of
from hepledger.reporting.subjects import Patient

Record = Mapping[str, Any]
Rows = Callable[[CourseTable, Sequence[Patient]], Iterable[Row]]


def cohort_report(asked: Asked, everyone: Sequence[Patient], rows: Rows | None = None) -> dict[str, Any]:
    """Patients, present and best states with the time to each, relapses, refractory, landmarks and centres, as plain data.

    ``rows`` gives the rows of a table, where they are not simply those of the question.
    """
    told = rows or (lambda what, everyone: rows_of(what, asked, everyone))
    courses = [_record(What.COURSES, row) for row in told(What.COURSES, everyone)]
    started = {(course["centre"], course["patient"]): course["index_on"] for course in courses}
    transitions = (_record(What.TRANSITIONS, row) for row in told(What.TRANSITIONS, everyone))
    landmarks = (_record(What.LANDMARKS, row) for row in told(What.LANDMARKS, everyone))
    criteria = asked.criteria
    return {
        "criteria": {"id": criteria.id, "version": criteria.version, "title": criteria.title},
        "recorded_by": asked.extent.recorded_by if asked.derived else None,
        **_cut(asked),
        **_totals(courses),
        "states": _states(criteria, courses, days_to_states(transitions, started)),
        "refractory": _counted(Counter(course["refractory"] for course in courses if course["refractory"])),
        "landmarks": _landmarks(criteria, landmarks),
        "centres": _centres(criteria, courses),
    }


def _cut(asked: Asked) -> dict[str, Any]:
    """The data cut that the facts are of, and whether this is its own answer, held to its hashes."""
    if asked.cut is None:
        return {}
    until, sealed = asked.cut.until, asked.sealed is not None
    return {"cut": {"name": asked.cut.name, "created_at": asked.cut.created_at, "until": until, "verified": sealed}}


def _record(what: What, row: Row) -> Record:
    return {column.name: cell for column, cell in zip(COLUMNS[what], row, strict=True)}


def _totals(courses: Iterable[Record]) -> dict[str, int]:
    totals = Counter[str]()
    for course in courses:
        totals["patients"] += 1
        totals["with_index"] += course["index_on"] is not None
        totals["assessed"] += course["last_assessed_on"] is not None
        totals["relapsed"] += bool(course["relapses"])
        totals["relapses"] += course["relapses"] or 0
    return {key: totals[key] for key in ("patients", "with_index", "assessed", "relapsed", "relapses")}


def days_to_states(
    transitions: Iterable[Record], started: Mapping[tuple[str, str], date | None]
) -> dict[str, list[Fraction]]:
    """State → for each patient who ever entered it, the days from the index date to the onset of the first time."""
    days: dict[str, list[Fraction]] = defaultdict(list)
    seen: set[tuple[str, str, str]] = set()
    for change in transitions:
        who = change["centre"], change["patient"]
        index_on = started.get(who)
        if index_on is not None and (*who, change["to"]) not in seen:
            seen.add((*who, change["to"]))
            days[change["to"]].append(Fraction((change["onset_on"] - index_on).days))
    return days


def _states(criteria: Criteria, courses: Iterable[Record], days: Mapping[str, list[Fraction]]) -> list[dict[str, Any]]:
    present = Counter(course["state"] for course in courses)
    best = Counter(course["best"] for course in courses)
    codes = {**{state.code: state.label for state in criteria.states}, START: "no state entered yet"}
    return [
        {
            "state": code,
            "label": label,
            "present": present[code],
            "best": best[code],
            "ever": len(days.get(code, ())),
            "median_days_to": _middle(days.get(code, ())),
        }
        for code, label in codes.items()
    ]


def _middle(days: Iterable[Fraction]) -> str | None:
    middle = median(list(days))
    return None if middle is None else half_up(middle, 1)


def _landmarks(criteria: Criteria, answers: Iterable[Record]) -> list[dict[str, Any]]:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for given in answers:
        counts[given["landmark"]][given["answer"]] += 1
    return [
        {
            "landmark": landmark.code,
            "label": landmark.label,
            **{answer: counts[landmark.code][answer] for answer in ("met", "not_met", "not_evaluable", "pending")},
        }
        for landmark in criteria.landmarks
    ]


def _centres(criteria: Criteria, courses: Iterable[Record]) -> list[dict[str, Any]]:
    by_centre: dict[str, list[Record]] = defaultdict(list)
    for course in courses:
        by_centre[course["centre"]].append(course)
    codes = [*(state.code for state in criteria.states), START]
    return [
        {
            "centre": centre,
            **_totals(known),
            "present": {code: sum(course["state"] == code for course in known) for code in codes},
        }
        for centre, known in by_centre.items()
    ]


def _counted(answers: Counter[str]) -> dict[str, int]:
    return {answer: answers[answer] for answer in ("yes", "no", "not_evaluable")} if answers else {}
