"""The changes of state of a course, and what follows from them alone: where it stands, since when, its best state, its relapses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from hepledger.clinical.criteria import START, Criteria
from hepledger.clinical.evidence import evidence_of
from hepledger.clinical.readings import Readings
from hepledger.clinical.walk import Entry, Walk


class StateChange(NamedTuple):
    """A transition that was made: days are ordinals, ``rule`` its place in the document, ``evidence`` event ids in day order."""

    from_state: str
    to_state: str
    onset_day: int
    confirmed_day: int
    relapse: bool
    rule: int
    evidence: tuple[str, ...]


class Episode(NamedTuple):
    """A relapse episode: from the confirmation of a relapse state until another state was entered (None: still open)."""

    onset_day: int
    opened_day: int
    closed_day: int | None


def change_of(entry: Entry, date: int, readings: Readings, walk: Walk) -> StateChange:
    """What a state that was entered on a day (ordinal) means for the course."""
    rule = entry.rule
    evidence = evidence_of(entry, date, readings, walk)
    relapse = rule.to in walk.plan.relapses
    return StateChange(entry.from_state, rule.to, entry.onset_day, date, relapse, rule.number, evidence)


def state_after(changes: Sequence[StateChange]) -> str:
    """The present state."""
    return changes[-1].to_state if changes else START


def onset_after(changes: Sequence[StateChange]) -> int | None:
    """The onset of the present state (ordinal)."""
    return changes[-1].onset_day if changes else None


def best_of(changes: Sequence[StateChange], criteria: Criteria) -> str | None:
    """The best state ever entered, relapse states aside."""
    entered = {change.to_state for change in changes if not change.relapse}
    return next((state.code for state in criteria.states if state.code in entered), None)


def episodes_of(changes: Sequence[StateChange]) -> list[Episode]:
    """The relapse episodes, in order."""
    ends: list[int | None] = [change.confirmed_day for change in changes[1:]]
    spans = zip(changes, [*ends, None], strict=False)
    return [Episode(change.onset_day, change.confirmed_day, end) for change, end in spans if change.relapse]
