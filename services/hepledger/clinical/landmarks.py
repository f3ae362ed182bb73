"""Landmarks: one question at one time, beside the course."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum

from hepledger.clinical.comparison import Truth
from hepledger.clinical.conditions import Moment
from hepledger.clinical.criteria import Criteria, Landmark
from hepledger.clinical.readings import Reading, Readings, rises_above


class Answer(StrEnum):
    """What is known of a landmark."""

    PENDING = "pending"
    MET = "met"
    NOT_MET = "not_met"
    NOT_EVALUABLE = "not_evaluable"


def answer_landmarks(
    criteria: Criteria,
    readings: Readings,
    baseline: dict[str, Reading],
    index_day: int | None,
    *,
    latest_day: int | None,
    died: bool,
) -> dict[str, Answer]:
    """The answer to each landmark of the criteria, by its code. Days are ordinals; ``latest_day`` is the last that a fact is dated on."""
    answers = {}
    for landmark in criteria.landmarks:
        if not (died or window_has_passed(landmark, index_day, latest_day)):
            answers[landmark.code] = Answer.PENDING
        elif index_day is None:
            answers[landmark.code] = Answer.NOT_EVALUABLE
        else:
            answers[landmark.code] = _answer(landmark, readings, baseline, index_day, criteria.carry_forward_days)
    return answers


def window_has_passed(landmark: Landmark, index_day: int | None, latest_day: int | None) -> bool:
    """Whether some fact is dated on or after the last day of the window."""
    return index_day is not None and latest_day is not None and latest_day >= index_day + landmark.last_day


def glimpse(
    analytes: frozenset[str],
    nadirs: frozenset[str],
    readings: Readings,
    baseline: dict[str, Reading],
    index_day: int,
    day: int,
    carry_forward_days: int,
) -> Moment:
    """What there was to see on a day (ordinal) of what a condition asks for, outside the course: there is no state, so no peak."""
    current: dict[str, Reading] = {}
    for analyte in analytes:
        reading = latest(readings, analyte, day - carry_forward_days, day)
        if reading is not None:
            current[analyte] = reading
    nadir: dict[str, Reading] = {}
    for analyte in nadirs:
        lowest = _nadir(readings[analyte], baseline.get(analyte), index_day, day)
        if lowest is not None:
            nadir[analyte] = lowest
    return Moment(current, baseline, {}, nadir)


def latest(readings: Readings, analyte: str, first: int, last: int) -> Reading | None:
    """The last reading of an analyte from the first to the last day, both included. Days are in order."""
    days = readings[analyte]
    if first == last:
        return days.get(last)
    return next((days[day] for day in reversed(days) if first <= day <= last), None)


def days_of(analytes: frozenset[str], readings: Readings, first: int, last: int) -> list[int]:
    """The days (ordinals, in order) from the first to the last that bring a reading of one of the analytes."""
    if len(analytes) == 1:
        (analyte,) = analytes
        return [day for day in readings[analyte] if first <= day <= last]
    return sorted({day for analyte in analytes for day in readings[analyte] if first <= day <= last})


def _answer(landmark: Landmark, readings: Readings, baseline: dict[str, Reading], index_day: int, carry: int) -> Answer:
    first, last = index_day + landmark.first_day, index_day + landmark.last_day
    analytes, nadirs = landmark.analytes, landmark.nadirs
    days = days_of(analytes, readings, first, last)
    if not days:
        return Answer.NOT_EVALUABLE
    if (
        landmark.take == "last"
    ):  # each analyte's last reading in the window: carried over the whole of it, and no further
        seen = glimpse(analytes, nadirs, readings, baseline, index_day, days[-1], days[-1] - first)
        return _said([landmark.condition.truth(seen)])
    moments = (glimpse(analytes, nadirs, readings, baseline, index_day, day, carry) for day in days)
    return _said([landmark.condition.truth(moment) for moment in moments])


def _said(truths: list[Truth]) -> Answer:
    if True in truths:
        return Answer.MET
    return Answer.NOT_EVALUABLE if None in truths else Answer.NOT_MET


def _nadir(days: Mapping[int, Reading], baseline: Reading | None, index_day: int, day: int) -> Reading | None:
    lowest = baseline
    for reading in _between(days, index_day, day):
        if lowest is None or rises_above(lowest, reading):
            lowest = reading
    return lowest


def _between(days: Mapping[int, Reading], first: int, last: int) -> Iterator[Reading]:
    return (reading for day, reading in days.items() if first <= day <= last)
