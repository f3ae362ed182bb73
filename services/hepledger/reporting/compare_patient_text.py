"""Why two criteria sets differ on one patient, in words for a clinician: in the list of a comparison, and beside one course."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from hepledger.clinical.course import Course, days_of_course
from hepledger.clinical.difference import Aspect, span_text, states_by_day
from hepledger.clinical.difference_reasons import reason_on
from hepledger.clinical.difference_text import reason_lines
from hepledger.clinical.evaluable import standing
from hepledger.clinical.history import date_of
from hepledger.clinical.wording import limit_text, result_text
from hepledger.reporting.compare_patients import Difference
from hepledger.reporting.compare_rows import baseline_texts
from hepledger.reporting.compare_text import standing_words
from hepledger.reporting.text_table import aligned


def patient_text(found: Difference) -> Iterator[str]:
    """A patient in the list: from what to what, since when, on which days, from which baseline, and why."""
    yield head_text(found)
    yield from (f"  {line}" for line in _body(found))
    span = found.now or next(iter(found.spans), None)
    if span is not None:
        yield from (f"  {line}" for line in _reason(found, span.first))


def head_text(found: Difference) -> str:
    """The patient, from what to what, and since when."""
    return f"{found.who.key}  {standing_words(*(standing(course) for course in found.courses))}{_since(found)}"


def beside_text(found: Difference, on: int | None = None) -> Iterator[str]:
    """A patient's two courses beside each other: every day on which they stand apart, and why; with a day, only as of that."""
    old, new = found.names
    yield f"{old} beside {new}: {standing_words(*(standing(course) for course in found.courses))}{_since(found)}"
    if not found.aspects:
        yield f"The two sets say the same, on all of {found.days} assessment days."
        return
    yield from _body(found)
    if found.spans:
        yield from ("", "The days on which they stand apart")
        yield from aligned(("date", "day", "results", old, new), _days(found))
    for day in [span.first for span in found.spans] if on is None else [on]:
        yield ""
        yield from _reason(found, day)


def _since(found: Difference) -> str:
    return "" if found.now is None else f", since {date_of(found.now.first)}"


def _body(found: Difference) -> Iterator[str]:
    if found.spans:
        spans = "; ".join(map(span_text, found.spans))
        yield f"Apart on {found.days_apart} of {found.days} assessment days: {spans}."
    for name, gap in zip(found.names, found.gaps, strict=True):
        if gap is not None:
            yield f"Not evaluable under {name}: {gap.text}."
    yield from _baselines(found)
    also = list(_also(found))
    if also:
        yield f"{'Also' if found.spans else 'Differs in'}: {'; '.join(also)}."


def _baselines(found: Difference) -> Iterator[str]:
    old, new = (", ".join(baseline_texts(course)) or "none" for course in found.courses)
    if old == new:
        yield f"Baseline: {old}."
    else:
        for name, course, said in zip(found.names, found.courses, (old, new), strict=True):
            if course.index_day is not None:
                yield f"Baseline under {name}: {said}."


def _also(found: Difference) -> Iterator[str]:
    """What differs beside the states of days."""
    old, new = found.courses
    differs = found.aspects
    if Aspect.INDEX in differs:
        yield f"index date {date_of(old.index_day) or 'none'} -> {date_of(new.index_day) or 'none'}"
    if Aspect.BEST in differs:
        yield f"best state {old.best or 'none'} -> {new.best or 'none'}"
    if Aspect.RELAPSES in differs:
        yield f"relapses {len(old.episodes)} -> {len(new.episodes)}"
    if Aspect.REFRACTORY in differs:
        said = (
            f"{course.refractory.answer.replace('_', ' ')} ({course.refractory.reason})" for course in found.courses
        )
        yield f"refractory {' -> '.join(said)}"
    if Aspect.TRANSITIONS in differs and Aspect.SOME_DAY not in differs:
        yield from _other_onsets(old, new)
    if Aspect.LANDMARKS in differs:
        for code, answer in old.landmarks.items():
            other = new.landmarks.get(code, answer)
            if other != answer:
                yield f"{code} {answer.value.replace('_', ' ')} -> {other.value.replace('_', ' ')}"


def _other_onsets(old: Course, new: Course) -> Iterator[str]:
    """Transitions to the same states, confirmed on the same days, that began on others."""
    for one, other in zip(old.transitions, new.transitions, strict=True):
        if one.onset_day != other.onset_day:
            yield f"onset of {one.to_state} {date_of(one.onset_day)} -> {date_of(other.onset_day)}"


def _reason(found: Difference, on: int) -> Iterator[str]:
    day = found.last_assessed_by(on)
    if day is None:
        yield f"On {date_of(on)}: no assessment day under either so far."
        return
    number = _day_number(found, day)
    reason = reason_on(found.old, found.new, day)
    yield f"On {date_of(day)}{'' if number is None else f' (day {number})'}:"
    if reason is None:
        yield "  The state is the same under both."
    else:
        yield from (f"  {line}" for line in reason_lines(reason))


def _day_number(found: Difference, day: int) -> int | None:
    """Days from the index date; None where the sets have each their own."""
    starts = {course.index_day for course in found.courses if course.index_day is not None}
    return day - starts.pop() if len(starts) == 1 else None


def _days(found: Difference) -> Iterator[tuple[object, ...]]:
    results = [days_of_course(course) for course in found.courses]
    for day, one, other in states_by_day(*found.courses):
        if one == other:
            continue
        readings = {analyte: reading for by_day in results for analyte, reading in by_day.get(day, {}).items()}
        said = (
            f"{result_text(r.measurement)} (limit {limit_text(r.measurement)})" for _, r in sorted(readings.items())
        )
        yield date.fromordinal(day), _day_number(found, day), ", ".join(said), one, other
