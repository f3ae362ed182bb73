"""The words of the published language: what is measured, what is given, in which units. It imports nothing of the house."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Analyte(StrEnum):
    """What a laboratory measured."""

    ALT = "ALT"
    AST = "AST"
    ALP = "ALP"
    GGT = "GGT"
    BILI = "BILI"
    ALB = "ALB"
    IGG = "IGG"
    INR = "INR"
    PLT = "PLT"
    CREA = "CREA"
    TAC = "TAC"


class Drug(StrEnum):
    """What was prescribed."""

    PREDNISOLONE = "prednisolone"
    PREDNISONE = "prednisone"
    BUDESONIDE = "budesonide"
    METHYLPREDNISOLONE = "methylprednisolone"
    AZATHIOPRINE = "azathioprine"
    MERCAPTOPURINE = "mercaptopurine"
    TIOGUANINE = "tioguanine"
    MYCOPHENOLATE_MOFETIL = "mycophenolate_mofetil"
    MYCOPHENOLIC_ACID = "mycophenolic_acid"
    TACROLIMUS = "tacrolimus"
    CICLOSPORIN = "ciclosporin"
    SIROLIMUS = "sirolimus"
    EVEROLIMUS = "everolimus"
    RITUXIMAB = "rituximab"
    INFLIXIMAB = "infliximab"
    URSODEOXYCHOLIC_ACID = "ursodeoxycholic_acid"
    PLACEBO = "placebo"
    STUDY_DRUG = "study_drug"


class DrugClass(StrEnum):
    """Drugs that stand for one another in a criteria document."""

    CORTICOSTEROID = "corticosteroid"
    THIOPURINE = "thiopurine"
    MYCOPHENOLATE = "mycophenolate"
    CALCINEURIN_INHIBITOR = "calcineurin_inhibitor"


MEMBERS: Final[Mapping[DrugClass, frozenset[Drug]]] = {
    DrugClass.CORTICOSTEROID: frozenset({Drug.PREDNISOLONE, Drug.PREDNISONE, Drug.BUDESONIDE, Drug.METHYLPREDNISOLONE}),
    DrugClass.THIOPURINE: frozenset({Drug.AZATHIOPRINE, Drug.MERCAPTOPURINE, Drug.TIOGUANINE}),
    DrugClass.MYCOPHENOLATE: frozenset({Drug.MYCOPHENOLATE_MOFETIL, Drug.MYCOPHENOLIC_ACID}),
    DrugClass.CALCINEURIN_INHIBITOR: frozenset({Drug.TACROLIMUS, Drug.CICLOSPORIN}),
}


class Comparator(StrEnum):
    """How a value stands to the number printed: anything but ``=`` is a censored value."""

    EQUAL = "="
    LESS = "<"
    AT_MOST = "<="
    AT_LEAST = ">="
    MORE = ">"


class LimitComparator(StrEnum):
    """Whether a value equal to the upper reference limit is within it (``<=``) or not (``<``)."""

    LESS = "<"
    AT_MOST = "<="


class ResultStatus(StrEnum):
    """What the laboratory says of its own result."""

    PRELIMINARY = "preliminary"
    FINAL = "final"
    CORRECTED = "corrected"
    AMENDED = "amended"


class RetractionReason(StrEnum):
    """Why a centre takes a statement back."""

    WRONG_PATIENT = "wrong_patient"
    DELETED = "deleted"
    ENTERED_IN_ERROR = "entered_in_error"


class Sex(StrEnum):
    """As the centre's register has it."""

    FEMALE = "female"
    MALE = "male"
    UNKNOWN = "unknown"


_ENZYME: Final = frozenset({"U/L", "IU/L", "ukat/L", "nkat/L"})

UNITS: Final[Mapping[Analyte, frozenset[str]]] = {
    Analyte.ALT: _ENZYME,
    Analyte.AST: _ENZYME,
    Analyte.ALP: _ENZYME,
    Analyte.GGT: _ENZYME,
    Analyte.BILI: frozenset({"umol/L", "mg/dL"}),
    Analyte.ALB: frozenset({"g/L", "g/dL"}),
    Analyte.IGG: frozenset({"g/L", "mg/dL"}),
    Analyte.INR: frozenset({"1"}),
    Analyte.PLT: frozenset({"10*9/L", "10*3/uL"}),
    Analyte.CREA: frozenset({"umol/L", "mg/dL"}),
    Analyte.TAC: frozenset({"ug/L", "ng/mL"}),
}
"""Analyte → every unit it may be reported in. A unit that is not listed is refused, never guessed (``u/L`` is not ``U/L``)."""
