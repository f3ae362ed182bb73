"""Submissions for tests, one builder per kind: what a test does not say is ordinary.

Without an identity of its own a fact is named after what it is about, so the same call twice is the same fact.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Submitted = dict[str, Any]


def submission(
    type: str,  # noqa: A002 - the field's own name
    data: Mapping[str, Any],
    *,
    patient: str = "LEE-001",
    centre: str = "LEE",
    occurred_at: str | None = None,
    source: str | None = None,
) -> Submitted:
    """Any submission; what is None is left out, at the top and in ``data`` (but ``stopped_on``)."""
    head = {"type": type, "centre": centre, "patient": patient, "occurred_at": occurred_at, "source": source}
    kept = {key: value for key, value in data.items() if value is not None or key == "stopped_on"}
    return {key: value for key, value in head.items() if value is not None} | {"data": kept}


def lab(
    patient: str = "LEE-001",
    day: str = "2024-03-01",
    alt: str = "412",
    *,
    unit: str = "U/L",
    limit: str | None = "40",
    limit_comparator: str = "<=",
    result_id: str | None = None,
    centre: str = "LEE",
    status: str = "final",
    reported_at: str | None = None,
    analyte: str = "ALT",
    comparator: str = "=",
    source: str | None = None,
    type: str = "lab_result_recorded",  # noqa: A002 - the field's own name
    flags: Sequence[str] = (),
) -> Submitted:
    """A laboratory result: ``alt`` is the value, of whatever ``analyte``."""
    data = {
        "result_id": result_id or f"{analyte}-{day}",
        "analyte": analyte,
        "value": alt,
        "comparator": comparator,
        "unit": unit,
        "reference_high": None if limit is None else {"value": limit, "comparator": limit_comparator},
        "status": status,
        "reported_at": reported_at,
        "flags": list(flags),
    }
    return submission(type, data, patient=patient, centre=centre, occurred_at=day, source=source)


def correction(**said: Any) -> Submitted:
    """The whole new content of a result: as ``lab``."""
    return lab(**{"type": "lab_result_corrected", **said})


def retraction(
    result_id: str = "ALT-2024-03-01",
    patient: str = "LEE-001",
    centre: str = "LEE",
    reason: str = "entered_in_error",
    reported_at: str | None = None,
    source: str | None = None,
) -> Submitted:
    """A result that is taken back."""
    data = {"result_id": result_id, "reason": reason, "reported_at": reported_at}
    return submission("lab_result_retracted", data, patient=patient, centre=centre, source=source)


def finalisation(
    result_id: str = "ALT-2024-03-01",
    patient: str = "LEE-001",
    centre: str = "LEE",
    reported_at: str | None = None,
    source: str | None = None,
) -> Submitted:
    """A preliminary result that is now final."""
    data = {"result_id": result_id, "reported_at": reported_at}
    return submission("lab_result_finalised", data, patient=patient, centre=centre, source=source)


def prescription(
    patient: str = "LEE-001",
    started_on: str = "2024-01-01",
    *,
    stopped_on: str | None = None,
    drug: str = "tacrolimus",
    dose: str | None = "3",
    prescription_id: str | None = None,
    indications: Sequence[str] = (),
    centre: str = "LEE",
    reported_at: str | None = None,
    source: str | None = None,
    stop_reason: str | None = None,
    type: str = "prescription_recorded",  # noqa: A002 - the field's own name
) -> Submitted:
    """A prescription of ``dose`` mg a day."""
    data = {
        "prescription_id": prescription_id or f"{drug}-{started_on}",
        "drug": drug,
        "dose": None if dose is None else {"value": dose, "unit": "mg", "per": "day"},
        "route": "oral",
        "started_on": started_on,
        "stopped_on": stopped_on,
        "stop_reason": stop_reason,
        "indications": list(indications),
        "reported_at": reported_at,
    }
    return submission(type, data, patient=patient, centre=centre, source=source)


def prescription_retraction(
    prescription_id: str = "tacrolimus-2024-01-01",
    patient: str = "LEE-001",
    centre: str = "LEE",
    reason: str = "entered_in_error",
    reported_at: str | None = None,
    source: str | None = None,
) -> Submitted:
    """A prescription that is taken back."""
    data = {"prescription_id": prescription_id, "reason": reason, "reported_at": reported_at}
    return submission("prescription_retracted", data, patient=patient, centre=centre, source=source)


def enrolment(
    patient: str = "LEE-001",
    enrolled_on: str | None = "2023-12-01",
    sex: str = "female",
    birth_year: int | None = 1984,
    diagnosed_on: str | None = "2023-11-15",
    diagnosis: str | None = "autoimmune hepatitis",
    centre: str = "LEE",
    source: str | None = None,
) -> Submitted:
    """A patient enters the registry."""
    data = {
        "sex": sex,
        "birth_year": birth_year,
        "diagnosed_on": diagnosed_on,
        "enrolled_on": enrolled_on,
        "diagnosis": diagnosis,
    }
    return submission("patient_enrolled", data, patient=patient, centre=centre, source=source)


def adverse_event(
    patient: str = "LEE-001",
    day: str = "2024-04-01",
    *,
    term: str = "tremor",
    event_id: str | None = None,
    grade: int | None = 2,
    suspected_drug: str | None = "tacrolimus",
    action: str | None = "dose reduced",
    centre: str = "LEE",
    source: str | None = None,
) -> Submitted:
    """Something untoward."""
    data = {
        "event_id": event_id or f"{term}-{day}",
        "term": term,
        "grade": grade,
        "suspected_drug": suspected_drug,
        "action": action,
    }
    return submission("adverse_event_recorded", data, patient=patient, centre=centre, occurred_at=day, source=source)


def adverse_event_retraction(
    event_id: str = "tremor-2024-04-01", patient: str = "LEE-001", centre: str = "LEE", source: str | None = None
) -> Submitted:
    """An adverse event that is taken back."""
    data = {"event_id": event_id}
    return submission("adverse_event_retracted", data, patient=patient, centre=centre, source=source)


def biopsy(
    patient: str = "LEE-001",
    day: str = "2023-11-10",
    biopsy_id: str | None = None,
    activity_index: str | None = "9",
    fibrosis_stage: str | None = "2",
    centre: str = "LEE",
    source: str | None = None,
) -> Submitted:
    """A liver biopsy."""
    data = {
        "biopsy_id": biopsy_id or f"biopsy-{day}",
        "activity_index": activity_index,
        "fibrosis_stage": fibrosis_stage,
    }
    return submission("biopsy_recorded", data, patient=patient, centre=centre, occurred_at=day, source=source)


def biopsy_retraction(
    biopsy_id: str = "biopsy-2023-11-10", patient: str = "LEE-001", centre: str = "LEE", source: str | None = None
) -> Submitted:
    """A biopsy that is taken back."""
    return submission("biopsy_retracted", {"biopsy_id": biopsy_id}, patient=patient, centre=centre, source=source)


def transplant(
    patient: str = "LEE-001", on: str = "2025-02-01", centre: str = "LEE", source: str | None = None
) -> Submitted:
    """The patient received a liver."""
    return submission("transplant_recorded", {"on": on}, patient=patient, centre=centre, source=source)


def death(
    patient: str = "LEE-001",
    on: str = "2025-06-01",
    cause: str | None = None,
    centre: str = "LEE",
    source: str | None = None,
) -> Submitted:
    """The patient died."""
    return submission("death_recorded", {"on": on, "cause": cause}, patient=patient, centre=centre, source=source)


def one_of_each() -> list[Submitted]:
    """One valid submission of every type there is."""
    return [
        enrolment(),
        lab(),
        correction(alt="41"),
        retraction(),
        finalisation(),
        prescription(),
        prescription(dose="2", type="prescription_corrected"),
        prescription_retraction(),
        adverse_event(),
        adverse_event_retraction(),
        biopsy(),
        biopsy_retraction(),
        transplant(),
        death(),
    ]
