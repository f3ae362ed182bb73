"""How a made-up liver behaves: the transaminase goes from where it is to where treatment lets it go, a share of the way each week."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from hepledger.demo.dice import Dice

PANEL: Final = (
    (100, "ALT"), (75, "AST"), (60, "BILI"), (35, "IGG"), (15, "CREA"),
    (10, "ALB"), (8, "INR"), (10, "PLT"), (6, "ALP"), (6, "GGT"),
)  # fmt: skip
"""In how many of a hundred visits an analyte is measured."""


class Phase(NamedTuple):
    """From a day (of diagnosis, 0) on, ALT moves towards ``target`` (U/L); ``pace`` of the distance is left after a week."""

    day: int
    target: float
    pace: float


class Constitution(NamedTuple):
    """What is the patient's own: the ALT at diagnosis, and where the other analytes live."""

    alt: float
    igg: float
    creatinine: float
    platelets: float
    ast_ratio: float


def constitution(dice: Dice, sex: str) -> Constitution:
    """Untreated acute autoimmune hepatitis: ALT 300-1500 U/L as a rule, IgG raised."""
    return Constitution(
        alt=dice.real(300, 1500) if dice.chance(80) else dice.real(120, 300),
        igg=dice.real(17, 36),
        creatinine=dice.real(52, 78) if sex == "female" else dice.real(66, 98),
        platelets=dice.real(140, 330),
        ast_ratio=dice.real(0.65, 1.05),
    )


def alt_by_week(start: float, phases: Sequence[Phase], days: int) -> list[float]:
    """ALT (U/L) at the beginning of each week from diagnosis on."""
    levels = [start]
    for week in range(days // 7 + 1):
        current = [phase for phase in phases if phase.day <= week * 7][-1]
        levels.append(current.target + (levels[-1] - current.target) * current.pace)
    return levels


def sample(
    dice: Dice, person: Constitution, alt: float, first_alt: float, tacrolimus_mg: float | None
) -> Mapping[str, float]:
    """One blood sample: what is measured at this visit, in canonical units. Noise is biological and the analyser's.

    ``tacrolimus_mg`` is the daily dose on board, 0 on the day it is started, None if it is not given: then nobody watches the kidney.
    """
    active = alt / first_alt if first_alt > alt else 1.0
    alt *= dice.wobble(9)
    values = {
        "ALT": alt,
        "AST": alt * person.ast_ratio * dice.wobble(8) + 6,
        "BILI": (7 + alt * 0.055) * dice.wobble(18),
        "IGG": (11 + (person.igg - 11) * (0.25 + 0.75 * active)) * dice.wobble(5),
        "CREA": person.creatinine * (1.03 if tacrolimus_mg else 1.0) * dice.wobble(6),
        "ALB": max(24.0, 43 - alt * 0.011) * dice.wobble(4),
        "INR": (1.0 + alt * 0.0003) * dice.wobble(4),
        "PLT": person.platelets * dice.wobble(8),
        "ALP": (75 + alt * 0.08) * dice.wobble(12),
        "GGT": (25 + alt * 0.12) * dice.wobble(20),
    }
    measured = {analyte: values[analyte] for percent, analyte in PANEL if dice.chance(percent)}
    if tacrolimus_mg is not None:
        measured["CREA"] = values["CREA"]
    if tacrolimus_mg:
        measured["TAC"] = tacrolimus_mg * 2.1 * dice.wobble(30)
    return measured
