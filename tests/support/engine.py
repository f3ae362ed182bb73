"""The real engine as the tests ask it: submissions and a document in, the oracle's kind of plain answer out."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from hepledger.clinical.changes import Episode, StateChange
from hepledger.clinical.course import Assessment, Course
from hepledger.clinical.criteria import Criteria, criteria_from
from hepledger.clinical.facts import LabResult, Version, microseconds, standing, version_from


def columns_of(version: Version) -> dict[str, Any]:
    """All that a version holds, by name; a compiled class does not tell by itself."""
    v = version
    return {
        "offset": v.offset, "event_id": v.event_id, "type": v.type, "kind": v.kind, "identity": v.identity, "key": v.key,
        "time": v.time, "rank": v.rank, "reported_at": v.reported_at, "occurred_at": v.occurred_at, "day": v.day,
        "content": v.content,
    }  # fmt: skip


def criteria_of(document: Mapping[str, Any]) -> Criteria:
    """The criteria of a document as TOML gives it."""
    return criteria_from(document)


def version_of(event: Mapping[str, Any]) -> Version:
    """The version that a submission is, with what the log adds to it: event_id, recorded_at, offset."""
    return version_from(
        event["type"],
        with_defaults(event["type"], event["data"]),
        offset=event["offset"],
        event_id=event["event_id"],
        occurred_at=event.get("occurred_at"),
        recorded_at=_time(event["recorded_at"]),
    )


def versions_of(events: Iterable[Mapping[str, Any]]) -> list[Version]:
    """The versions of a history; an event that came twice is one."""
    first: dict[str, Mapping[str, Any]] = {}
    for event in sorted(events, key=lambda event: int(event["offset"])):
        first.setdefault(event["event_id"], event)
    return [version_of(event) for event in first.values()]


def with_defaults(kind: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """The content of a submission with the defaults of the format filled in."""
    if kind not in ("lab_result_recorded", "lab_result_corrected"):
        return dict(data)
    filled: dict[str, Any] = {"comparator": "=", "status": "final", "flags": [], **data}
    if filled.get("reference_high"):
        filled["reference_high"] = {"comparator": "<=", **filled["reference_high"]}
    return filled


def plain(course: Course) -> dict[str, Any]:
    """What the oracle answers, from a course of the engine."""
    return {
        "index_on": _date(course.index_day),
        "baseline": {
            analyte: {"event_id": reading.event_id, "date": _date(reading.day)}
            for analyte, reading in sorted(course.baseline.items())
        },
        "assessments": [_assessment(each) for each in course.assessments],
        "transitions": [_change(change) for change in course.transitions],
        "state": None if course.index_day is None else course.state,
        "since": _date(course.since_day),
        "best": course.best,
        "relapses": len(course.episodes),
        "episodes": [_episode(episode) for episode in course.episodes],
        "landmarks": {code: str(answer) for code, answer in course.landmarks.items()},
        "refractory": course.refractory.answer,
        "last_assessed_on": _date(course.last_assessed_day),
        "conflicts": sorted(other.event_id for each in course.facts.values() for other in standing(each).conflicts),
        "implausible": sorted(_implausible(course)),
    }


def _assessment(each: Assessment) -> dict[str, Any]:
    return {
        "date": _date(each.date),
        "day": each.day,
        "state": each.state,
        "onset_on": _date(each.onset_day),
        "entered": each.entered,
        "unknown": [doubtful.to for doubtful in each.unknown],
    }


def _change(change: StateChange) -> dict[str, Any]:
    return {
        "from": change.from_state,
        "to": change.to_state,
        "onset_on": _date(change.onset_day),
        "confirmed_on": _date(change.confirmed_day),
        "relapse": change.relapse,
        "evidence": list(change.evidence),
    }


def _episode(episode: Episode) -> dict[str, Any]:
    return {
        "onset_on": _date(episode.onset_day),
        "opened_on": _date(episode.opened_day),
        "closed_on": _date(episode.closed_day),
    }


def _implausible(course: Course) -> Iterable[str]:
    for versions in course.facts.values():
        version = standing(versions).version
        if version is not None and isinstance(version.content, LabResult) and version.content.measurement.problems:
            yield version.event_id


def _date(day: int | None) -> date | None:
    return None if day is None else date.fromordinal(day)


def _time(recorded_at: datetime) -> int:
    return microseconds(recorded_at)
