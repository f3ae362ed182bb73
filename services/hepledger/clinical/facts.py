"""Facts and their versions: what a centre said of one result or prescription, said again, corrected or withdrew, and which saying is in force."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from enum import IntEnum
from functools import lru_cache
from typing import Any, Final, NamedTuple

from hepledger.clinical.measurement import Measurement, measure
from hepledger.clinical.readings import Reading, reading_of


class FactKind(IntEnum):
    """What a fact is about. The numbers are stored."""

    ENROLMENT = 0
    LAB_RESULT = 1
    PRESCRIPTION = 2
    ADVERSE_EVENT = 3
    BIOPSY = 4
    TRANSPLANT = 5
    DEATH = 6


class Rank(IntEnum):
    """Which of two versions of the same time is in force: the higher."""

    FINALISATION = -1  # not a version: it speaks about one
    PRELIMINARY = 0
    FINAL = 1
    CORRECTED = 2
    RETRACTED = 3


class LabResult:
    """The content of a result: what was measured, the laboratory's flags, whether it is preliminary (and so does not count).

    ``reading`` is the reading that the result makes if nothing else of its day does; None if it makes none: it is not plausible,
    or not dated to the day.
    """

    __slots__ = ("flags", "measurement", "preliminary", "reading")

    def __init__(
        self, measurement: Measurement, flags: frozenset[str], preliminary: bool, reading: Reading | None
    ) -> None:
        self.measurement, self.flags, self.preliminary, self.reading = measurement, flags, preliminary, reading

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LabResult) and self._said() == other._said()

    def __hash__(self) -> int:
        return hash(self._said())

    def _said(self) -> tuple[object, ...]:
        return (self.measurement, self.flags, self.preliminary, self.reading)


class Prescription(NamedTuple):
    """The content of a prescription. Days are ordinals; ``stopped_day`` is the last day taken.

    ``started_day`` is None, and ``dated`` false, where a date was given only to the month: it is kept and never used in a window.
    """

    drug: str
    started_day: int | None
    stopped_day: int | None
    dated: bool
    data: Mapping[str, Any]


class Other(NamedTuple):
    """The content of an enrolment, an adverse event, a biopsy, a transplant or a death."""

    data: Mapping[str, Any]


Content = LabResult | Prescription | Other


class Version:
    """One version of one fact of one patient, or a finalisation of a result. Never changed once made.

    ``offset`` is its place in the patient's partition, ``key`` the fact's identity with its kind, ``time`` the version time
    (µs since 1970 UTC; the source's own if ``reported_at`` is there), ``day`` the clinical day (ordinal; None if given only to
    the month or not at all), ``content`` None for a retraction or a finalisation.
    """

    __slots__ = (
        "content", "day", "event_id", "identity", "key", "kind", "occurred_at", "offset", "rank", "reported_at", "time", "type"
    )  # fmt: skip

    def __init__(  # noqa: PLR0913, PLR0917 - a row of what is said has so many columns
        self,
        offset: int,
        event_id: str,
        type: str,  # noqa: A002 - the field's own name
        kind: int,
        identity: str,
        key: str,
        time: int,
        rank: int,
        reported_at: str | None,
        occurred_at: str | None,
        day: int | None,
        content: Content | None,
    ) -> None:
        self.offset, self.event_id, self.type, self.kind = offset, event_id, type, kind
        self.identity, self.key, self.time, self.rank = identity, key, time, rank
        self.reported_at, self.occurred_at, self.day, self.content = reported_at, occurred_at, day, content

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Version) and self._said() == other._said()

    def __hash__(self) -> int:
        return hash((self.offset, self.event_id))

    def _said(self) -> tuple[object, ...]:
        place = (self.offset, self.event_id, self.type, self.kind, self.identity, self.key, self.time, self.rank)
        return (*place, self.reported_at, self.occurred_at, self.day, self.content)


class Standing(NamedTuple):
    """How the versions of one fact stand: the one in force, whether it counts, and what cannot be ordered with it."""

    version: Version | None
    counts: bool
    finalised_by: Version | None
    conflicts: tuple[Version, ...]


_KINDS: Final[Mapping[str, tuple[FactKind, str | None, Rank]]] = {
    "patient_enrolled": (FactKind.ENROLMENT, None, Rank.FINAL),
    "lab_result_recorded": (FactKind.LAB_RESULT, "result_id", Rank.FINAL),
    "lab_result_corrected": (FactKind.LAB_RESULT, "result_id", Rank.CORRECTED),
    "lab_result_retracted": (FactKind.LAB_RESULT, "result_id", Rank.RETRACTED),
    "lab_result_finalised": (FactKind.LAB_RESULT, "result_id", Rank.FINALISATION),
    "prescription_recorded": (FactKind.PRESCRIPTION, "prescription_id", Rank.FINAL),
    "prescription_corrected": (FactKind.PRESCRIPTION, "prescription_id", Rank.CORRECTED),
    "prescription_retracted": (FactKind.PRESCRIPTION, "prescription_id", Rank.RETRACTED),
    "adverse_event_recorded": (FactKind.ADVERSE_EVENT, "event_id", Rank.FINAL),
    "adverse_event_retracted": (FactKind.ADVERSE_EVENT, "event_id", Rank.RETRACTED),
    "biopsy_recorded": (FactKind.BIOPSY, "biopsy_id", Rank.FINAL),
    "biopsy_retracted": (FactKind.BIOPSY, "biopsy_id", Rank.RETRACTED),
    "transplant_recorded": (FactKind.TRANSPLANT, None, Rank.FINAL),
    "death_recorded": (FactKind.DEATH, None, Rank.FINAL),
}
"""Type of event → kind of fact, the field that holds its identity (None: the patient is the identity), rank."""

_NATURAL_DATES: Final[Mapping[FactKind, str]] = {
    FactKind.ENROLMENT: "enrolled_on",
    FactKind.PRESCRIPTION: "started_on",
    FactKind.TRANSPLANT: "on",
    FactKind.DEATH: "on",
}
"""The field that dates a fact whose event does not say when it occurred."""

# Plain numbers: a member of an enumeration is hashed and compared by a call into Python, which is felt in a replay.
_TYPES: Final = {
    name: (int(kind), field, int(rank), _NATURAL_DATES.get(kind)) for name, (kind, field, rank) in _KINDS.items()
}
_LAB_RESULT: Final = int(FactKind.LAB_RESULT)
_WITHOUT_CONTENT: Final = (int(Rank.RETRACTED), int(Rank.FINALISATION))
_FINAL: Final = int(Rank.FINAL)
_RESULT_RANKS: Final = {
    "lab_result_recorded": int(Rank.FINAL),
    "lab_result_corrected": int(Rank.CORRECTED),
}
"""What says a result, and its rank."""
_RANKS_BY_STATUS: Final = {
    "preliminary": int(Rank.PRELIMINARY),
    "corrected": int(Rank.CORRECTED),
    "amended": int(Rank.CORRECTED),
}
"""The rank of a result that no later event corrects, by its status; any other status is a final one's."""


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NO_FLAGS: Final[frozenset[str]] = frozenset()


class UnknownFactType(ValueError):
    """The event says nothing about a patient that the registry knows how to read."""


def microseconds(moment: datetime) -> int:
    """An aware moment as microseconds since 1970 UTC."""
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


@lru_cache(maxsize=65_536)
def version_time(reported_at: str) -> int:
    """The version time (µs since 1970 UTC) that a source states; a bare date is its first moment, UTC."""
    moment = datetime.fromisoformat(reported_at)
    return microseconds(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def time_of(version_time: int) -> str:
    """A version time (µs since 1970 UTC) written out."""
    return (_EPOCH + timedelta(microseconds=version_time)).isoformat()


@lru_cache(maxsize=65_536)
def clinical_day(occurred_at: str | None) -> int | None:
    """The calendar date *as written* (ordinal), whatever its offset; None if it is not known to the day."""
    if occurred_at is None or len(occurred_at) < len("2024-03-01"):
        return None
    return date.fromisoformat(occurred_at[:10]).toordinal()


def version_from(
    type: str,  # noqa: A002 - the field's own name
    data: Mapping[str, Any],
    *,
    offset: int,
    event_id: str,
    occurred_at: str | None,
    recorded_at: int,
) -> Version:
    """The version that a reported event is. ``data`` is its content as validated at the border, ``recorded_at`` µs since 1970 UTC.

    Raises UnknownFactType.
    """
    told = _TYPES.get(type)
    if told is None:
        raise UnknownFactType(type)
    kind, field, rank, natural = told
    identity = "" if field is None else str(data[field])
    reported_at = data.get("reported_at")
    if type in _RESULT_RANKS:
        return result_version(
            type,
            identity,
            _measured(data),
            data["flags"],
            data["status"],
            reported_at=reported_at,
            offset=offset,
            event_id=event_id,
            occurred_at=occurred_at,
            recorded_at=recorded_at,
        )
    if occurred_at is None and natural is not None:
        occurred_at = data.get(natural)
    content = None if rank in _WITHOUT_CONTENT else _content(kind, data)
    time = recorded_at if reported_at is None else version_time(reported_at)
    key, day = f"{kind}:{identity}", clinical_day(occurred_at)
    return Version(offset, event_id, type, kind, identity, key, time, rank, reported_at, occurred_at, day, content)


def result_version(  # noqa: PLR0913 - a version has that many parts
    type: str,  # noqa: A002 - the field's own name
    result_id: str,
    said: Measurement,
    flags: Sequence[str],
    status: str,
    *,
    reported_at: str | None,
    offset: int,
    event_id: str,
    occurred_at: str | None,
    recorded_at: int,
) -> Version:
    """The version that a result is, recorded or corrected, from its parts: whoever reads many makes no mapping of them."""
    day = clinical_day(occurred_at)
    content = lab_content(said, flags, status, day, event_id)
    rank = _RESULT_RANKS[type]
    if rank == _FINAL:
        rank = _RANKS_BY_STATUS.get(status, _FINAL)
    time = recorded_at if reported_at is None else version_time(reported_at)
    key = f"{_LAB_RESULT}:{result_id}"
    kind = _LAB_RESULT
    return Version(offset, event_id, type, kind, result_id, key, time, rank, reported_at, occurred_at, day, content)


def fact_key(kind: int, identity: str) -> str:
    """The identity of a fact within its patient."""
    return f"{int(kind)}:{identity}"


def lab_content(
    measurement: Measurement, flags: Sequence[str], status: str, day: int | None, event_id: str
) -> LabResult:
    """The content of a result, from its parts as they are said."""
    return lab_content_of(measurement, frozenset(flags) if flags else _NO_FLAGS, status == "preliminary", day, event_id)


def lab_content_of(
    measurement: Measurement, flags: frozenset[str], preliminary: bool, day: int | None, event_id: str
) -> LabResult:
    """The content of a result, from its parts as they are kept."""
    reading = None if day is None or measurement.problems else reading_of(day, event_id, measurement)
    return LabResult(measurement, flags, preliminary, reading)


def _measured(data: Mapping[str, Any]) -> Measurement:
    limit = data.get("reference_high")
    value, comparator = (None, "<=") if limit is None else (limit.get("value"), limit.get("comparator", "<="))
    return measure(data["analyte"], data["value"], data["comparator"], data["unit"], value, comparator)


def _content(kind: int, data: Mapping[str, Any]) -> Content:
    said = {name: value for name, value in data.items() if name != "reported_at"}
    return prescription_of(said) if kind == FactKind.PRESCRIPTION else Other(said)


def prescription_of(data: Mapping[str, Any]) -> Prescription:
    """The content of a prescription, from what is said of it."""
    started, stopped = clinical_day(data["started_on"]), clinical_day(data.get("stopped_on"))
    dated = started is not None and (stopped is not None or data.get("stopped_on") is None)
    return Prescription(data["drug"], started, stopped, dated, data)


def standing(versions: Sequence[Version]) -> Standing:
    """How the versions of one fact stand, whatever order they came in.

    In force is the version of the latest time, then of the highest rank, then the earlier in the log: of versions that
    neither time nor rank can order the later is out of force, and a conflict if it says something else.
    """
    said = _distinct(versions)
    if not said:
        return Standing(None, False, None, ())
    best = max(said, key=lambda version: (version.time, version.rank, -version.offset))
    rivals = [other for other in said if (other.time, other.rank) == (best.time, best.rank) and other is not best]
    conflicts = tuple(other for other in rivals if _says(other) != _says(best))
    finalised_by = _finalisation_of(best, versions)
    counts = best.content is not None and (not _preliminary(best) or finalised_by is not None)
    return Standing(best, counts, finalised_by, conflicts)


def _distinct(versions: Sequence[Version]) -> list[Version]:
    """The versions, without repetitions: the same content twice is one version, of the time it first came."""
    distinct: list[Version] = []
    for version in sorted(versions, key=lambda version: (version.time, version.offset)):
        if version.rank != Rank.FINALISATION and not any(_repeats(version, earlier) for earlier in distinct):
            distinct.append(version)
    return distinct


def _repeats(version: Version, earlier: Version) -> bool:
    mine, its = ((each.type, each.rank, each.reported_at) for each in (version, earlier))
    return version.content is not None and mine == its and _says(version) == _says(earlier)


def _preliminary(version: Version) -> bool:
    return isinstance(version.content, LabResult) and version.content.preliminary


def _finalisation_of(best: Version, versions: Sequence[Version]) -> Version | None:
    """The finalisation that makes a preliminary version final: one not older than it. Which came first does not matter."""
    if not _preliminary(best):
        return None
    valid = [v for v in versions if v.rank == Rank.FINALISATION and v.time >= best.time]
    return min(valid, key=lambda version: (version.time, version.offset), default=None)


def _says(version: Version) -> object:
    """What a version says, apart from when it was said and how the numbers were written."""
    content = version.content
    if isinstance(content, LabResult):
        return (version.occurred_at, content.measurement.numbers, content.flags, content.preliminary)
    return None if content is None else (version.occurred_at, content)
