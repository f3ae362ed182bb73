"""Exposure to drugs before the index date: unions and intersections of the days that prescriptions cover."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any as Anything
from typing import Final

from hepledger.clinical.facts import Prescription
from hepledger_events.vocabulary import MEMBERS, DrugClass

Span = tuple[int, int]
"""A half-open stretch of days (ordinals): from the first until, and without, the second."""

FOREVER: Final = 10**9
"""The end of a prescription that is still running."""


@dataclass(frozen=True, slots=True)
class OneClass:
    """A drug class (or a single drug), as the drugs that belong to it."""

    name: str
    drugs: frozenset[str]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Exposed to one of the members at least."""

    members: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class AllOf:
    """Exposed to every member at the same time."""

    members: tuple[Term, ...]


Term = OneClass | AnyOf | AllOf


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """The first question of *refractory*: ``overlap_days`` unbroken days of what the term says, gaps of ``max_gap_days`` bridged."""

    term: Term
    overlap_days: int
    max_gap_days: int


def exposure_from(table: Mapping[str, Anything]) -> Exposure:
    """The exposure that a valid document asks for."""
    shape = {key: table[key] for key in ("all", "any") if key in table}
    return Exposure(term=_term(shape), overlap_days=table["overlap_days"], max_gap_days=table.get("max_gap_days", 0))


def exposed(exposure: Exposure, prescriptions: Iterable[Prescription], index_day: int) -> bool:
    """Whether the days before the index date hold an unbroken stretch of exposure that is long enough; it need not reach it."""
    dated = [prescription for prescription in prescriptions if prescription.dated]
    spans = _spans(exposure.term, dated, exposure.max_gap_days)
    return any(min(end, index_day) - start >= exposure.overlap_days for start, end in spans)


def _term(written: Anything) -> Term:
    if isinstance(written, str):
        members = MEMBERS[DrugClass(written)] if written in set(DrugClass) else (written,)
        return OneClass(written, frozenset(str(drug) for drug in members))
    if "all" in written:
        return AllOf(tuple(_term(member) for member in written["all"]))
    return AnyOf(tuple(_term(member) for member in written["any"]))


def _spans(term: Term, prescriptions: Sequence[Prescription], max_gap: int) -> list[Span]:
    if isinstance(term, OneClass):
        return _bridged([_covered(each) for each in prescriptions if each.drug in term.drugs], max_gap)
    parts = [_spans(member, prescriptions, max_gap) for member in term.members]
    if isinstance(term, AnyOf):
        return _bridged([span for part in parts for span in part], max_gap)
    first, *others = parts
    for other in others:
        first = _intersection(first, other)
    return first


def _covered(prescription: Prescription) -> Span:
    """``stopped_day`` is the last day taken, so the stretch ends the day after it."""
    assert prescription.started_day is not None  # noqa: S101 - only dated ones get here
    stopped = prescription.stopped_day
    return prescription.started_day, FOREVER if stopped is None else stopped + 1


def _bridged(spans: list[Span], max_gap: int) -> list[Span]:
    """The union of stretches, gaps of up to ``max_gap`` days closed."""
    union: list[Span] = []
    for start, end in sorted(spans):
        if union and start - union[-1][1] <= max_gap:
            union[-1] = (union[-1][0], max(union[-1][1], end))
        else:
            union.append((start, end))
    return union


def _intersection(one: Sequence[Span], other: Sequence[Span]) -> list[Span]:
    overlaps = [(max(a, c), min(b, d)) for a, b in one for c, d in other]
    return sorted([(start, end) for start, end in overlaps if start < end])
