"""The conditions of a criteria document, in Kleene's three-valued logic: true, false, or unknown where the facts do not tell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Final

from hepledger.clinical.comparison import Truth, compare, compare_with_limit, compare_with_number, within_limit
from hepledger.clinical.readings import Reading


class Doubt(StrEnum):
    """Why a condition is unknown."""

    NOT_MEASURED = "analyte not measured"
    NO_BASELINE = "no baseline"
    NO_LIMIT = "no limit"
    CENSORED = "censored value"
    NO_PEAK = "no peak before a state is entered"
    NO_NADIR = "no nadir"


class Reference(StrEnum):
    """What a value is held against."""

    BASELINE = "baseline"
    PEAK = "peak"
    NADIR = "nadir"


_BASELINE: Final = Reference.BASELINE
_PEAK: Final = Reference.PEAK


class Moment:
    """What a condition may look at: for each analyte the current reading, the baseline, and the peak and nadir so far."""

    __slots__ = ("baseline", "current", "nadir", "peak")

    def __init__(
        self,
        current: dict[str, Reading],
        baseline: dict[str, Reading],
        peak: dict[str, Reading],
        nadir: dict[str, Reading],
    ) -> None:
        self.current, self.baseline, self.peak, self.nadir = current, baseline, peak, nadir


class Condition:
    """A question that is true, false or unknown at a moment."""

    __slots__ = ()

    def truth(self, moment: Moment) -> Truth:
        """True, false, or None where the facts do not tell."""
        raise NotImplementedError

    def doubt(self, moment: Moment) -> Doubt:
        """Why it is unknown, where it is."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Bound:
    """One end of a band: ``more_than``, ``at_least``, ``less_than`` or ``at_most`` a number, kept with its text."""

    relation: str
    number: Fraction
    text: str

    @property
    def upper(self) -> bool:
        """Whether it bounds from above."""
        return self.relation in ("less_than", "at_most")

    @property
    def strict(self) -> bool:
        """Whether the number itself is outside."""
        return self.relation in ("more_than", "less_than")


Step = tuple[int, int, bool]
"""One comparison: whether ``a·value + b·reference`` is above zero (true) or at least zero (false)."""


def ratio_step(bound: Bound, per_unit: Fraction = Fraction(1)) -> Step:
    """``value ÷ reference`` held against a bound, cross-multiplied. ``per_unit``: what one of the bound is worth."""
    number = bound.number * per_unit
    a, b = number.denominator, -number.numerator
    return (-a, -b, bound.strict) if bound.upper else (a, b, bound.strict)


def fall_step(bound: Bound) -> Step:
    """``(reference − value) ÷ reference`` in percent held against a bound, cross-multiplied."""
    a, b = -100 * bound.number.denominator, 100 * bound.number.denominator - bound.number.numerator
    return (-a, -b, bound.strict) if bound.upper else (a, b, bound.strict)


@dataclass(frozen=True, slots=True)
class Normal(Condition):
    """The current (or the baseline) reading is within its upper limit; with ``expected`` false, above it."""

    analyte: str
    expected: bool
    of_baseline: bool = False

    def truth(self, moment: Moment) -> Truth:
        reading = (moment.baseline if self.of_baseline else moment.current).get(self.analyte)
        if reading is None or reading.limit is None:
            return None
        within = within_limit(reading, reading.limit)
        return None if within is None else within is self.expected

    def doubt(self, moment: Moment) -> Doubt:
        reading = (moment.baseline if self.of_baseline else moment.current).get(self.analyte)
        if reading is None:
            return Doubt.NO_BASELINE if self.of_baseline else Doubt.NOT_MEASURED
        return Doubt.NO_LIMIT if reading.limit is None else Doubt.CENSORED


@dataclass(frozen=True, slots=True)
class TimesUln(Condition):
    """Value ÷ upper limit."""

    analyte: str
    band: tuple[Bound, ...]
    steps: tuple[Step, ...]

    def truth(self, moment: Moment) -> Truth:
        reading = moment.current.get(self.analyte)
        if reading is None or reading.limit is None:
            return None
        result: Truth = True
        for a, b, strict in self.steps:
            truth = compare_with_limit(a, reading, b, reading.limit, strict=strict)
            if truth is False:
                return False
            result = result and truth
        return result

    def doubt(self, moment: Moment) -> Doubt:
        reading = moment.current.get(self.analyte)
        if reading is None:
            return Doubt.NOT_MEASURED
        return Doubt.NO_LIMIT if reading.limit is None else Doubt.CENSORED


@dataclass(frozen=True, slots=True)
class Value(Condition):
    """The value itself, in the unit that the document writes; the steps are on the canonical scale."""

    analyte: str
    band: tuple[Bound, ...]
    unit: str
    steps: tuple[Step, ...]

    def truth(self, moment: Moment) -> Truth:
        reading = moment.current.get(self.analyte)
        if reading is None:
            return None
        result: Truth = True
        for a, b, strict in self.steps:
            truth = compare_with_number(a, reading, b, strict=strict)
            if truth is False:
                return False
            result = result and truth
        return result

    def doubt(self, moment: Moment) -> Doubt:
        return Doubt.CENSORED if self.analyte in moment.current else Doubt.NOT_MEASURED


@dataclass(frozen=True, slots=True)
class Versus(Condition):
    """A value held against the baseline, the peak or the nadir: a multiple of it, or with ``fall`` the fall from it in percent."""

    analyte: str
    reference: Reference
    fall: bool
    band: tuple[Bound, ...]
    steps: tuple[Step, ...]

    def truth(self, moment: Moment) -> Truth:
        reading = moment.current.get(self.analyte)
        reference = reference_of(self, moment)
        if reading is None or reference is None:
            return None
        result: Truth = True
        for a, b, strict in self.steps:
            truth = compare(a, reading, b, reference, strict=strict)
            if truth is False:
                return False
            result = result and truth
        return result

    def doubt(self, moment: Moment) -> Doubt:
        if self.analyte not in moment.current:
            return Doubt.NOT_MEASURED
        if reference_of(self, moment) is not None:
            return Doubt.CENSORED
        return {
            Reference.BASELINE: Doubt.NO_BASELINE,
            Reference.PEAK: Doubt.NO_PEAK,
            Reference.NADIR: Doubt.NO_NADIR,
        }[self.reference]


@dataclass(frozen=True, slots=True)
class All(Condition):
    """Kleene and: false if one part is false, else unknown if one is unknown."""

    parts: tuple[Condition, ...]

    def truth(self, moment: Moment) -> Truth:
        result: Truth = True
        for part in self.parts:
            truth = part.truth(moment)
            if truth is False:
                return False
            result = result and truth
        return result

    def doubt(self, moment: Moment) -> Doubt:
        """Why it is unknown, where it is: the first part in doubt."""
        return _first_doubt(self.parts, moment)


@dataclass(frozen=True, slots=True)
class Any(Condition):
    """Kleene or: true if one part is true, else unknown if one is unknown."""

    parts: tuple[Condition, ...]

    def truth(self, moment: Moment) -> Truth:
        result: Truth = False
        for part in self.parts:
            truth = part.truth(moment)
            if truth:
                return True
            if truth is None:
                result = None
        return result

    def doubt(self, moment: Moment) -> Doubt:
        """Why it is unknown, where it is: the first part in doubt."""
        return _first_doubt(self.parts, moment)


@dataclass(frozen=True, slots=True)
class Not(Condition):
    """Kleene not: what is unknown stays unknown."""

    part: Condition

    def truth(self, moment: Moment) -> Truth:
        truth = self.part.truth(moment)
        return None if truth is None else not truth

    def doubt(self, moment: Moment) -> Doubt:
        return self.part.doubt(moment)


Atom = Normal | TimesUln | Value | Versus


def atoms(condition: Condition) -> Iterator[Atom]:
    """The comparisons of which a condition is made, in the order written."""
    match condition:
        case All(parts=parts) | Any(parts=parts):
            for part in parts:
                yield from atoms(part)
        case Not(part=part):
            yield from atoms(part)
        case Normal() | TimesUln() | Value() | Versus():
            yield condition
        case _:
            raise TypeError(f"not a condition: {type(condition).__name__}")


def sources_of(condition: Condition, uln: str) -> Iterator[tuple[Reference, str]]:
    """What a condition holds current readings against, and of which analyte: also the baseline, where its limit is used."""
    for atom in atoms(condition):
        match atom:
            case Versus(reference=reference):
                yield reference, atom.analyte
            case Normal(of_baseline=True):
                yield Reference.BASELINE, atom.analyte
            case Normal() | TimesUln() if uln == "baseline":
                yield Reference.BASELINE, atom.analyte


def reference_of(atom: Versus, moment: Moment) -> Reading | None:
    """The reading that the value is held against."""
    if atom.reference is _BASELINE:
        return moment.baseline.get(atom.analyte)
    return (moment.peak if atom.reference is _PEAK else moment.nadir).get(atom.analyte)


def _first_doubt(parts: tuple[Condition, ...], moment: Moment) -> Doubt:
    return next(part.doubt(moment) for part in parts if part.truth(moment) is None)
