"""A history packed: all that was said of one patient as one run of bytes, from which it is read back many times as fast as from rows.

What a course depends on comes first: numbers in columns as narrow as they can be, and what is the same in many results written
once. What is needed besides to tell each version whole is folded up behind it. `Sheet` reads it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from struct import Struct
from typing import Any, Final
from zlib import compress, crc32

from hepledger.clinical.facts import LabResult, Prescription, Version, time_of
from hepledger.clinical.history import counting, date_of, enrolled_day
from hepledger.clinical.manner import written_of

FORMAT: Final = 3
"""To be raised where packs are written otherwise, and where a rule changes of which they hold what comes of it: which version is
in force (`counting`), and which result is plausible."""
HEAD: Final = Struct("<BI")  # the format, and a checksum of all that follows
LENGTHS: Final = Struct("<IIIIIIB")
"""Versions; those that are odd; those that are no result; those of a fact spoken of before; bytes of manners; the day before the
first; bytes of a number."""
BODY: Final = HEAD.size + LENGTHS.size
ID_LENGTH: Final = 36
NO_DAY: Final = 0  # ordinals begin with 1
NOWHERE: Final = -1
"""The place of what there is not."""
NO_RESULT: Final = 255
"""The manner of a version whose content is no result."""
OTHER: Final = Struct("<IBBBHHH")
"""Of such a version: its place, kind, content (one of the three), number of the drug, the day it is dated on; of a prescription the
days it was started and stopped."""
NOTHING: Final = 0
DATED_PRESCRIPTION: Final = 1
PRESCRIPTION: Final = 2
ANYTHING: Final = 3
AGAIN: Final = Struct("<iii")
"""Of a version of a fact spoken of before: its place, that of the fact's first, and where since then the one in force is, if it counts."""
TEXTS: Final = 3
"""Identity, time of occurrence and of the report: one text after another, and the length of each in a byte, 0 where there is none."""
IMPLIED: Final = "\x1c"
"""Stands for a time of occurrence that is just the day, or a time of the report that is just the time of the version, written out."""
_FIELDS: Final = (
    "offset", "event_id", "type", "kind", "identity", "time", "rank", "reported_at", "occurred_at", "day"
)  # fmt: skip
"""What is written of an odd version, beside its content; the key follows from kind and identity."""
_DATE_LENGTH: Final = len("2024-03-01")
_LONGEST: Final = 255
_MOST: Final = 255
_DAYS: Final = 1 << 16
_NARROW, _WIDE = 2, 4  # bytes of a number
_QUICKLY: Final = 1  # how hard to compress
_Said = tuple[str, int, int, tuple[str, ...], bool, bool, int, str, str, str, str | None, str]
"""The fields of `manner.Said`: results are many and manners few, and a plain tuple is sooner made."""
_DIGITS: Final = re.compile(r"(0|[1-9][0-9]*)(?:\.([0-9]+))?")


class NotAPack(ValueError):
    """The bytes are not a history that this release has packed, or not as it was packed."""


class _Columns:
    """A row a version. What does not fit is odd: its row is empty, and it is told whole behind them. Days count from ``before``."""

    __slots__ = (
        "before",
        "days",
        "drugs",
        "ids",
        "manners",
        "numbers",
        "odd",
        "others",
        "rest",
        "said",
        "texts",
        "times",
    )

    def __init__(self, before: int) -> None:
        self.before = before
        self.said: dict[_Said, int] = {}
        self.drugs: dict[str, int] = {}
        self.days: list[int] = []
        self.numbers: list[int] = []
        self.manners: list[int] = []
        self.ids: list[str] = []
        self.times: list[int] = []
        self.texts: list[bytes] = []
        self.others: list[bytes] = []
        self.rest: list[list[Any]] = []
        self.odd: list[list[Any]] = []

    def take(self, version: Version) -> None:
        """One more row."""
        if not self._takes(version):
            self.odd.append([len(self.days), *(getattr(version, name) for name in _FIELDS), _content(version)])
            self._add(0, 0, NO_RESULT, " " * ID_LENGTH, 0, ("", "", ""))

    def _takes(self, version: Version) -> bool:
        """Whether it fits; then it has its row."""
        day, texts, content = self._day(version.day), _texts(version), version.content
        has_id = len(version.event_id) == ID_LENGTH and version.event_id.isascii()
        if day >= _DAYS or not has_id or texts is None:
            return False
        if isinstance(content, LabResult):
            number, said = _said(version, content)
            manner = _MOST if number < 0 else self.said.setdefault(said, len(self.said))
            if manner >= _MOST:
                return False
        else:
            number, manner, other = 0, NO_RESULT, self._other(version, day)
            if other is None:
                return False
            self.others.append(other)
            self.rest.append([len(self.days), version.type, version.rank, _content(version)])
        self._add(day, number, manner, version.event_id, version.time, texts)
        return True

    def _other(self, version: Version, day: int) -> bytes | None:
        """None if it does not fit."""
        content, begun, ended, drug, what = version.content, 0, 0, 0, NOTHING
        if isinstance(content, Prescription):
            begun, ended = self._day(content.started_day), self._day(content.stopped_day)
            drug = self.drugs.setdefault(content.drug, len(self.drugs))
            what = DATED_PRESCRIPTION if content.dated else PRESCRIPTION
        elif content is not None:
            what = ANYTHING
        if max(begun, ended) >= _DAYS or drug >= _MOST or (what == ANYTHING and enrolled_day(version) != version.day):
            return None
        return OTHER.pack(len(self.days), version.kind, what, drug, day, begun, ended)

    def _day(self, day: int | None) -> int:
        return 0 if day is None else day - self.before

    def _add(self, day: int, number: int, manner: int, event_id: str, time: int, texts: tuple[str, str, str]) -> None:
        self.days.append(day)
        self.numbers.append(number)
        self.manners.append(manner)
        self.ids.append(event_id)
        self.times.append(time)
        self.texts += [text.encode() for text in texts]


def pack(versions: Sequence[Version]) -> bytes:
    """The versions of one patient, in the order of the log, as bytes."""
    columns = _Columns(_first_day(versions) - 1)
    for version in versions:
        columns.take(version)
    count, again = len(versions), [AGAIN.pack(*each) for each in _spoken_of_again(versions)]
    manners = written_of([*columns.said][:_MOST], [*columns.drugs][:_MOST])
    width = _NARROW if max(columns.numbers, default=0) < 1 << 8 * _NARROW else _WIDE
    whole = [
        LENGTHS.pack(count, len(columns.odd), len(columns.others), len(again), len(manners), columns.before, width),
        bytes(columns.manners),
        numbers_of(count, width).pack(*columns.days, *columns.numbers),
        *columns.others,
        *again,
        manners,
        wide_column_of(count).pack(*[version.offset for version in versions]),
        "".join(columns.ids).encode("ascii"),
        _folded(columns),
    ]
    body = b"".join(whole)
    return HEAD.pack(FORMAT, crc32(body)) + body


@lru_cache(maxsize=4_096)
def numbers_of(count: int, width: int) -> Struct:
    """A column of days, and one of what was measured."""
    return Struct(f"<{count}H{count}{'H' if width == _NARROW else 'I'}")


def wide_column_of(count: int) -> Struct:
    """A column of offsets, or of times."""
    return Struct(f"<{count}q")


def _folded(columns: _Columns) -> bytes:
    times = wide_column_of(len(columns.times)).pack(*columns.times)
    rest = json.dumps([columns.rest, columns.odd], separators=(",", ":")).encode()
    return compress(b"".join([times, bytes(map(len, columns.texts)), *columns.texts, rest]), _QUICKLY)


def _first_day(versions: Sequence[Version]) -> int:
    """The first of all days that are spoken of."""
    days = {version.day for version in versions}
    for version in versions:
        if isinstance(version.content, Prescription):
            days |= {version.content.started_day, version.content.stopped_day}
    return min((day for day in days if day is not None), default=1)


def _spoken_of_again(versions: Sequence[Version]) -> Iterator[tuple[int, int, int]]:
    firsts: dict[str, int] = {}
    places: dict[str, list[int]] = {}
    for place, version in enumerate(versions):
        first = firsts.setdefault(version.key, place)
        if first != place:
            mine = places.setdefault(version.key, [first])
            mine.append(place)
            found = counting([versions[each] for each in mine])
            yield place, first, next((each for each in mine if versions[each] is found), NOWHERE)


def _said(version: Version, content: LabResult) -> tuple[int, _Said]:
    """The digits of a result, below 0 if they do not fit, and its manner."""
    measurement = content.measurement
    number, decimals = _number(measurement.text)
    return number, (
        version.type, version.kind, version.rank, tuple(sorted(content.flags)) if content.flags else (), content.preliminary,
        not measurement.problems, decimals, measurement.analyte, measurement.comparator, measurement.unit,
        measurement.limit_text, measurement.limit_comparator,
    )  # fmt: skip


@lru_cache(maxsize=65_536)
def _number(text: str) -> tuple[int, int]:
    """A number as its digits make up one without a point, and how many of them stand behind it; below 0 if it is written otherwise."""
    digits = _DIGITS.fullmatch(text)
    if digits is None:
        return NOWHERE, 0
    fraction = digits[2] or ""
    number = int(digits[1] + fraction)
    return (number, len(fraction)) if number < 1 << 8 * _WIDE else (NOWHERE, 0)


def _is_short(text: str) -> bool:
    """Whether a byte can tell its length."""
    return len(text) <= _LONGEST and (text.isascii() or len(text.encode()) <= _LONGEST)


def _is_plain(text: str | None) -> bool:
    """Whether it is short, and would not be read back as another, or as none."""
    return text is None or (text not in ("", IMPLIED) and _is_short(text))


def _texts(version: Version) -> tuple[str, str, str] | None:
    """None if they do not fit."""
    day, occurred_at, reported_at = version.day, version.occurred_at, version.reported_at
    if not (_is_short(version.identity) and _is_plain(occurred_at) and _is_plain(reported_at)):
        return None
    if day is not None and occurred_at is not None and len(occurred_at) == _DATE_LENGTH and occurred_at == date_of(day):
        occurred_at = IMPLIED
    if reported_at is not None and reported_at == time_of(version.time):
        reported_at = IMPLIED
    return (version.identity, occurred_at or "", reported_at or "")


def _content(version: Version) -> list[Any] | None:
    content = version.content
    if isinstance(content, LabResult):
        return ["result", content.measurement.said, sorted(content.flags), content.preliminary]
    if content is None:
        return None
    return ["prescription" if isinstance(content, Prescription) else "other", content.data]
