"""A packed history as it is read: the numbers at once, a version only where somebody asks for it."""

from __future__ import annotations

import json
from bisect import bisect_left
from struct import Struct
from typing import Any, Final
from zlib import crc32

from hepledger.clinical.facts import (
    Content,
    FactKind,
    LabResult,
    Other,
    Version,
    fact_key,
    lab_content_of,
    prescription_of,
    time_of,
)
from hepledger.clinical.history import date_of
from hepledger.clinical.measurement import Measurement, measure
from hepledger.clinical.packed import (
    BODY,
    CELL,
    FORMAT,
    HEAD,
    ID_LENGTH,
    IMPLIED,
    LENGTHS,
    LINE,
    NO_DAY,
    NONE,
    ODD,
    TEXTS,
    NotAPack,
    columns_of,
    wide_columns_of,
)

_LAB_RESULT: Final = int(FactKind.LAB_RESULT)
_DECODER: Final = json.JSONDecoder()
_WIDE: Final = Struct("<q")
_SHORT: Final = Struct("<i")
_MEASURED: Final[dict[str, Measurement]] = {}
_MEASURED_AT_MOST: Final = 65_536


class Manner:
    """How a result is said, apart from its numbers: what many results share."""

    __slots__ = ("flags", "key", "kind", "preliminary", "rank", "type")

    def __init__(self, type: str, kind: int, rank: int, flags: list[str], preliminary: bool) -> None:  # noqa: A002 - the field's own name
        self.type, self.kind, self.rank = type, kind, rank
        self.flags, self.preliminary = frozenset(flags), preliminary
        self.key = fact_key(kind, "")


class Sheet:
    """What was said of one patient, a place each, in the order of the log: ``count`` places are looked at.

    ``facts`` is the place where the same fact was spoken of first, ``days`` are ordinals (NO_DAY: not known to the day),
    ``measured`` and ``manner`` count into ``measurements`` and ``manners`` (ODD: no result that stands in columns).
    """

    __slots__ = (
        "_ids", "_in_all", "_odd", "_odd_versions", "_packed", "_results", "_texts_at", "_wide_at", "count", "days", "facts",
        "manner", "manners", "measured", "measurements", "odd_results"
    )  # fmt: skip

    def __init__(self, packed: bytes) -> None:
        """Raises NotAPack."""
        if len(packed) < BODY or HEAD.unpack_from(packed) != (FORMAT, crc32(memoryview(packed)[HEAD.size :])):
            raise NotAPack
        odd_length, measured_length, _, count = LENGTHS.unpack_from(packed, HEAD.size)
        measured_at = BODY + odd_length
        columns_at = measured_at + measured_length
        columns, wide = columns_of(count), wide_columns_of(count)
        numbers: tuple[int, ...] = columns.unpack_from(packed, columns_at)
        ids_at = columns_at + columns.size + wide.size
        self._packed, self.count, self._in_all = packed, count, count
        self._wide_at, self._texts_at = columns_at + columns.size, ids_at + count * ID_LENGTH
        self._ids = packed[ids_at : self._texts_at].decode("ascii")
        self.days, self.facts = numbers[:count], numbers[count : 2 * count]
        self.measured, self.manner = numbers[2 * count : 3 * count], numbers[3 * count :]
        manners, odd = _DECODER.raw_decode(packed[BODY:measured_at].decode())[0]
        self.manners = [Manner(*parts) for parts in manners]
        self._odd: dict[int, list[Any]] = {place: row for place, *row in odd}
        self.odd_results = any(row[-1] is not None and row[-1][0] == "result" for row in self._odd.values())
        written = packed[measured_at:columns_at].decode()
        self.measurements = [_measurement(parts) for parts in written.split(LINE)] if written else []
        self._results: dict[int, LabResult] = {}
        self._odd_versions: dict[int, Version] = {}

    def below(self, offset: int) -> Sheet:
        """What lies below an offset of it."""
        part = Sheet(self._packed)
        part.count = bisect_left(range(self.count), offset, key=self.offset)
        return part

    def offset(self, place: int) -> int:
        """Where in the partition it is."""
        return self._wide(place)

    def event_id(self, place: int) -> str:
        """The id of the event at a place."""
        if self.manner[place] == ODD:
            event_id: str = self._odd[place][1]
            return event_id
        return self._ids[place * ID_LENGTH : (place + 1) * ID_LENGTH]

    def is_of_a_result(self, place: int) -> bool:
        """Whether it speaks of a laboratory result."""
        manner = self.manner[place]
        kind: int = self._odd[place][3] if manner == ODD else self.manners[manner].kind
        return kind == _LAB_RESULT

    def result(self, place: int) -> LabResult:
        """The content of a result that stands in columns."""
        found = self._results.get(place)
        if found is None:
            day, manner = self.days[place], self.manners[self.manner[place]]
            found = self._results[place] = lab_content_of(
                self.measurements[self.measured[place]],
                manner.flags,
                manner.preliminary,
                None if day == NO_DAY else day,
                self.event_id(place),
            )
        return found

    def version(self, place: int) -> Version:
        """The version at a place."""
        if self.manner[place] == ODD:
            return self._odd_version(place)
        identity, occurred_at, reported_at = self._texts(place)
        manner, day, time = self.manners[self.manner[place]], self.days[place], self._wide(self._in_all + place)
        if occurred_at == IMPLIED:
            occurred_at = date_of(day)
        if reported_at == IMPLIED:
            reported_at = time_of(time)
        return Version(
            self._wide(place),
            self.event_id(place),
            manner.type,
            manner.kind,
            identity,
            manner.key + identity,
            time,
            manner.rank,
            reported_at or None,
            occurred_at or None,
            None if day == NO_DAY else day,
            self.result(place),
        )

    def _wide(self, number: int) -> int:
        found: int = _WIDE.unpack_from(self._packed, self._wide_at + number * _WIDE.size)[0]
        return found

    def _texts(self, place: int) -> tuple[str, str, str]:
        """Identity, time of occurrence and of the report; empty where there is none."""
        packed, lengths_at = self._packed, self._texts_at
        lengths = packed[lengths_at + place * TEXTS : lengths_at + (place + 1) * TEXTS]
        begin: int = _SHORT.unpack_from(packed, self._wide_at + self._in_all * 2 * _WIDE.size + place * _SHORT.size)[0]
        at = lengths_at + self._in_all * TEXTS + begin
        occurred, reported = at + lengths[0], at + lengths[0] + lengths[1]
        texts = packed[at:occurred], packed[occurred:reported], packed[reported : reported + lengths[2]]
        return texts[0].decode(), texts[1].decode(), texts[2].decode()

    def _odd_version(self, place: int) -> Version:
        found = self._odd_versions.get(place)
        if found is None:
            found = self._odd_versions[place] = _odd_version(self._odd[place])
        return found

    def versions(self) -> list[Version]:
        """All of them."""
        return [self.version(place) for place in range(self.count)]


def _measurement(parts: str) -> Measurement:
    """A result that was read before is found by its text at once."""
    found = _MEASURED.get(parts)
    if found is None:
        if len(_MEASURED) >= _MEASURED_AT_MOST:
            _MEASURED.clear()
        analyte, value, comparator, unit, limit, limit_comparator = parts.split(CELL)
        bound = None if limit == NONE else limit
        found = _MEASURED[parts] = measure(analyte, value, comparator, unit, bound, limit_comparator)
    return found


def _odd_version(row: list[Any]) -> Version:
    offset, event_id, type_, kind, identity, time, rank, reported_at, occurred_at, day, said = row
    content: Content | None = None
    match said:
        case ["result", parts, flags, preliminary]:
            content = lab_content_of(measure(*parts), frozenset(flags), preliminary, day, event_id)
        case ["prescription", data]:
            content = prescription_of(data)
        case ["other", data]:
            content = Other(data)
    key = fact_key(kind, identity)
    return Version(offset, event_id, type_, kind, identity, key, time, rank, reported_at, occurred_at, day, content)
