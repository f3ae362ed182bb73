"""The five centres of the demonstration: the units each reports in, the limits each prints, and the habits each has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final


@dataclass(frozen=True, slots=True)
class Scale:
    """How a laboratory prints an analyte: the unit, the decimals, the upper limits as on the report (`<40`, `≤35`, `10-45`)."""

    unit: str
    decimals: int
    women: str = ""
    men: str = ""

    def limit_for(self, sex: str) -> str:
        """The limit as printed for a patient; without one for men, the one for women holds for all."""
        return self.men if sex == "male" and self.men else self.women


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How often, in percent of results, a centre does what registries have to live with."""

    preliminary: int = 0
    corrected: float = 1.2
    retracted: float = 0.5
    resent: float = 0.8
    late: float = 1.0
    without_limit: float = 0.8
    haemolysed: float = 1.0
    to_the_month: float = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Centre:
    """One centre. ``earlier`` is how it printed some analytes before ``changed_on``; ``measurable`` the range its
    analyser states numbers for, in canonical units: beyond it the report says `<5` or `>1000`."""

    code: str
    title: str
    offset: str
    scales: Mapping[str, Scale]
    habits: Habits = Habits()
    measurable: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    changed_on: date = date.min
    earlier: Mapping[str, Scale] = field(default_factory=dict)
    tells_semicolons: bool = False
    sends_twice: bool = False
    uses_tacrolimus: bool = True

    def scale(self, analyte: str, on: date) -> Scale:
        """How the centre prints an analyte on a day."""
        earlier = self.earlier.get(analyte) if on < self.changed_on else None
        return earlier or self.scales[analyte]


_EUROPEAN: Final = {
    "AST": Scale("U/L", 0, "<=40"),
    "ALP": Scale("U/L", 0, "<=120"),
    "GGT": Scale("U/L", 0, "<=40", "<=60"),
    "BILI": Scale("umol/L", 0, "<=21"),
    "ALB": Scale("g/L", 0, "<=50"),
    "IGG": Scale("g/L", 1, "<=16.0"),
    "INR": Scale("1", 2, "<=1.20"),
    "PLT": Scale("10*9/L", 0, "<=400"),
    "CREA": Scale("umol/L", 0, "<=90", "<=110"),
    "TAC": Scale("ug/L", 1, "<=10"),
}

GUT: Final = Centre(
    code="GUT",
    title="the unit of the published series: U/L, ALT limit 40 for all; sends late",
    offset="+00:00",
    scales={**_EUROPEAN, "ALT": Scale("U/L", 0, "<=40")},
    habits=Habits(late=12),
    measurable={"BILI": (5, 1500)},
    uses_tacrolimus=False,
)
LEE: Final = Centre(
    code="LEE",
    title="IU/L, ALT limit printed <40; preliminary results first, finalised later; analyser stops at 1000",
    offset="+00:00",
    scales={
        **_EUROPEAN,
        "ALT": Scale("IU/L", 0, "<40"),
        "AST": Scale("IU/L", 0, "<35"),
        "GGT": Scale("IU/L", 0, "<36", "<64"),
    },
    habits=Habits(preliminary=20),
    measurable={"ALT": (5, 1000), "AST": (5, 1000), "TAC": (2, 60)},
)
HAM: Final = Centre(
    code="HAM",
    title="spreadsheets with semicolons, decimal commas and day-first dates; ALT limit 10-45 (men), ≤35 (women)",
    offset="+01:00",
    scales={
        **_EUROPEAN,
        "ALT": Scale("U/L", 0, "≤35", "10-45"),
        "AST": Scale("U/L", 0, "≤35", "10-50"),
        "GGT": Scale("U/L", 0, "<40", "<60"),
        "BILI": Scale("mg/dL", 1, "0,2-1,2"),
        "CREA": Scale("mg/dL", 2, "0,50-0,90", "0,70-1,20"),
        "ALB": Scale("g/dL", 1, "3,5-5,2"),
        "IGG": Scale("g/L", 1, "7,0-16,0"),
        "INR": Scale("1", 2, "0,85-1,15"),
        "PLT": Scale("10*3/uL", 0, "150-400"),
        "TAC": Scale("ng/mL", 1, "5-15"),
    },
    habits=Habits(to_the_month=0),
    measurable={"ALT": (5, 50_000), "TAC": (2, 60)},
    tells_semicolons=True,
)
UPS: Final = Centre(
    code="UPS",
    title="ukat/L (until mid-2020 nkat/L), ALT limit 0.76 (women) and 1.10 (men)",
    offset="+01:00",
    scales={
        **_EUROPEAN,
        "ALT": Scale("ukat/L", 2, "<=0.76", "<=1.10"),
        "AST": Scale("ukat/L", 2, "<=0.61", "<=0.76"),
        "ALP": Scale("ukat/L", 1, "<=1.9"),
        "GGT": Scale("ukat/L", 2, "<=0.75", "<=1.40"),
    },
    changed_on=date(2020, 7, 1),
    earlier={"ALT": Scale("nkat/L", 0, "<=760", "<=1100"), "AST": Scale("nkat/L", 0, "<=610", "<=760")},
)
BOS: Final = Centre(
    code="BOS",
    title="mg/dL for bilirubin, creatinine and IgG, ALT limit 33 (women) and 41 (men); sends every file twice",
    offset="-05:00",
    scales={
        **_EUROPEAN,
        "ALT": Scale("U/L", 0, "<=33", "<=41"),
        "AST": Scale("U/L", 0, "<=32", "<=40"),
        "BILI": Scale("mg/dL", 1, "<=1.2"),
        "CREA": Scale("mg/dL", 2, "<=1.10", "<=1.30"),
        "ALB": Scale("g/dL", 1, "<=5.5"),
        "IGG": Scale("mg/dL", 0, "<=1600"),
        "PLT": Scale("10*3/uL", 0, "<=400"),
        "TAC": Scale("ng/mL", 1, "<=15"),
    },
    measurable={"ALT": (5, 2500), "TAC": (2, 60)},
    sends_twice=True,
)

CENTRES: Final = (GUT, LEE, HAM, UPS, BOS)
