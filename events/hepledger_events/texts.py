"""The kinds of text that reports are made of: decimals, dates, identities, words. Each is kept as the source wrote it."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema

from hepledger_events.faults import expectation

DECIMAL_PATTERN: Final = r"[+-]?[0-9]{1,15}(\.[0-9]{1,20})?"
DAY_PATTERN: Final = (
    r"[0-9]{4}(-[0-9]{2}(-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?(Z|[+-][0-9]{2}:[0-9]{2}))?)?)?"
)
CENTRE_PATTERN: Final = r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}"
FIRST_YEAR: Final = 1800
LAST_YEAR: Final = 9998
"""9999-12-31 is how some systems write "no end": here no end is written as no date."""

_DECIMAL: Final = re.compile(DECIMAL_PATTERN)
_DAY: Final = re.compile(DAY_PATTERN)
_NAIVE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?")
_CENTRE: Final = re.compile(CENTRE_PATTERN)
_UNPRINTABLE: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_FULL_DATE: Final = len("2024-03-01")
_LONGEST_IDENTITY: Final = 200
_LONGEST_PATIENT: Final = 64
_LONGEST_NOTE: Final = 4000


def decimal_text(value: object) -> object:
    """A plain decimal as text. A JSON integer is one too; a JSON float is not the number that was written."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if isinstance(value, float):
        raise expectation("the value as text: a binary float has lost what was written")
    if not isinstance(value, str) or _DECIMAL.fullmatch(value) is None:
        raise expectation("a plain decimal as text, such as '412' or '3.30' (at most 15 digits and 20 decimals)")
    return value


def day_text(value: str) -> str:
    """A year, a month, a date, or a date-time with its offset, as ISO 8601 writes them."""
    if _DAY.fullmatch(value) is None:
        if _NAIVE.fullmatch(value) is not None:
            raise expectation("a date-time with its offset from UTC, as in 2024-03-01T08:30:00+01:00")
        raise expectation("a date such as 2024-03-01, a date-time with offset, or a year or month alone")
    if not _is_real(value):
        raise expectation("a day that is in the calendar")
    if not FIRST_YEAR <= int(value[:4]) <= LAST_YEAR:
        raise expectation(f"a year from {FIRST_YEAR} to {LAST_YEAR} (leave an end out that is not known)")
    return value


def _is_real(value: str) -> bool:
    try:
        if len(value) > _FULL_DATE:
            datetime.fromisoformat(value)
        else:
            date.fromisoformat((value + "-01-01")[:_FULL_DATE] if len(value) < 7 else (value + "-01")[:_FULL_DATE])
    except ValueError:
        return False
    return True


def moment_text(value: str) -> str:
    """A date-time with its offset, or a full date, which is its first moment in UTC."""
    if len(day_text(value)) < _FULL_DATE:
        raise expectation("a date-time with its offset, or a full date")
    return value


def identity_text(value: str) -> str:
    """The identity of something in its centre: what cannot be seen cannot be compared by eye, so it is refused."""
    return _visible(value, _LONGEST_IDENTITY)


def patient_text(value: str) -> str:
    """The centre's pseudonym of a patient."""
    if "/" in value:
        raise expectation("a patient code without '/', which separates centre and patient")
    return _visible(value, _LONGEST_PATIENT)


def _visible(value: str, longest: int) -> str:
    if not 0 < len(value) <= longest or not value.isprintable() or value != value.strip():
        raise expectation(f"1 to {longest} printable characters, without a blank at either end")
    return value


def centre_text(value: str) -> str:
    """The code of a centre."""
    if _CENTRE.fullmatch(value) is None:
        raise expectation("a centre code: up to 32 letters, digits, '.', '_' or '-', beginning with a letter or digit")
    return value


def note_text(value: str) -> str:
    """Free text."""
    if not value.strip() or len(value) > _LONGEST_NOTE or _UNPRINTABLE.search(value) is not None:
        raise expectation(f"1 to {_LONGEST_NOTE} characters of text without control characters, or no key at all")
    return value


def score_text(value: object) -> object:
    """A grade on a scale that differs between pathologists (``4``, ``F3``): kept as text, never calculated with."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _text(**schema: Any) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", **schema})


DecimalText = Annotated[str, BeforeValidator(decimal_text), _text(pattern=f"^{DECIMAL_PATTERN}$")]
DayText = Annotated[str, AfterValidator(day_text), _text(pattern=f"^{DAY_PATTERN}$")]
MomentText = Annotated[str, AfterValidator(moment_text), _text(pattern=f"^{DAY_PATTERN}$", minLength=_FULL_DATE)]
IdentityText = Annotated[str, AfterValidator(identity_text), _text(minLength=1, maxLength=_LONGEST_IDENTITY)]
PatientText = Annotated[str, AfterValidator(patient_text), _text(pattern="^[^/]+$", maxLength=_LONGEST_PATIENT)]
CentreText = Annotated[str, AfterValidator(centre_text), _text(pattern=f"^{CENTRE_PATTERN}$")]
NoteText = Annotated[str, AfterValidator(note_text), _text(minLength=1, maxLength=_LONGEST_NOTE)]
ScoreText = Annotated[
    str, BeforeValidator(score_text), AfterValidator(identity_text), _text(minLength=1, maxLength=_LONGEST_IDENTITY)
]
