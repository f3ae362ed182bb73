"""Dates and times as a file writes them, turned to ISO 8601 without moving them: the clinical day is the day as written.

A date-time without an offset has one only if the mapping says so; it is never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from hepledger.intake.records import Unreadable

_ISO: Final = re.compile(
    r"(?P<date>[0-9]{4}(?:-[0-9]{2}(?:-[0-9]{2})?)?)"
    r"(?:[T ](?P<time>[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?)\s*(?P<offset>Z|[+-][0-9]{2}:?[0-9]{2})?)?"
)
_OFFSET: Final = re.compile(r"([+-])([0-9]{2}):?([0-9]{2})")
_DIRECTIVE: Final = re.compile(r"%(.)")
_KNOWN_DIRECTIVES: Final = frozenset("YymdbBHIMSfpz%")
_ISO_EXPECTED: Final = "a date such as 2024-03-01 or a date-time such as 2024-03-01T08:30+01:00 (other ways of writing: `dates` of the mapping)"
_ZONE_EXPECTED: Final = "a time with its offset from UTC, or a `timezone` in the mapping that says which it is in"

DateReader = Callable[[str], str]
"""A written date → ISO 8601 text: YYYY, YYYY-MM, YYYY-MM-DD or a date-time with offset. Raises Unreadable."""


def parse_zone(name: str) -> tzinfo:
    """The time zone of an offset (``+01:00``) or an IANA name (``Europe/Berlin``). Raises Unreadable."""
    if offset := _OFFSET.fullmatch(name):
        span = timedelta(hours=int(offset[2]), minutes=int(offset[3]))
        if span < timedelta(hours=24):
            return timezone(-span if offset[1] == "-" else span)
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        raise Unreadable("an offset such as +01:00 or a time zone such as Europe/Berlin") from None


def faults_of_format(pattern: str) -> list[str]:
    """What is wrong with a date format of a mapping; nothing if it can be used."""
    used = _DIRECTIVE.findall(pattern)
    unknown = [f"%{letter}" for letter in used if letter not in _KNOWN_DIRECTIVES]
    if unknown:
        return [f"a date format without {', '.join(unknown)}"]
    letters = set(used)
    if not letters & {"Y", "y"} or ("d" in letters and not letters & {"m", "b", "B"}):
        return ["a date format with a year, and a month where it has a day"]
    if letters & set("HI") and not letters & {"d"}:
        return ["a date format that has a day where it has a time"]
    return [] if _works(pattern) else ["a date format that Python's strptime understands"]


def _works(pattern: str) -> bool:
    sample = datetime(2024, 3, 1, 8, 30, tzinfo=UTC).strftime(pattern)
    try:
        return datetime.strptime(sample, pattern) is not None  # noqa: DTZ007 - only tried
    except (ValueError, re.error):  # a directive given twice is an error of the expression behind it
        return False


def date_reader(formats: Sequence[str], zone: tzinfo | None) -> DateReader:
    """A reader of dates in any of the formats (ISO 8601 where none is given), the first that fits. Files repeat their dates, so answers are kept."""

    @lru_cache(maxsize=16_384)
    def read(text: str) -> str:
        if not formats:
            return _read_iso(text, zone)
        for pattern in formats:
            if (found := _strptime(text, pattern)) is not None:
                return _written(found, pattern, zone)
        raise Unreadable(f"a date written as {' or '.join(formats)}")

    return read


def _read_iso(text: str, zone: tzinfo | None) -> str:
    match = _ISO.fullmatch(text)
    if match is None:
        raise Unreadable(_ISO_EXPECTED)
    date, time, offset = match["date"], match["time"], match["offset"]
    if time is None:
        return date
    try:
        moment = datetime.fromisoformat(f"{date}T{time}")
    except ValueError:
        raise Unreadable(_ISO_EXPECTED) from None
    if offset and len(offset) == len("+0100"):
        offset = f"{offset[:3]}:{offset[3:]}"
    return f"{date}T{time}{offset or _offset_of(moment, zone)}"


def _strptime(text: str, pattern: str) -> datetime | None:
    try:
        return datetime.strptime(text, pattern)  # noqa: DTZ007 - the zone is the mapping's, added below
    except ValueError:
        return None


def _written(found: datetime, pattern: str, zone: tzinfo | None) -> str:
    letters = set(_DIRECTIVE.findall(pattern))
    if letters & set("HI"):
        return found.isoformat() + ("" if found.tzinfo is not None else _offset_of(found, zone))
    if "d" in letters:
        return found.date().isoformat()
    return found.date().isoformat()[: len("2024-03") if letters & {"m", "b", "B"} else len("2024")]


def _offset_of(local: datetime, zone: tzinfo | None) -> str:
    """The offset a wall clock had; of an hour that came twice, the first. Raises Unreadable without a zone and for an hour that never was."""
    if zone is None:
        raise Unreadable(_ZONE_EXPECTED)
    moment = local.replace(tzinfo=zone)
    if moment.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != local:
        raise Unreadable(f"a time that the clocks of {zone} showed (they were put forward over it)")
    return moment.isoformat()[len(local.isoformat()) :]
