"""From a patient's events to the versions in force: which statement about each fact counts, and what stays in dispute."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from tests.support.oracle.values import Result, result_from

Event = dict[str, Any]

# type of submission: (kind of fact, where its identity is, what the submission does)
TYPES: dict[str, tuple[str, str | None, str]] = {
    "patient_enrolled": ("enrolment", None, "state"),
    "lab_result_recorded": ("lab_result", "result_id", "state"),
    "lab_result_corrected": ("lab_result", "result_id", "correct"),
    "lab_result_retracted": ("lab_result", "result_id", "retract"),
    "lab_result_finalised": ("lab_result", "result_id", "finalise"),
    "prescription_recorded": ("prescription", "prescription_id", "state"),
    "prescription_corrected": ("prescription", "prescription_id", "correct"),
    "prescription_retracted": ("prescription", "prescription_id", "retract"),
    "adverse_event_recorded": ("adverse_event", "event_id", "state"),
    "adverse_event_retracted": ("adverse_event", "event_id", "retract"),
    "biopsy_recorded": ("biopsy", "biopsy_id", "state"),
    "biopsy_retracted": ("biopsy", "biopsy_id", "retract"),
    "transplant_recorded": ("transplant", None, "state"),
    "death_recorded": ("death", None, "state"),
}
PRELIMINARY, FINAL, CORRECTION, RETRACTION = range(4)
FULL_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})(T.*)?")
OWN_DATE = {
    "prescription": "started_on",
    "enrolment": "enrolled_on",
    "transplant": "on",
    "death": "on",
}


def day_of(text: str | None) -> date | None:
    """The calendar date as written; None where it is told only to the month or year."""
    match = FULL_DATE.fullmatch(text or "")
    return date.fromisoformat(match[1]) if match else None


def instant_of(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if "T" in text else found.replace(tzinfo=UTC)


def with_defaults(data: dict[str, Any], kind: str, does: str) -> dict[str, Any]:
    """Two ways to say the same are the same content."""
    said = {key: value for key, value in data.items() if value is not None}
    if kind == "lab_result" and does in ("state", "correct"):
        said = {"comparator": "=", "status": "final", "flags": []} | said | {"value": str(data["value"])}
        if "reference_high" in said:
            limit = said["reference_high"]
            said["reference_high"] = {"comparator": "<="} | limit | {"value": str(limit["value"])}
    return said


def numbers_of(data: dict[str, Any]) -> tuple[object, ...]:
    """What a result says, however its numbers are written: 40 and 40.0, 1 ukat/L and 60 U/L are the same."""
    result = result_from("", None, data)
    return result.analyte, result.value, result.limit, result.flags, data.get("status") == "preliminary"


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One distinct statement about one fact: `time` and `offset` are those of its first arrival."""

    event_id: str
    offset: int
    type: str
    kind: str
    identity: str
    does: str
    time: datetime
    occurred_at: str | None
    data: dict[str, Any]

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.identity}"

    @property
    def rank(self) -> int:
        if self.does == "retract":
            return RETRACTION
        if self.does == "correct" or self.data.get("status") in ("corrected", "amended"):
            return CORRECTION
        return PRELIMINARY if self.data.get("status") == "preliminary" else FINAL

    def content(self) -> object:
        """What is stated: a retraction states nothing, and when it was reported is the version's time."""
        if self.does == "retract":
            return None
        said = {key: value for key, value in self.data.items() if key != "reported_at"}
        return self.occurred_at, numbers_of(said) if self.kind == "lab_result" else said

    def says_the_same_as(self, other: "Version") -> bool:
        """The same content under another message identity; retractions and finalisations have no content."""
        has_content = self.does in ("state", "correct")
        mine = (self.type, self.key, self.rank, self.data.get("reported_at"))
        same_source = mine == (other.type, other.key, other.rank, other.data.get("reported_at"))
        return has_content and same_source and self.content() == other.content()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One fact as it stands: `version` is the one in force (None if there is only a finalisation)."""

    key: str
    kind: str
    version: Version | None
    final: bool
    conflicts: tuple[str, ...]

    @property
    def content(self) -> dict[str, Any] | None:
        return None if self.version is None or self.version.does == "retract" else self.version.data

    @property
    def day(self) -> date | None:
        if self.version is None or self.content is None:
            return None
        own = self.content.get(OWN_DATE.get(self.kind, ""))
        return day_of(self.version.occurred_at or own)

    @property
    def result(self) -> Result | None:
        """The laboratory result in force, whether it counts or not."""
        if self.version is None or self.content is None or self.kind != "lab_result":
            return None
        return result_from(self.version.event_id, self.day, self.content)

    @property
    def counts(self) -> bool:
        """It says something, is not preliminary and is not implausible."""
        plausible = self.result is None or self.result.plausible
        return self.content is not None and self.final and plausible


def version_from(event: Event) -> Version:
    kind, place, does = TYPES[event["type"]]
    data = event["data"]
    reported_at = data.get("reported_at")
    return Version(
        event_id=event["event_id"],
        offset=event["offset"],
        type=event["type"],
        kind=kind,
        identity="" if place is None else str(data[place]),
        does=does,
        time=instant_of(reported_at) if reported_at else event["recorded_at"],
        occurred_at=event.get("occurred_at"),
        data=with_defaults(data, kind, does),
    )


def distinct_versions(events: Iterable[Event]) -> list[Version]:
    """In the order of the log: the same submission twice is one event, the same content twice is one version."""
    versions: list[Version] = []
    seen: set[str] = set()
    for event in sorted(events, key=lambda event: int(event["offset"])):
        version = version_from(event)
        repeated = any(version.says_the_same_as(earlier) for earlier in versions)
        if version.event_id not in seen and not repeated:
            versions.append(version)
        seen.add(version.event_id)
    return versions


def facts_of(events: Iterable[Event]) -> list[Fact]:
    versions = distinct_versions(events)
    keys = sorted({version.key for version in versions})
    return [fact_from([version for version in versions if version.key == key]) for key in keys]


def fact_from(versions: list[Version]) -> Fact:
    """The fact that these versions and finalisations of one identity come to; they are in the order of the log."""
    finalisations = [version for version in versions if version.does == "finalise"]
    stated = [version for version in versions if version.does != "finalise"]
    highest = max(((version.time, version.rank) for version in stated), default=None)
    tied = [version for version in stated if (version.time, version.rank) == highest]
    version = tied[0] if tied else None
    final = version is not None and (
        version.data.get("status") != "preliminary"
        or any(version.time <= finalisation.time for finalisation in finalisations)
    )
    return Fact(
        key=versions[0].key,
        kind=versions[0].kind,
        version=version,
        final=final,
        conflicts=tuple(other.event_id for other in tied if version and other.content() != version.content()),
    )
