"""What each kind of report says: one model per type of submission, and nothing that the centres did not say."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from hepledger_events.strict import Strict
from hepledger_events.texts import DayText, DecimalText, IdentityText, MomentText, NoteText, ScoreText
from hepledger_events.vocabulary import Analyte, Comparator, Drug, LimitComparator, ResultStatus, RetractionReason, Sex


class Content(Strict):
    """A part of a report. Unknown keys are refused: a key misread is a fact lost."""


class Report(Content):
    """What every report may say: when its source made it."""

    reported_at: MomentText | None = None


class PatientEnrolled(Report):
    """A patient entered the registry."""

    sex: Sex | None = None
    birth_year: Annotated[int, Field(ge=1850, le=2200)] | None = None
    diagnosed_on: DayText | None = None
    enrolled_on: DayText | None = None
    diagnosis: NoteText | None = None


class UpperLimit(Content):
    """The upper reference limit as printed with a result; ``<`` says that the limit itself is already above normal."""

    value: DecimalText
    comparator: LimitComparator = LimitComparator.AT_MOST


class LabResultRecorded(Report):
    """A laboratory result as reported: value, unit and limit are those of the report."""

    result_id: IdentityText
    analyte: Analyte
    value: DecimalText
    comparator: Comparator = Comparator.EQUAL
    unit: str
    reference_high: UpperLimit | None = None
    status: ResultStatus = ResultStatus.FINAL
    flags: tuple[IdentityText, ...] = ()


class LabResultCorrected(LabResultRecorded):
    """The whole new content of a result that was reported before."""


class LabResultRetracted(Report):
    """A result that should never have been reported."""

    result_id: IdentityText
    reason: RetractionReason


class LabResultFinalised(Report):
    """A preliminary result is now final; its value is not sent again."""

    result_id: IdentityText


class Dose(Content):
    """How much, of which unit, how often (``day``)."""

    value: DecimalText
    unit: NoteText
    per: NoteText | None = None


class PrescriptionRecorded(Report):
    """A drug was prescribed. ``stopped_on`` is the last day taken, null while it runs; a new dose is a new prescription."""

    prescription_id: IdentityText
    drug: Drug
    dose: Dose | None = None
    route: NoteText | None = None
    formulation: NoteText | None = None
    started_on: DayText
    stopped_on: DayText | None = None
    stop_reason: NoteText | None = None
    indications: tuple[NoteText, ...] = ()


class PrescriptionCorrected(PrescriptionRecorded):
    """The whole new content of a prescription that was reported before."""


class PrescriptionRetracted(Report):
    """A prescription that should never have been reported."""

    prescription_id: IdentityText
    reason: RetractionReason


class AdverseEventRecorded(Report):
    """Something untoward happened to the patient."""

    event_id: IdentityText
    term: NoteText
    grade: Annotated[int, Field(ge=1, le=5)] | None = None
    suspected_drug: NoteText | None = None
    action: NoteText | None = None


class AdverseEventRetracted(Report):
    """An adverse event that should never have been reported; what it said may be said again."""

    event_id: IdentityText
    reason: RetractionReason | None = None
    term: NoteText | None = None
    grade: Annotated[int, Field(ge=1, le=5)] | None = None
    suspected_drug: NoteText | None = None
    action: NoteText | None = None


class BiopsyRecorded(Report):
    """A liver biopsy. The scales differ between pathologists, so both scores are texts."""

    biopsy_id: IdentityText
    activity_index: ScoreText | None = None
    fibrosis_stage: ScoreText | None = None


class BiopsyRetracted(Report):
    """A biopsy that should never have been reported; what it said may be said again."""

    biopsy_id: IdentityText
    reason: RetractionReason | None = None
    activity_index: ScoreText | None = None
    fibrosis_stage: ScoreText | None = None


class TransplantRecorded(Report):
    """The patient received a liver."""

    on: DayText


class DeathRecorded(Report):
    """The patient died."""

    on: DayText
    cause: NoteText | None = None
