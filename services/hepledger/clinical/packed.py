"""A history packed: all that was said of one patient as one run of bytes, from which it is read back many times as fast as from rows.

What is the same in many results is written once, numbers stand in columns of fixed width, and a checksum of it all in front.
"""

from __future__ import annotations

import json
import re
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
from hepledger.clinical.measurement import Measurement, Said, measure

FORMAT: Final = 1
_HEAD: Final = Struct("<BI")  # the format, and a checksum of all that follows
_LENGTHS: Final = Struct("<III")  # of what is odd and of the texts in bytes, and of the columns in results
_BODY: Final = _HEAD.size + _LENGTHS.size
_ID_LENGTH: Final = 36
_NO_DAY: Final = 0  # ordinals begin with 1
_FIELDS: Final = (
    "offset", "event_id", "type", "kind", "identity", "time", "rank", "reported_at", "occurred_at", "day"
)  # fmt: skip
"""What is written of a version that is no result, beside its content; the key follows from kind and identity."""
_COLUMN, _LINE, _CELL, _NONE = "\x1d", "\x1e", "\x1f", "\x1c"
_SEPARATOR: Final = re.compile(f"[{_NONE}-{_CELL}]")
"""Texts of many results are written as one, which is taken apart in the time of reading a few from JSON."""

_MEASURED: Final[dict[str, Measurement]] = {}
_MEASURED_AT_MOST: Final = 65_536


class NotAPack(ValueError):
    """The bytes are not a history that this release has packed, or not as it was packed."""


def pack(versions: Sequence[Version]) -> bytes:
    """The versions of one patient, in the order of the log, as bytes."""
    results: list[Version] = []
    others: list[list[Any]] = []
    for place, version in enumerate(versions):
        if _is_plain(version):
            results.append(version)
        else:
            others.append([place, *_plain(version)])
    measurements: dict[Said, int] = {}
    manners: dict[tuple[Any, ...], int] = {}
    measured = [measurements.setdefault(_measured(version).said, len(measurements)) for version in results]
    said = [manners.setdefault(_manner(version), len(manners)) for version in results]
    columns = (
        [_CELL.join(text or _NONE for text in parts) for parts in measurements],
        [version.identity for version in results],
        [version.occurred_at or _NONE for version in results],
        [version.reported_at or _NONE for version in results],
    )
    odd = json.dumps([list(manners), others], separators=(",", ":")).encode()
    texts = _COLUMN.join(_LINE.join(column) for column in columns).encode()
    ids = "".join(version.event_id for version in results).encode("ascii")
    numbers = _columns(len(results)).pack(
        *[version.offset for version in results],
        *[version.time for version in results],
        *[version.day or _NO_DAY for version in results],
        *measured,
        *said,
    )
    body = _LENGTHS.pack(len(odd), len(texts), len(results)) + odd + texts + ids + numbers
    return _HEAD.pack(FORMAT, crc32(body)) + body


def unpack(packed: bytes) -> list[Version]:
    """The versions that were packed. Raises NotAPack."""
    if len(packed) < _BODY or _HEAD.unpack_from(packed) != (FORMAT, crc32(memoryview(packed)[_HEAD.size :])):
        raise NotAPack
    odd_length, texts_length, count = _LENGTHS.unpack_from(packed, _HEAD.size)
    texts, ids = _BODY + odd_length, _BODY + odd_length + texts_length
    numbers = ids + count * _ID_LENGTH
    manners, others = json.loads(packed[_BODY:texts])
    columns = packed[texts:ids].decode().split(_COLUMN)
    versions: list[Version] = []
    if count:
        versions = _results(
            manners, columns, packed[ids:numbers].decode("ascii"), _columns(count).unpack_from(packed, numbers), count
        )
    for place, *row in others:
        versions.insert(place, _other(row))
    return versions


def _columns(count: int) -> Struct:
    return Struct(f"<{count}q{count}q{count}i{count}I{count}I")


def _is_plain(version: Version) -> bool:
    """Whether a version is a result whose texts can stand in the columns."""
    content = version.content
    if not isinstance(content, LabResult) or len(version.event_id) != _ID_LENGTH:
        return False
    texts = (version.identity, version.occurred_at, version.reported_at, *content.measurement.said)
    return "" not in texts and _SEPARATOR.search("".join([text or "" for text in texts])) is None


def _measured(version: Version) -> Measurement:
    content = version.content
    assert isinstance(content, LabResult)  # noqa: S101 - of those that _is_plain lets through
    return content.measurement


def _measurement(parts: str) -> Measurement:
    """A result that was read before is found by its text at once."""
    found = _MEASURED.get(parts)
    if found is None:
        if len(_MEASURED) >= _MEASURED_AT_MOST:
            _MEASURED.clear()
        analyte, value, comparator, unit, limit, limit_comparator = parts.split(_CELL)
        bound = None if limit == _NONE else limit
        found = _MEASURED[parts] = measure(analyte, value, comparator, unit, bound, limit_comparator)
    return found


def _manner(version: Version) -> tuple[Any, ...]:
    content = version.content
    assert isinstance(content, LabResult)  # noqa: S101 - the same
    return (version.type, version.kind, version.rank, tuple(sorted(content.flags)), content.preliminary)


def _results(
    manners: list[list[Any]], columns: list[str], ids: str, numbers: tuple[int, ...], count: int
) -> list[Version]:
    measurements = [_measurement(parts) for parts in columns[0].split(_LINE)]
    all_flags = [frozenset(manner[3]) for manner in manners]
    kinds = [fact_key(manner[1], "") for manner in manners]
    identities, occurred, reported = columns[1].split(_LINE), columns[2].split(_LINE), columns[3].split(_LINE)
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
            kinds[manner] + identity,
            numbers[count + number],
            rank,
            None if reported[number] == _NONE else reported[number],
            None if occurred[number] == _NONE else occurred[number],
            day,
            lab_content_of(measurement, all_flags[manner], preliminary, day, event_id),
        )
        versions.append(version)
    return versions


def _plain(version: Version) -> list[Any]:
    content = version.content
    said: Any = None
    if isinstance(content, LabResult):
        said = ["result", content.measurement.said, sorted(content.flags), content.preliminary]
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
