"""A made-up patient, as the clinic that treats them knows them: true values on true days, before any centre writes them its own way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Draw:
    """One blood sample: the values of its analytes in canonical units (see `hepledger.clinical.measurement`)."""

    on: date
    values: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """One drug at one dose (mg a day). ``stopped`` is the last day taken, None while it is taken."""

    drug: str
    dose: str
    started: date
    stopped: date | None = None
    stop_reason: str | None = None
    indications: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Adverse:
    """One adverse event."""

    on: date
    term: str
    grade: int
    suspected_drug: str
    action: str


@dataclass(frozen=True, slots=True)
class Biopsy:
    """One liver biopsy: modified hepatitis activity index (0-18) and Ishak stage (0-6)."""

    on: date
    activity_index: int
    fibrosis_stage: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One made-up patient with all that happened."""

    centre: str
    patient: str
    sex: str
    birth_year: int
    diagnosed_on: date
    enrolled_on: date
    draws: tuple[Draw, ...]
    given: tuple[Given, ...]
    adverse: tuple[Adverse, ...] = ()
    biopsies: tuple[Biopsy, ...] = ()
    transplanted_on: date | None = None
    died_on: date | None = None
    death_cause: str | None = None
