"""A packed history as it is read: numbers where they stand in the bytes, a version only where somebody asks for it."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Mapping
from itertools import accumulate
from struct import Struct
from typing import Any, Final
from zlib import crc32, decompress

from hepledger.clinical.facts import (
    Content,
    FactKind,
    LabResult,
    Other,
    Prescription,
    Version,
    fact_key,
    lab_content_of,
    prescription_of,
    time_of,
)
from hepledger.clinical.history import date_of
from hepledger.clinical.manner import Manner, Manners, manners_in
from hepledger.clinical.measurement import measure
from hepledger.clinical.packed import (
    AGAIN,
    ANYTHING,
    BODY,
    DATED_PRESCRIPTION,
    FORMAT,
    HEAD,
    ID_LENGTH,
    IMPLIED,
    LENGTHS,
    NO_DAY,
    NO_RESULT,
    NOTHING,
    OTHER,
    TEXTS,
    NotAPack,
    numbers_of,
    wide_column_of,
)

_UNSAID: Final[Mapping[str, Any]] = {}
_ANYTHING: Final = Other(_UNSAID)
_LAB_RESULT: Final = int(FactKind.LAB_RESULT)
_OFFSET: Final = Struct("<q")


class Again:
    """One more version of a fact: the place of the first, and from now on that of the one in force; NOWHERE if that does not count."""

    __slots__ = ("first", "now")

    def __init__(self, first: int, now: int) -> None:
        self.first, self.now = first, now


class Sheet:
    """What was said of one patient, a place each, in the order of the log: ``count`` places are looked at.

    ``again`` are the places where a fact is spoken of that was spoken of before. ``is_odd``: some of it did not fit into the
    columns, and only `versions` tells it all.
    """

    __slots__ = (
        "_before", "_briefs", "_ids", "_ids_at", "_in_all", "_numbers", "_offsets_at", "_others", "_packed", "_results", "again",
        "count", "is_odd", "manners"
    )  # fmt: skip

    def __init__(self, packed: bytes) -> None:
        """Raises NotAPack."""
        if len(packed) < BODY or HEAD.unpack_from(packed) != (FORMAT, crc32(memoryview(packed)[HEAD.size :])):
            raise NotAPack
        lengths: tuple[int, int, int, int, int, int, int] = LENGTHS.unpack_from(packed, HEAD.size)
        count, odd, others, again, manners, before, width = lengths
        self._packed, self.count, self._in_all, self._before = packed, count, count, before
        self.is_odd = odd > 0
        columns = numbers_of(count, width)
        self._numbers: tuple[int, ...] = columns.unpack_from(packed, BODY + count)
        others_at = BODY + count + columns.size
        again_at = others_at + OTHER.size * others
        manners_at = again_at + AGAIN.size * again
        self._others: dict[int, tuple[int, ...]] = {}
        for at in range(others_at, again_at, OTHER.size):
            other: tuple[int, ...] = OTHER.unpack_from(packed, at)
            self._others[other[0]] = other
        self.again: dict[int, Again] = {}
        for at in range(again_at, manners_at, AGAIN.size):
            row: tuple[int, int, int] = AGAIN.unpack_from(packed, at)
            self.again[row[0]] = Again(row[1], row[2])
        self._offsets_at = manners_at + manners
        self._ids_at = self._offsets_at + _OFFSET.size * count
        self._ids = ""
        self.manners: Manners = manners_in(packed[manners_at : self._offsets_at])
        self._results: dict[int, LabResult] = {}
        self._briefs: dict[int, Version] = {}

    def below(self, offset: int) -> Sheet:
        """What lies below an offset of it."""
        part = Sheet(self._packed)
        part.count = bisect_left(range(self.count), offset, key=self.offset)
        return part

    def offset(self, place: int) -> int:
        """Where in the partition it is."""
        found: int = _OFFSET.unpack_from(self._packed, self._offsets_at + place * _OFFSET.size)[0]
        return found

    def event_id(self, place: int) -> str:
        """The id of the event at a place."""
        if not self._ids:
            self._ids = self._packed[self._ids_at : self._ids_at + self._in_all * ID_LENGTH].decode("ascii")
        return self._ids[place * ID_LENGTH : (place + 1) * ID_LENGTH]

    def manner(self, place: int) -> int:
        """How the result of a place was said, a place among the manners; NO_RESULT for what is none."""
        return self._packed[BODY + place]

    def day(self, place: int) -> int:
        """The day (ordinal) that a place is dated on; NO_DAY if it is not known to the day."""
        day = self._numbers[place]
        return self._before + day if day else NO_DAY

    def number(self, place: int) -> int:
        """The digits of a result."""
        return self._numbers[self._in_all + place]

    def is_of_a_result(self, place: int) -> bool:
        """Whether it speaks of a laboratory result."""
        return self.manner(place) != NO_RESULT or self._others[place][1] == _LAB_RESULT

    def result(self, place: int) -> LabResult:
        """The content of a result."""
        found = self._results.get(place)
        if found is None:
            day, manner = self.day(place), self._manner(place)
            found = self._results[place] = lab_content_of(
                manner.measurement(self.number(place)),
                manner.flags,
                manner.preliminary,
                None if day == NO_DAY else day,
                self.event_id(place),
            )
        return found

    def brief(self, place: int) -> Version:
        """What is no result, as far as a course depends on it: without texts, times, and all that is said besides."""
        found = self._briefs.get(place)
        if found is None:
            said = self._others[place]
            what, day = said[2], self._date(said[4])
            content: Content | None = None
            if what == ANYTHING:
                content = _ANYTHING
            elif what != NOTHING:
                drug, dated = self.manners.drugs[said[3]], what == DATED_PRESCRIPTION
                content = Prescription(drug, self._date(said[5]), self._date(said[6]), dated, _UNSAID)
            offset, event_id = self.offset(place), self.event_id(place)
            found = Version(offset, event_id, "", said[1], "", "", 0, 0, None, None, day, content)
            self._briefs[place] = found
        return found

    def versions(self) -> list[Version]:
        """All of them, each whole."""
        folded = _Folded(self._packed[self._ids_at + self._in_all * ID_LENGTH :], self._in_all)
        return [self._version(place, folded) for place in range(self.count)]

    def _version(self, place: int, folded: _Folded) -> Version:
        if place in folded.odd:
            return _odd_version(folded.odd[place])
        identity, occurred_at, reported_at = folded.texts(place)
        day, time = self.day(place), folded.times[place]
        if occurred_at == IMPLIED:
            occurred_at = date_of(day)
        if reported_at == IMPLIED:
            reported_at = time_of(time)
        type_, kind, rank, content = self._said(place, folded)
        return Version(
            self.offset(place),
            self.event_id(place),
            type_,
            kind,
            identity,
            fact_key(kind, identity),
            time,
            rank,
            reported_at or None,
            occurred_at or None,
            None if day == NO_DAY else day,
            content,
        )

    def _said(self, place: int, folded: _Folded) -> tuple[str, int, int, Content | None]:
        """Type, kind, rank and content."""
        if self.manner(place) != NO_RESULT:
            said = self._manner(place).said
            return said.type, said.kind, said.rank, self.result(place)
        type_, rank, content = folded.rest[place]
        return type_, self._others[place][1], rank, _content(content, None, "")

    def _date(self, day: int) -> int | None:
        return self._before + day if day else None

    def _manner(self, place: int) -> Manner:
        return self.manners.all[self.manner(place)]


class _Folded:
    """What a course does not depend on: times and texts, what else is said of what is no result, and what did not fit anywhere."""

    __slots__ = ("_begins", "_said", "odd", "rest", "times")

    def __init__(self, packed: bytes, count: int) -> None:
        self._said = said = decompress(packed)
        times = wide_column_of(count)
        self.times: tuple[int, ...] = times.unpack_from(said)
        texts_at = times.size + TEXTS * count
        self._begins = [*accumulate(said[times.size : texts_at], initial=texts_at)]
        rest, odd = json.loads(said[self._begins[-1] :])
        self.rest: dict[int, list[Any]] = {place: row for place, *row in rest}
        self.odd: dict[int, list[Any]] = {place: row for place, *row in odd}

    def texts(self, place: int) -> tuple[str, str, str]:
        """Identity, time of occurrence and of the report; empty where there is none."""
        said, first = self._said, TEXTS * place
        identity, occurred, reported, end = self._begins[first : first + TEXTS + 1]
        return said[identity:occurred].decode(), said[occurred:reported].decode(), said[reported:end].decode()


def _odd_version(row: list[Any]) -> Version:
    offset, event_id, type_, kind, identity, time, rank, reported_at, occurred_at, day, said = row
    content, key = _content(said, day, event_id), fact_key(kind, identity)
    return Version(offset, event_id, type_, kind, identity, key, time, rank, reported_at, occurred_at, day, content)


def _content(said: list[Any] | None, day: int | None, event_id: str) -> Content | None:
    match said:
        case ["result", parts, flags, preliminary]:
            return lab_content_of(measure(*parts), frozenset(flags), preliminary, day, event_id)
        case ["prescription", data]:
            return prescription_of(data)
        case ["other", data]:
            return Other(data)
        case _:
            return None
