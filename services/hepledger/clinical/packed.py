"""A history packed: all that was said of one patient as one run of bytes, from which it is read back many times as fast as from rows.

What is the same in many results is written once, numbers stand in columns of fixed width, and a checksum of it all in front.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from struct import Struct
from typing import Any, Final
from zlib import crc32

from hepledger.clinical.facts import (
    Content,
    LabResult,
    Other,
    Prescription,
    Version,
    fact_key,
    lab_content_of,
    prescription_of,
)
from hepledger.clinical.measurement import Measurement, measure

FORMAT: Final = 1
_HEAD: Final = Struct("<BI")  # the format, and a checksum of all that follows
_LENGTHS: Final = Struct("<II")  # of the texts in bytes, and of the columns in results
_BODY: Final = _HEAD.size + _LENGTHS.size
_ID_LENGTH: Final = 36
_NO_DAY: Final = 0  # ordinals begin with 1
_FIELDS: Final = (
    "offset", "event_id", "type", "kind", "identity", "time", "rank", "reported_at", "occurred_at", "day"
)  # fmt: skip
"""What is written of a version that is no result, beside its content; the key follows from kind and identity."""


class NotAPack(ValueError):
    """The bytes are not a history that this release has packed, or not as it was packed."""


def pack(versions: Sequence[Version]) -> bytes:
    """The versions of one patient, in the order of the log, as bytes."""
    results = [version for version in versions if _is_result(version)]
    measurements: dict[tuple[Any, ...], int] = {}
    manners: dict[tuple[Any, ...], int] = {}
    measured = [measurements.setdefault(_parts(version), len(measurements)) for version in results]
    said = [manners.setdefault(_manner(version), len(manners)) for version in results]
    texts = {
        "measurements": list(measurements),
        "manners": list(manners),
        "identities": [version.identity for version in results],
        "occurred": [version.occurred_at for version in results],
        "reported": [version.reported_at for version in results],
        "others": [[place, *_plain(version)] for place, version in enumerate(versions) if not _is_result(version)],
    }
    written = json.dumps(texts, separators=(",", ":")).encode()
    ids = "".join(version.event_id for version in results).encode("ascii")
    numbers = _columns(len(results)).pack(
        *[version.offset for version in results],
        *[version.time for version in results],
        *[version.day or _NO_DAY for version in results],
        *measured,
        *said,
    )
    body = _LENGTHS.pack(len(written), len(results)) + written + ids + numbers
    return _HEAD.pack(FORMAT, crc32(body)) + body


def unpack(packed: bytes) -> list[Version]:
    """The versions that were packed. Raises NotAPack."""
    if len(packed) < _BODY or _HEAD.unpack_from(packed) != (FORMAT, crc32(memoryview(packed)[_HEAD.size :])):
        raise NotAPack
    length, count = _LENGTHS.unpack_from(packed, _HEAD.size)
    begin = _BODY + length
    texts = json.loads(packed[_BODY:begin])
    ids = packed[begin : begin + count * _ID_LENGTH].decode("ascii")
    numbers = _columns(count).unpack_from(packed, begin + count * _ID_LENGTH)
    versions = _results(texts, ids, numbers, count)
    for place, *row in texts["others"]:
        versions.insert(place, _other(row))
    return versions


def _columns(count: int) -> Struct:
    return Struct(f"<{count}q{count}q{count}i{count}I{count}I")


def _is_result(version: Version) -> bool:
    return isinstance(version.content, LabResult) and len(version.event_id) == _ID_LENGTH


def _parts(version: Version) -> tuple[Any, ...]:
    content = version.content
    assert isinstance(content, LabResult)  # noqa: S101 - of those that _is_result lets through
    m = content.measurement
    return (m.analyte, m.text, m.comparator, m.unit, m.limit_text, m.limit_comparator)


def _manner(version: Version) -> tuple[Any, ...]:
    content = version.content
    assert isinstance(content, LabResult)  # noqa: S101 - the same
    return (version.type, version.kind, version.rank, tuple(sorted(content.flags)), content.preliminary)


def _results(texts: dict[str, Any], ids: str, numbers: tuple[int, ...], count: int) -> list[Version]:
    measurements: list[Measurement] = [measure(*parts) for parts in texts["measurements"]]
    manners: list[list[Any]] = texts["manners"]
    all_flags = [frozenset(manner[3]) for manner in manners]
    identities: list[str] = texts["identities"]
    occurred: list[str | None] = texts["occurred"]
    reported: list[str | None] = texts["reported"]
    versions: list[Version] = []
    for number in range(count):
        event_id = ids[number * _ID_LENGTH : (number + 1) * _ID_LENGTH]
        ordinal = numbers[2 * count + number]
        day = None if ordinal == _NO_DAY else ordinal
        manner = numbers[4 * count + number]
        type_, kind, rank, _, preliminary = manners[manner]
        measurement = measurements[numbers[3 * count + number]]
        identity = identities[number]
        version = Version(
            numbers[number],
            event_id,
            type_,
            kind,
            identity,
            f"{kind}:{identity}",
            numbers[count + number],
            rank,
            reported[number],
            occurred[number],
            day,
            lab_content_of(measurement, all_flags[manner], preliminary, day, event_id),
        )
        versions.append(version)
    return versions


def _plain(version: Version) -> list[Any]:
    content = version.content
    said: Any = None
    if isinstance(content, LabResult):
        said = ["result", _parts(version), sorted(content.flags), content.preliminary]
    elif content is not None:
        said = ["prescription" if isinstance(content, Prescription) else "other", content.data]
    return [*(getattr(version, name) for name in _FIELDS), said]


def _other(row: list[Any]) -> Version:
    *fields, said = row
    named = dict(zip(_FIELDS, fields, strict=True))
    content: Content | None = None
    match said:
        case ["result", parts, flags, preliminary]:
            measurement = measure(*parts)
            content = lab_content_of(measurement, frozenset(flags), preliminary, named["day"], named["event_id"])
        case ["prescription", data]:
            content = prescription_of(data)
        case ["other", data]:
            content = Other(data)
    return Version(**named, key=fact_key(named["kind"], named["identity"]), content=content)
