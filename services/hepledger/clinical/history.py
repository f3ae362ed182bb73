"""What is in force of all that was said about one patient: the results that count, the prescriptions, the days that facts are dated on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache

from hepledger.clinical.criteria import Criteria
from hepledger.clinical.facts import FactKind, LabResult, Other, Prescription, Version, clinical_day, standing
from hepledger.clinical.readings import Reading, higher

Versions = Mapping[str, Sequence[Version]]
"""The versions of each fact of a patient, by the fact's key."""


class History:
    """The facts of one patient that count.

    ``results`` are plausible, final and dated to the day. ``latest_day`` is the last day that any of the facts is dated on
    (ordinal; None if none is).
    """

    __slots__ = ("died", "enrolled_day", "latest_day", "prescriptions", "results")

    def __init__(
        self,
        results: list[LabResult],
        prescriptions: list[Prescription],
        enrolled_day: int | None,
        died: bool,
        latest_day: int | None,
    ) -> None:
        self.results, self.prescriptions = results, prescriptions
        self.enrolled_day, self.died, self.latest_day = enrolled_day, died, latest_day


def by_fact(versions: Iterable[Version]) -> dict[str, list[Version]]:
    """The versions of one patient, grouped by the fact that they are of."""
    grouped: dict[str, list[Version]] = {}
    for version in versions:
        known = grouped.get(version.key)
        if known is None:
            grouped[version.key] = [version]
        else:
            known.append(version)
    return grouped


def history_of(facts: Versions) -> History:
    """What of a patient's facts is in force and counts."""
    return gathered([version for version in map(counting, facts.values()) if version is not None])


def gathered(in_force: Iterable[Version | LabResult]) -> History:
    """What counts of the versions in force. Of a result its content is enough, for that tells of what day it is."""
    results: list[LabResult] = []
    prescriptions: list[Prescription] = []
    enrolled: int | None = None
    died = False
    latest_day: int | None = None
    for each in in_force:
        content = each.content if isinstance(each, Version) else each
        if isinstance(content, LabResult):
            reading = content.reading
            if reading is None:
                continue
            results.append(content)
            day: int | None = reading.day
        elif isinstance(each, Version):
            day = each.day
            if isinstance(content, Prescription):
                prescriptions.append(content)
            elif each.kind == FactKind.ENROLMENT:
                enrolled = enrolled_day(each)
            elif each.kind == FactKind.DEATH:
                died = True
        if day is not None and (latest_day is None or day > latest_day):
            latest_day = day
    return History(results, prescriptions, enrolled, died, latest_day)


def counting(versions: Sequence[Version]) -> Version | None:
    """The version in force of a fact, if it counts: neither retracted nor preliminary."""
    if len(versions) == 1:
        only = versions[0]
        content = only.content
        return None if content is None or (isinstance(content, LabResult) and content.preliminary) else only
    how = standing(versions)
    return how.version if how.counts else None


def index_day(history: History, criteria: Criteria) -> int | None:
    """Day 0 (ordinal): the first start of an index drug, or enrolment, or the first result, as the document says."""
    if criteria.index_event == "enrolment":
        return history.enrolled_day
    if criteria.index_event == "first_result":
        readings = (result.reading for result in history.results if not excluded(result, criteria))
        return min((reading.day for reading in readings if reading is not None), default=None)
    starts = [each.started_day for each in history.prescriptions if each.drug in criteria.index_drugs]
    return min([day for day in starts if day is not None], default=None)


def readings_in(results: Iterable[LabResult], criteria: Criteria) -> dict[str, dict[int, Reading]]:
    """The readings of the analytes that the criteria name, each held against its own limit, days in order."""
    found: dict[str, dict[int, Reading]] = {analyte: {} for analyte in criteria.analytes}
    for result in results:
        reading = result.reading
        days = found.get(result.measurement.analyte)
        if days is None or reading is None or (result.flags and excluded(result, criteria)):
            continue
        rival = days.get(reading.day)
        days[reading.day] = reading if rival is None else higher(reading, rival)
    return {analyte: dict(sorted(days.items())) for analyte, days in found.items()}


def excluded(result: LabResult, criteria: Criteria) -> bool:
    """Whether the document leaves a result out for a flag that the laboratory put on it."""
    return not criteria.exclude_flags.isdisjoint(result.flags)


def enrolled_day(version: Version) -> int | None:
    """When a patient was enrolled: what is said of it, else the day it is dated on."""
    content = version.content
    said = content.data.get("enrolled_on") if isinstance(content, Other) else None
    return clinical_day(said) if said is not None else version.day


@lru_cache(maxsize=65_536)
def date_of(day: int | None) -> str:
    """A day (ordinal) as it is written; empty for none."""
    return "" if day is None else date.fromordinal(day).isoformat()
