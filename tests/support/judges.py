"""Two who answer a drawn example: the engine, and the naive second implementation of the rules. Both must say the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from hepledger.clinical import criteria_checks
from hepledger.clinical.course import Course, derive
from hepledger.clinical.criteria import criteria_from
from hepledger.clinical.facts import Version, microseconds, standing, version_from
from hepledger.clinical.history import by_fact
from hepledger.clinical.measurement import Measurement
from hepledger_events.criteria import canonical_document, parse_criteria
from hepledger_events.reported import parse_submission
from tests.support import oracle
from tests.support.drawn import DAY_0, PATIENT, Assessed, document_of

SETS = Path(criteria_checks.__file__).parent / "criteria_sets"
PRINTED = {"=": "", "<=": "≤", ">=": "≥", "<": "<", ">": ">"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a judge says: every assessment, and the answer to every question that a drawn example may ask."""

    assessments: list[Assessed]
    answers: Mapping[str, str]


Judge = Callable[[list[dict[str, Any]], dict[str, Any]], Verdict]


def criteria_document(named: str) -> dict[str, Any]:
    """The document that a set's name or a fragment stands for."""
    shipped = SETS / f"{named}.toml"
    return document_of(shipped.read_text("utf-8") if "\n" not in named and shipped.exists() else named)


def versions_of(events: Iterable[Mapping[str, Any]]) -> list[Version]:
    """The events as the engine takes them."""
    return [_version(event) for event in events]


def engine(events: list[dict[str, Any]], document: dict[str, Any]) -> Verdict:
    """What `derive` says."""
    criteria = criteria_from(canonical_document(parse_criteria(document)))
    versions = versions_of(events)
    return verdict_on(derive(versions, criteria), versions)


def verdict_on(course: Course, versions: list[Version]) -> Verdict:
    """A course of the engine as a verdict."""
    standings = [standing(each) for each in by_fact(versions).values()]
    in_force = [each.version for each in standings if each.version is not None and each.version.content is not None]
    implausible = [each.event_id for each in in_force if _problems(each)]
    answers = {
        "index date": _day(_date(course.index_day)),
        "state": course.state,
        "since": _day(_date(course.since_day)),
        "best": course.best or "none",
        "relapse episodes": _spans((_date(e.opened_day), _date(e.closed_day)) for e in course.episodes),
        "refractory": course.refractory.answer,
        "conflicts": _rows(other.event_id for each in standings for other in each.conflicts),
        "implausible": _rows(implausible),
        **{f"landmark {code}": str(answer) for code, answer in course.landmarks.items()},
        **{
            f"baseline {name}": _measured(reading.measurement, reading.day) for name, reading in course.baseline.items()
        },
    }
    assessments = [
        Assessed(date.fromordinal(a.date), a.state, _date(a.onset_day), "|".join(rule.to for rule in a.unknown))
        for a in course.assessments
    ]
    return Verdict(assessments=assessments, answers=answers)


def second_opinion(events: list[dict[str, Any]], document: dict[str, Any]) -> Verdict:
    """What the naive implementation says."""
    said = oracle.answer(events, document)
    answers = {
        "index date": _day(said["index_on"]),
        "state": said["state"] or "start",
        "since": _day(said["since"]),
        "best": said["best"] or "none",
        "relapse episodes": _spans((each["opened_on"], each["closed_on"]) for each in said["episodes"]),
        "refractory": said["refractory"],
        "conflicts": _rows(said["conflicts"]),
        "implausible": _rows(said["implausible"]),
        **{f"landmark {code}": str(answer) for code, answer in said["landmarks"].items()},
        **{f"baseline {name}": _described(reading) for name, reading in said["baseline"].items()},
    }
    assessments = [Assessed(a["date"], a["state"], a["onset_on"], "|".join(a["unknown"])) for a in said["assessments"]]
    return Verdict(assessments=assessments, answers=answers)


JUDGES: Mapping[str, Judge] = {"engine": engine, "second opinion": second_opinion}


def _version(event: Mapping[str, Any]) -> Version:
    said = {key: event[key] for key in ("type", "occurred_at", "data") if key in event}
    submission = parse_submission(said | PATIENT)
    return version_from(
        submission.type,
        submission.content(),
        offset=event["offset"],
        event_id=event["event_id"],
        occurred_at=submission.occurred_at,
        recorded_at=microseconds(event["recorded_at"]),
    )


def _problems(version: Version) -> tuple[str, ...]:
    measurement = getattr(version.content, "measurement", None)
    return measurement.problems if isinstance(measurement, Measurement) else ()


def _measured(measurement: Measurement, day: int) -> str:
    limit = None
    if measurement.limit_text is not None:
        limit = {"value": measurement.limit_text, "comparator": measurement.limit_comparator}
    return _stated(measurement.comparator, measurement.text, measurement.unit, limit, date.fromordinal(day))


def _described(reading: Mapping[str, Any]) -> str:
    return _stated(reading.get("comparator", "="), reading["value"], reading["unit"], reading["limit"], reading["date"])


def _stated(comparator: str, value: str, unit: str, limit: Mapping[str, str] | None, on: date) -> str:
    printed = "no limit" if limit is None else f"limit {PRINTED[limit.get('comparator', '<=')]}{limit['value']}"
    return f"{PRINTED[comparator]}{value} {unit} ({printed}) on {_day(on)}"


def _date(ordinal: int | None) -> date | None:
    return None if ordinal is None else date.fromordinal(ordinal)


def _day(on: date | None) -> str:
    return "none" if on is None else f"day {(on - DAY_0).days}"


def _spans(spans: Iterable[tuple[date | None, date | None]]) -> str:
    return "; ".join(f"{_day(begin)} to {_day(end)}" if end else f"{_day(begin)} on" for begin, end in spans) or "none"


def _rows(event_ids: Iterable[str]) -> str:
    return ", ".join(f"row {event_id.lstrip('0')}" for event_id in sorted(event_ids)) or "none"
