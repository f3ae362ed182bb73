"""The border where a centre's statement becomes the registry's: a submission is taken whole or refused with all its faults."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from hepledger_events import contents
from hepledger_events.canonical import canonical_json
from hepledger_events.faults import NOTHING, ContractBroken, Fault, describe, faults_of, one_of, told
from hepledger_events.strict import Strict
from hepledger_events.texts import CentreText, DayText, IdentityText, PatientText
from hepledger_events.vocabulary import UNITS

__all__ = ["REPORTS", "Fault", "InvalidSubmission", "Submission", "canonical_json", "parse_submission"]

REPORTS: Final[Mapping[str, type[contents.Report]]] = {
    "patient_enrolled": contents.PatientEnrolled,
    "lab_result_recorded": contents.LabResultRecorded,
    "lab_result_corrected": contents.LabResultCorrected,
    "lab_result_retracted": contents.LabResultRetracted,
    "lab_result_finalised": contents.LabResultFinalised,
    "prescription_recorded": contents.PrescriptionRecorded,
    "prescription_corrected": contents.PrescriptionCorrected,
    "prescription_retracted": contents.PrescriptionRetracted,
    "adverse_event_recorded": contents.AdverseEventRecorded,
    "adverse_event_retracted": contents.AdverseEventRetracted,
    "biopsy_recorded": contents.BiopsyRecorded,
    "biopsy_retracted": contents.BiopsyRetracted,
    "transplant_recorded": contents.TransplantRecorded,
    "death_recorded": contents.DeathRecorded,
}
"""Type of submission → the model of what it says."""

DATED: Final = frozenset({"lab_result_recorded", "lab_result_corrected", "adverse_event_recorded", "biopsy_recorded"})
"""Types that say nothing unless they say when."""

_NATURAL_DATES: Final = ("started_on", "enrolled_on", "on")


class InvalidSubmission(ContractBroken):
    """A submission does not follow the published language. ``faults`` are all of them."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        self.faults = faults
        super().__init__(told(faults))


class SubmissionHead(Strict):
    """What every submission says beside its data."""

    type: str
    centre: CentreText
    patient: PatientText
    occurred_at: DayText | None = None
    source: IdentityText | None = None
    data: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """What a centre wants to say, valid. ``data`` is of the model that ``REPORTS`` has for ``type``."""

    type: str
    centre: str
    patient: str
    occurred_at: str | None
    source: str | None
    data: contents.Report

    def content(self) -> dict[str, Any]:
        """The data as plain JSON values: defaults filled in, absent keys left out (but ``stopped_on``, whose null means "runs")."""
        content = self.data.model_dump(mode="json", exclude_none=True)
        if isinstance(self.data, contents.PrescriptionRecorded):
            content.setdefault("stopped_on", None)
        return content


def parse_submission(obj: Mapping[str, Any]) -> Submission:
    """The submission in ``obj``. Raises InvalidSubmission with every fault of head and data, each with its place."""
    fields = dict(obj)
    kind = fields.get("type")
    model = REPORTS.get(kind) if isinstance(kind, str) else None
    try:
        head = SubmissionHead.model_validate(fields)
        if model is None:
            raise InvalidSubmission(_all_faults(fields, model))
        data = model.model_validate(head.data)
    except ValidationError:
        raise InvalidSubmission(_all_faults(fields, model)) from None
    faults = tuple(_faults_between(fields))
    if faults:
        raise InvalidSubmission(faults)
    occurred_at = head.occurred_at or _natural_date(data)
    return Submission(
        type=head.type,
        centre=head.centre,
        patient=head.patient,
        occurred_at=occurred_at,
        source=head.source,
        data=data,
    )


def _natural_date(data: contents.Report) -> str | None:
    return next((day for name in _NATURAL_DATES if (day := getattr(data, name, None)) is not None), None)


def _all_faults(fields: Mapping[str, Any], model: type[contents.Report] | None) -> tuple[Fault, ...]:
    faults = list(_faults_under(SubmissionHead, fields))
    if model is not None and "data" in fields:
        faults += _faults_under(model, fields["data"], "data")
    elif isinstance(fields.get("type"), str):
        faults.append(Fault("type", describe(fields["type"]), one_of(REPORTS, fields["type"])))
    return (*faults, *_faults_between(fields))


def _faults_under(model: type[BaseModel], value: object, *prefix: str) -> tuple[Fault, ...]:
    try:
        model.model_validate(value)
    except ValidationError as error:
        return faults_of(error, model, {}, prefix)
    return ()


def _faults_between(fields: Mapping[str, Any]) -> Iterator[Fault]:
    """Faults that no key has alone. They are looked for in the raw input, so that they are told with all the others."""
    kind = fields.get("type")
    if isinstance(kind, str) and kind in DATED and fields.get("occurred_at") is None:
        yield Fault("occurred_at", NOTHING, "the day it happened: this key is required here")
    data = fields.get("data")
    if isinstance(data, Mapping):
        yield from _unit_fault(data)
        yield from _order_fault(data)


def _unit_fault(data: Mapping[str, Any]) -> Iterator[Fault]:
    analyte, unit = data.get("analyte"), data.get("unit")
    if isinstance(analyte, str) and analyte in UNITS and isinstance(unit, str):
        units = UNITS[analyte]  # type: ignore[index]
        if unit not in units:
            yield Fault("data.unit", describe(unit), f"{one_of(sorted(units))} for {analyte} (a unit is never guessed)")


def _order_fault(data: Mapping[str, Any]) -> Iterator[Fault]:
    started, stopped = data.get("started_on"), data.get("stopped_on")
    if isinstance(started, str) and isinstance(stopped, str):
        known = min(len(started), len(stopped), len("2024-03-01"))
        if stopped[:known] < started[:known]:
            yield Fault("data.stopped_on", describe(stopped), f"no day before started_on, {describe(started)}")
