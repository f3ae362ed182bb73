"""A criteria document as a value that the engine can walk by. The document was validated where it came in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any as Anything
from typing import Final

from hepledger.clinical.conditions import (
    All,
    Any,
    Bound,
    Condition,
    Normal,
    Not,
    Reference,
    TimesUln,
    Value,
    Versus,
    atoms,
    fall_step,
    ratio_step,
)
from hepledger.clinical.exposure import Exposure, exposure_from
from hepledger.clinical.measurement import SCALE, in_canonical_unit

START: Final = "start"
"""The state before any was entered."""
NO_END: Final = 10**9
"""The last day of a rule that has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """A response category. ``relapse``: entering it opens a relapse episode."""

    code: str
    label: str
    relapse: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Sustained:
    """A condition must hold on at least ``results`` of its own days in a row, spanning at least ``days`` days."""

    results: int
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """One rule of the course. ``sources`` is None for any state; days count from the index date."""

    number: int
    to: str
    sources: frozenset[str] | None
    condition: Condition
    analytes: frozenset[str]
    from_day: int
    to_day: int
    sustained: Sustained | None
    reads_peak: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Landmark:
    """One question about a window of days (ends included), beside the course. ``take``: ``last`` or ``any``.

    ``analytes`` are those that the condition names, ``nadirs`` those that it holds against their nadirs.
    """

    code: str
    label: str
    first_day: int
    last_day: int
    take: str
    condition: Condition
    analytes: frozenset[str]
    nadirs: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Persistence:
    """The second question of *refractory*: a run on which the condition is true, ending shortly before the index date."""

    condition: Condition
    analytes: frozenset[str]
    nadirs: frozenset[str]
    results: int
    days: int
    last_within_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Refractory:
    """Whether treatment before the index date had failed: exposure and persistence."""

    exposure: Exposure
    persistent: Persistence


@dataclass(frozen=True, slots=True, kw_only=True)
class Criteria:
    """One version of one set of criteria.

    ``index_drugs`` is empty where an ``index_event`` (``enrolment`` or ``first_result``) is day 0. ``uln`` is ``reported`` or
    ``baseline``; the baseline is the reading that ``choose`` picks in ``window`` (days from the index date, ends included;
    None: the document names no baseline).
    """

    id: str
    version: int
    title: str
    index_drugs: frozenset[str]
    index_event: str | None
    assess_from: int
    uln: str
    exclude_flags: frozenset[str]
    carry_forward_days: int
    window: tuple[int, int] | None
    choose: str
    refractory: Refractory | None
    states: tuple[State, ...]
    transitions: tuple[Transition, ...]
    landmarks: tuple[Landmark, ...]
    analytes: frozenset[str] = field(default_factory=frozenset)
    """Every analyte that any condition names."""

    @property
    def course_analytes(self) -> frozenset[str]:
        """The analytes named in transitions: their readings make the assessment days."""
        return frozenset[str]().union(*(rule.analytes for rule in self.transitions))

    @property
    def first_analyte(self) -> str:
        """The first analyte that the transitions name: its baseline is shown with a course."""
        return next(atoms(self.transitions[0].condition)).analyte


def criteria_from(document: Mapping[str, Anything]) -> Criteria:
    """The criteria that a valid document states. Raises KeyError or ValueError on a document that was not validated."""
    index, reading = document["index"], document.get("reading", {})
    baseline = document.get("baseline", {})
    assess_from = int(index.get("assess_from", 1))
    transitions = tuple(_transition(number, rule, assess_from) for number, rule in enumerate(document["transition"]))
    landmarks = tuple(_landmark(entry) for entry in document.get("landmark", ()))
    refractory = _refractory(document["refractory"]) if "refractory" in document else None
    asked: list[frozenset[str]] = [rule.analytes for rule in transitions] + [entry.analytes for entry in landmarks]
    if refractory is not None:
        asked.append(refractory.persistent.analytes)
    return Criteria(
        id=document["id"],
        version=int(document["version"]),
        title=document["title"],
        index_drugs=frozenset(index.get("drugs", ())),
        index_event=index.get("event"),
        assess_from=assess_from,
        uln=reading.get("uln", "reported"),
        exclude_flags=frozenset(reading.get("exclude_flags", ())),
        carry_forward_days=int(reading.get("carry_forward_days", 0)),
        window=_pair(baseline["window"]) if baseline else None,
        choose=baseline.get("choose", "last"),
        refractory=refractory,
        states=tuple(_state(entry) for entry in document["state"]),
        transitions=transitions,
        landmarks=landmarks,
        analytes=frozenset[str]().union(*asked),
    )


def condition_from(table: Mapping[str, Anything]) -> Condition:
    """The condition that one of the shapes of a document states."""
    match table:
        case {"all": parts}:
            return All(tuple(condition_from(part) for part in parts))
        case {"any": parts}:
            return Any(tuple(condition_from(part) for part in parts))
        case {"not": part}:
            return Not(condition_from(part))
        case {"analyte": analyte, **rest} if len(rest) == 1:
            shape, asked = next(iter(rest.items()))
            return _atom(str(analyte), shape, asked)
        case _:
            raise ValueError(f"not a condition: {sorted(table)}")


def _atom(analyte: str, shape: str, asked: Anything) -> Condition:
    match shape:
        case "normal":
            return Normal(analyte, asked)
        case "baseline_normal":
            return Normal(analyte, asked, of_baseline=True)
        case "value":
            per_unit = in_canonical_unit(analyte, asked["unit"]) * SCALE
            band = _band({relation: number for relation, number in asked.items() if relation != "unit"})
            return Value(analyte, band, asked["unit"], tuple(ratio_step(bound, per_unit) for bound in band))
        case "times_uln":
            band = _band(asked)
            return TimesUln(analyte, band, tuple(map(ratio_step, band)))
        case "times_baseline" | "times_nadir":
            band = _band(asked)
            reference = Reference.BASELINE if shape == "times_baseline" else Reference.NADIR
            return Versus(analyte, reference, False, band, tuple(map(ratio_step, band)))
        case "fall_percent" | "fall_from_peak_percent":
            band = _band(asked)
            reference = Reference.BASELINE if shape == "fall_percent" else Reference.PEAK
            return Versus(analyte, reference, True, band, tuple(map(fall_step, band)))
        case _:
            raise ValueError(f"not a condition: {shape}")


def _band(table: Mapping[str, Anything]) -> tuple[Bound, ...]:
    return tuple(Bound(relation, Fraction(str(number)), str(number)) for relation, number in table.items())


def _transition(number: int, rule: Mapping[str, Anything], assess_from: int) -> Transition:
    condition = condition_from(rule["when"])
    sources = (rule["from"],) if isinstance(rule["from"], str) else tuple(rule["from"])
    sustained = rule.get("sustained")
    return Transition(
        number=number,
        to=rule["to"],
        sources=None if "*" in sources else frozenset(sources),
        condition=condition,
        analytes=_named(condition),
        from_day=int(rule.get("from_day", assess_from)),
        to_day=int(rule.get("to_day", NO_END)),
        sustained=None if sustained is None else Sustained(results=sustained["results"], days=sustained["days"]),
        reads_peak=any_reads(condition, Reference.PEAK),
    )


def any_reads(condition: Condition, reference: Reference) -> bool:
    """Whether some comparison of a condition is held against the reference."""
    return any(isinstance(atom, Versus) and atom.reference is reference for atom in atoms(condition))


def _landmark(entry: Mapping[str, Anything]) -> Landmark:
    condition = condition_from(entry["when"])
    first, last = _pair(entry["window"])
    return Landmark(
        code=entry["code"],
        label=entry["label"],
        first_day=first,
        last_day=last,
        take=entry["take"],
        condition=condition,
        analytes=_named(condition),
        nadirs=_held_against_nadirs(condition),
    )


def _refractory(table: Mapping[str, Anything]) -> Refractory:
    asked = table["persistent"]
    condition = condition_from(asked["when"])
    persistent = Persistence(
        condition=condition,
        analytes=_named(condition),
        nadirs=_held_against_nadirs(condition),
        results=asked["results"],
        days=asked["days"],
        last_within_days=asked["last_within_days"],
    )
    return Refractory(exposure=exposure_from(table["exposure"]), persistent=persistent)


def _state(entry: Mapping[str, Anything]) -> State:
    return State(code=entry["code"], label=entry["label"], relapse=bool(entry.get("relapse", False)))


def _named(condition: Condition) -> frozenset[str]:
    return frozenset(atom.analyte for atom in atoms(condition))


def _held_against_nadirs(condition: Condition) -> frozenset[str]:
    compared = (atom for atom in atoms(condition) if isinstance(atom, Versus) and atom.reference is Reference.NADIR)
    return frozenset(atom.analyte for atom in compared)


def _pair(numbers: Sequence[int]) -> tuple[int, int]:
    first, last = numbers
    return int(first), int(last)
