"""The patients on whom two criteria sets differ, derived again from their facts for the reason: as data, and as rows of a table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from hepledger.clinical.clauses import reading_data
from hepledger.clinical.course import Course, derive
from hepledger.clinical.difference import Aspect, Span, aspects, days_assessed, outline_of, spans
from hepledger.clinical.difference_reasons import Reason, reason_on
from hepledger.clinical.difference_text import names_of, reason_data
from hepledger.clinical.evaluable import Gap, gap_of
from hepledger.reporting import queries
from hepledger.reporting.compare import Pair
from hepledger.reporting.rows import date_on
from hepledger.reporting.subjects import Patient


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One patient under two sets: in what they differ, on which days they stand apart, and of how many."""

    who: Patient
    old: Course
    new: Course
    aspects: frozenset[Aspect]
    spans: Sequence[Span]
    days: int

    @property
    def courses(self) -> tuple[Course, Course]:
        """Old and new."""
        return self.old, self.new

    @property
    def gaps(self) -> tuple[Gap | None, Gap | None]:
        """Why each set cannot judge the patient; None where it can."""
        return gap_of(self.old), gap_of(self.new)

    @property
    def names(self) -> tuple[str, str]:
        """What to call the sets beside each other."""
        return names_of(self.old.plan.criteria, self.new.plan.criteria)

    @property
    def now(self) -> Span | None:
        """The days on which they stand apart that go on to the present; None if they stand alike now."""
        return next((span for span in self.spans if span.until is None), None)

    @property
    def days_apart(self) -> int:
        """On how many assessment days of either they stand apart."""
        return sum(span.days for span in self.spans)

    def last_assessed_by(self, on: int) -> int | None:
        """The last assessment day (ordinal) of either up to a day; None if there was none."""
        return max((day for day in days_assessed(self.old, self.new) if day <= on), default=None)

    @property
    def told(self) -> Reason | None:
        """The reason worth telling: why they stand apart now, else why they first did; None if they never did."""
        span = self.now or next(iter(self.spans), None)
        return None if span is None else reason_on(self.old, self.new, span.first)


def difference_of(who: Patient, old: Course, new: Course) -> Difference:
    """Two courses of one patient beside each other."""
    return Difference(
        who=who,
        old=old,
        new=new,
        aspects=aspects(outline_of(old), outline_of(new)),
        spans=spans(old, new),
        days=len(days_assessed(old, new)),
    )


def differences(
    pair: Pair, patients: Sequence[Patient], tell: Callable[[int], None] = lambda _: None
) -> Iterator[Difference]:
    """Each of the patients, a group in memory at a time; ``tell`` hears how many more are done."""
    plans = pair.plans
    for group in queries.in_groups(patients):
        histories = dict(queries.histories(pair.old.snapshot, group, pair.old.extent))
        for who in group:
            old, new = (derive(histories.get(who.patient_id, ()), plan) for plan in plans)
            yield difference_of(who, old, new)
        tell(len(group))


def difference_document(found: Difference, on: int | None = None) -> dict[str, Any]:
    """A patient as plain data: where each set puts them, the days apart, why they first stood apart and why they do now.

    With a day (ordinal), also why they stand apart then.
    """
    first = found.spans[0] if found.spans else None
    why = {span: reason_on(found.old, found.new, span.first) for span in (first, found.now) if span is not None}
    reasons = {span: None if reason is None else reason_data(reason, found.who.centre) for span, reason in why.items()}
    return {
        "centre": found.who.centre,
        "patient": found.who.patient,
        "differs": [aspect.value for aspect in Aspect if aspect in found.aspects],
        "old": _side(found.old, found.who.centre),
        "new": _side(found.new, found.who.centre),
        "since": None if found.now is None else date_on(found.now.first),
        "days_assessed": found.days,
        "days_apart": found.days_apart,
        "spans": [
            {
                "from": date_on(s.first),
                "until": date_on(s.until),
                "old": s.old_state,
                "new": s.new_state,
                "days": s.days,
            }
            for s in found.spans
        ],
        "first": None if first is None else reasons[first],
        "now": None if found.now is None else reasons[found.now],
        **({} if on is None else {"then": _then(found, on)}),
    }


def _then(found: Difference, on: int) -> dict[str, Any] | None:
    day = found.last_assessed_by(on)
    reason = None if day is None else reason_on(found.old, found.new, day)
    return None if reason is None else reason_data(reason, found.who.centre)


def _side(course: Course, centre: str) -> dict[str, Any]:
    gap = gap_of(course)
    return {
        "state": None if course.index_day is None else course.state,
        "since": date_on(course.since_day),
        "best": course.best,
        "relapses": len(course.episodes),
        "refractory": course.refractory.answer or None,
        "index_on": date_on(course.index_day),
        "not_evaluable": None if gap is None else gap.text,
        "baseline": [reading_data(reading, centre) for _, reading in sorted(course.baseline.items())],
        "landmarks": {code: answer.value for code, answer in course.landmarks.items()},
    }
