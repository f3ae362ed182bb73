"""A history packed: all that was said of one patient as one run of bytes, from which it is read back many times as fast as from rows.

What is the same in many results is written once, numbers stand in columns of fixed width, and a checksum of it all in front.
`Sheet` reads it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from itertools import accumulate
from struct import Struct
from typing import Any, Final
from zlib import crc32

from hepledger.clinical.facts import LabResult, Prescription, Version, time_of
from hepledger.clinical.history import date_of
from hepledger.clinical.measurement import Measurement, Said

FORMAT: Final = 2
HEAD: Final = Struct("<BI")  # the format, and a checksum of all that follows
LENGTHS: Final = Struct(
    "<IIII"
)  # of what is odd, of measurements and of texts in bytes, and of the columns in versions
BODY: Final = HEAD.size + LENGTHS.size
ID_LENGTH: Final = 36
NO_DAY: Final = 0  # ordinals begin with 1
ODD: Final = -1
"""The manner of a version that is no result, or one whose texts cannot stand in the columns."""
_FIELDS: Final = (
    "offset", "event_id", "type", "kind", "identity", "time", "rank", "reported_at", "occurred_at", "day"
)  # fmt: skip
"""What is written of an odd version, beside its content; the key follows from kind and identity."""
LINE, CELL, NONE = "\x1e", "\x1f", "\x1c"
TEXTS: Final = 3
"""Identity, time of occurrence and of the report: one text after another, and the length of each in a byte, 0 where there is none."""
IMPLIED: Final = NONE
"""Stands for a time of occurrence that is just the day, or a time of the report that is just the time of the version, written out."""
_DATE_LENGTH: Final = len("2024-03-01")
_LONGEST: Final = 255
_BYTES_OF_A_CHARACTER: Final = 4  # at most, in UTF-8
_SEPARATOR: Final = re.compile(f"[{NONE}-{CELL}]")


class NotAPack(ValueError):
    """The bytes are not a history that this release has packed, or not as it was packed."""


def wide_columns_of(count: int) -> Struct:
    """A row a version, a column each: offset, time, and where its texts begin."""
    return Struct(f"<{count}q{count}q{count}i")


def columns_of(count: int) -> Struct:
    """A row a version, a column each: day, place of the first version of the same fact, measurement, manner."""
    return Struct(f"<{count}i{count}i{count}i{count}i")


def pack(versions: Sequence[Version]) -> bytes:
    """The versions of one patient, in the order of the log, as bytes."""
    measurements: dict[Said, int] = {}
    manners: dict[tuple[Any, ...], int] = {}
    firsts: dict[str, int] = {}
    odd: list[list[Any]] = []
    facts, measured, said, ids = [], [], [], []
    texts: list[bytes] = []
    for place, version in enumerate(versions):
        facts.append(firsts.setdefault(version.key, place))
        plain = _plain_measurement(version)
        if plain is None:
            odd.append([place, *_row(version)])
            measured.append(ODD)
            said.append(ODD)
            texts += [b""] * TEXTS
            ids.append(" " * ID_LENGTH)
            continue
        measured.append(measurements.setdefault(plain.said, len(measurements)))
        said.append(manners.setdefault(_manner(version), len(manners)))
        texts += [text.encode() for text in _texts(version)]
        ids.append(version.event_id)
    others = json.dumps([list(manners), odd], separators=(",", ":")).encode()
    written = LINE.join(CELL.join(text or NONE for text in parts) for parts in measurements).encode()
    numbers = columns_of(len(versions)).pack(*[version.day or NO_DAY for version in versions], *facts, *measured, *said)
    begins = [0, *accumulate(map(len, texts))]
    wide = wide_columns_of(len(versions)).pack(
        *[version.offset for version in versions],
        *[version.time for version in versions],
        *[begins[place * TEXTS] for place in range(len(versions))],
    )
    said_in = b"".join([bytes(map(len, texts)), *texts])
    lengths = LENGTHS.pack(len(others), len(written), len(said_in), len(versions))
    body = b"".join([lengths, others, written, numbers, wide, "".join(ids).encode("ascii"), said_in])
    return HEAD.pack(FORMAT, crc32(body)) + body


def _plain_measurement(version: Version) -> Measurement | None:
    """What was measured, of a result whose texts can stand in the columns."""
    content = version.content
    if not isinstance(content, LabResult) or len(version.event_id) != ID_LENGTH or not version.event_id.isascii():
        return None
    texts = (version.identity, version.occurred_at, version.reported_at, *content.measurement.said)
    if "" in texts or _SEPARATOR.search("".join([text or "" for text in texts])) is not None:
        return None
    fits = len(version.identity) * _BYTES_OF_A_CHARACTER <= _LONGEST or len(version.identity.encode()) <= _LONGEST
    return content.measurement if fits else None


def _texts(version: Version) -> tuple[str, str, str]:
    day, occurred_at, reported_at = version.day, version.occurred_at or "", version.reported_at or ""
    if day is not None and len(occurred_at) == _DATE_LENGTH and occurred_at == date_of(day):
        occurred_at = IMPLIED
    if reported_at and reported_at == time_of(version.time):
        reported_at = IMPLIED
    return (version.identity, occurred_at, reported_at)


def _manner(version: Version) -> tuple[Any, ...]:
    content = version.content
    assert isinstance(content, LabResult)  # noqa: S101 - of those that _plain_measurement lets through
    return (version.type, version.kind, version.rank, tuple(sorted(content.flags)), content.preliminary)


def _row(version: Version) -> list[Any]:
    content = version.content
    said: Any = None
    if isinstance(content, LabResult):
        said = ["result", content.measurement.said, sorted(content.flags), content.preliminary]
    elif content is not None:
        said = ["prescription" if isinstance(content, Prescription) else "other", content.data]
    return [*(getattr(version, name) for name in _FIELDS), said]
