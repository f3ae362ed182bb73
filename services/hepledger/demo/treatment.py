"""What clinics prescribe in the demonstration: steroids and their taper, the drug that spares them, tacrolimus when both have failed.

Days count from diagnosis. A change of dose is a new prescription, as in the registry.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from hepledger.demo.dice import Dice


class Course(NamedTuple):
    """One drug at one dose (mg a day) from a day until a day (the last one taken; None: still taken)."""

    drug: str
    dose: str
    day: int
    until: int | None
    stop_reason: str | None = None
    indications: tuple[str, ...] = ()


class Trouble(NamedTuple):
    """An adverse event in the making."""

    day: int
    term: str
    grade: int
    drug: str
    action: str


_TAPERS: Final = (
    ((0, "60"), (14, "40"), (28, "30"), (42, "20"), (70, "15"), (98, "10"), (168, "7.5"), (270, "5")),
    ((0, "40"), (14, "30"), (28, "20"), (56, "15"), (84, "10"), (150, "7.5"), (240, "5")),
    ((0, "30"), (21, "20"), (49, "15"), (91, "10"), (182, "5")),
)
_BUDESONIDE: Final = ((0, "9"), (180, "6"), (365, "3"))


def steps(
    drug: str,
    doses: Sequence[tuple[int, str]],
    *,
    start: int = 0,
    until: int | None = None,
    reason: str | None = None,
    indications: tuple[str, ...] = (),
) -> list[Course]:
    """A drug whose dose changes on days (from ``start``), stopped after ``until`` if that is given."""
    given: list[Course] = []
    due = [(start + day, dose) for day, dose in doses if until is None or start + day <= until]
    for place, (day, dose) in enumerate(due):
        last = place == len(due) - 1
        ends = until if last else due[place + 1][0] - 1
        given.append(Course(drug, dose, day, ends, reason if last else "dose_changed", indications))
    return given


def steroids(dice: Dice, *, until: int | None = None, reason: str | None = None) -> list[Course]:
    """The first steroid, with its taper: prednisolone as a rule, budesonide in one of seven."""
    if dice.chance(14):
        return steps("budesonide", _BUDESONIDE, until=until, reason=reason, indications=("induction",))
    return steps("prednisolone", dice.pick(_TAPERS), until=until, reason=reason, indications=("induction",))


def sparing(
    dice: Dice, start: int, *, until: int | None = None, reason: str | None = None
) -> tuple[list[Course], list[Trouble]]:
    """Azathioprine from a day on; one in nine does not bear it and goes over to mycophenolate."""
    why = ("steroid_sparing",)
    if not dice.chance(11):
        doses = ((0, "50"), (dice.between(21, 42), dice.pick(("75", "100", "125"))))
        return steps("azathioprine", doses, start=start, until=until, reason=reason, indications=why), []
    ends = start + dice.between(9, 40)
    term, grade = dice.pick((("nausea", 2), ("pancreatitis", 3), ("leukopenia", 2), ("rash", 2)))
    bad = Trouble(ends, term, grade, "azathioprine", "drug_withdrawn")
    tried = steps("azathioprine", ((0, "50"),), start=start, until=ends, reason="intolerance", indications=why)
    return tried + mycophenolate(
        ends + dice.between(4, 14), until=until, reason=reason, why="azathioprine_intolerance"
    ), [bad]


def mycophenolate(start: int, *, until: int | None = None, reason: str | None = None, why: str) -> list[Course]:
    """Mycophenolate, with its dose built up."""
    doses = ((0, "1000"), (14, "2000"))
    return steps("mycophenolate_mofetil", doses, start=start, until=until, reason=reason, indications=(why,))


def tacrolimus(
    dice: Dice, start: int, *, lowered: tuple[int, int] | None = None, why: tuple[str, ...]
) -> tuple[list[Course], list[Trouble]]:
    """Tacrolimus: 2 mg a day, then more; lowered to 1 mg between two days if they are given; one in eight trembles and is given less."""
    full = dice.pick(("3", "4", "4", "5"))
    rise = dice.between(10, 28)
    doses = [(0, "2"), (rise, full)]
    troubles: list[Trouble] = []
    if dice.chance(12):
        seen = rise + dice.between(20, 60)
        troubles.append(Trouble(start + seen, "tremor", dice.between(1, 2), "tacrolimus", "dose_reduced"))
        full = "2.5"
        doses.append((seen + 2, full))
    if lowered is not None:
        doses += [(lowered[0] - start, "1"), (lowered[1] - start, full)]
    return steps("tacrolimus", doses, start=start, indications=why), troubles
