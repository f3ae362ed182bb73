"""Which fields a table may fill for each type of submission, how each is written, and how they make up a submission.

The names are those of the submission itself; what is nested there is joined by an underscore (``dose_value``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, auto
from typing import Any, Final

from hepledger.intake.decimals import Measured
from hepledger.intake.limits import Limits
from hepledger_events.vocabulary import UNITS, Analyte, Comparator, Drug, ResultStatus, RetractionReason, Sex


class Kind(Enum):
    """How a field is written in a cell."""

    TEXT = auto()
    WORDS = auto()
    DATE = auto()
    MEASURED = auto()
    NUMBER = auto()
    LIMITS = auto()
    INTEGER = auto()


@dataclass(frozen=True, slots=True)
class Field:
    """One field: how it is written, whether a record cannot do without, and our words for it where it is coded."""

    kind: Kind = Kind.TEXT
    required: bool = False
    words: frozenset[str] | None = None


def _coded(words: Iterable[str], *, required: bool = False) -> Field:
    return Field(Kind.TEXT, required, frozenset(str(word) for word in words))


_IDENTITY: Final = Field(required=True)
_DATE: Final = Field(Kind.DATE)
_REASON: Final = _coded(RetractionReason, required=True)
_UNITS: Final = frozenset(unit for units in UNITS.values() for unit in units)

_ENVELOPE: Final = {"centre": Field(), "patient": _IDENTITY, "occurred_at": _DATE, "source": Field()}
_ALWAYS: Final = {**_ENVELOPE, "reported_at": _DATE}
_OCCURRED: Final = {"occurred_at": Field(Kind.DATE, required=True)}

_RESULT: Final = {
    **_OCCURRED,
    "result_id": _IDENTITY,
    "analyte": _coded(Analyte, required=True),
    "value": Field(Kind.MEASURED, required=True),
    "comparator": _coded(Comparator),
    "unit": _coded(_UNITS, required=True),
    "reference_low": Field(Kind.NUMBER),
    "reference_high": Field(Kind.LIMITS),
    "status": _coded(ResultStatus),
    "flags": Field(Kind.WORDS),
}
_PRESCRIPTION: Final = {
    "prescription_id": _IDENTITY,
    "drug": _coded(Drug, required=True),
    "dose_value": Field(Kind.NUMBER),
    "dose_unit": Field(),
    "dose_per": Field(),
    "route": Field(),
    "formulation": Field(),
    "started_on": Field(Kind.DATE, required=True),
    "stopped_on": _DATE,
    "stop_reason": Field(),
    "indications": Field(Kind.WORDS),
}
_ADVERSE_EVENT: Final = {
    "event_id": _IDENTITY,
    "grade": Field(Kind.INTEGER),
    "suspected_drug": Field(),
    "action": Field(),
}
_BIOPSY: Final = {"biopsy_id": _IDENTITY, "activity_index": Field(), "fibrosis_stage": Field()}

_OF_TYPE: Final[Mapping[str, Mapping[str, Field]]] = {
    "patient_enrolled": {
        "sex": _coded(Sex),
        "birth_year": Field(Kind.INTEGER),
        "diagnosed_on": _DATE,
        "enrolled_on": _DATE,
        "diagnosis": Field(),
    },
    "lab_result_recorded": _RESULT,
    "lab_result_corrected": _RESULT,
    "lab_result_retracted": {"result_id": _IDENTITY, "reason": _REASON},
    "lab_result_finalised": {"result_id": _IDENTITY},
    "prescription_recorded": _PRESCRIPTION,
    "prescription_corrected": _PRESCRIPTION,
    "prescription_retracted": {"prescription_id": _IDENTITY, "reason": _REASON},
    "adverse_event_recorded": {**_OCCURRED, **_ADVERSE_EVENT, "term": Field(required=True)},
    "adverse_event_retracted": {**_ADVERSE_EVENT, "term": Field(), "reason": _coded(RetractionReason)},
    "biopsy_recorded": {**_OCCURRED, **_BIOPSY},
    "biopsy_retracted": {**_BIOPSY, "reason": _coded(RetractionReason)},
    "transplant_recorded": {"on": Field(Kind.DATE, required=True)},
    "death_recorded": {"on": Field(Kind.DATE, required=True), "cause": Field()},
}

FIELDS: Final[Mapping[str, Mapping[str, Field]]] = {kind: {**_ALWAYS, **fields} for kind, fields in _OF_TYPE.items()}
"""Type of submission → field → how it is written."""


def assemble(kind: str, filled: Mapping[str, Any]) -> tuple[dict[str, Any], list[tuple[str, str, str]]]:
    """The submission that the filled fields make up, and what they say against each other: (field, found, expected)."""
    data = {name: value for name, value in filled.items() if name not in _ENVELOPE}
    faults: list[tuple[str, str, str]] = []
    if isinstance(measured := data.get("value"), Measured):
        faults += _put_value(data, measured)
    if isinstance(limits := data.pop("reference_high", None), Limits):
        faults += _put_limits(data, limits, data.get("reference_low"))
    data.pop("reference_low", None)
    dose = {name: data.pop(f"dose_{name}") for name in ("value", "unit", "per") if f"dose_{name}" in data}
    if "value" in dose:  # a unit without a number is the mapping's constant, and says nothing
        data["dose"] = dose
    submission: dict[str, Any] = {"type": kind}
    submission.update((name, filled[name]) for name in _ENVELOPE if name in filled)
    submission["data"] = data
    return submission, faults


def field_of(place: str) -> str:
    """The field that a place in a submission belongs to: ``data.dose.value`` → ``dose_value``."""
    path = place.removeprefix("data.").split(".")
    if path[0] == "dose" and len(path) > 1:
        return f"dose_{path[1]}"
    return path[0].partition("[")[0]


def _put_value(data: dict[str, Any], measured: Measured) -> list[tuple[str, str, str]]:
    data["value"] = measured.number
    if measured.comparator is None:
        return []
    stated = data.setdefault("comparator", measured.comparator)
    if stated == measured.comparator:
        return []
    return [("comparator", repr(stated), f"the comparator that stands before the value, {measured.comparator!r}")]


def _put_limits(data: dict[str, Any], limits: Limits, low_column: str | None) -> list[tuple[str, str, str]]:
    if limits.high is None:
        return []
    data["reference_high"] = {"value": limits.high, "comparator": limits.comparator}
    low = limits.low or low_column
    if low is not None and Decimal(low) > Decimal(limits.high):
        return [("reference_high", f"{low} to {limits.high}", "an upper limit that is not below the lower one")]
    return []
