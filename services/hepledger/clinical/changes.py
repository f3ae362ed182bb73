"""The changes of state of a course, and what follows from them alone: where it stands, since when, its best state, its relapses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from hepledger.clinical.criteria import START, Criteria
from hepledger.clinical.evidence import evidence_of
from hepledger.clinical.readings import Readings
from hepledger.clinical.walk import Entry, Walk


class StateChange:
    """A transition that was made: days are ordinals, ``rule`` its place in the document, ``evidence`` event ids in day order.

    Never changed once made; two are equal if they say the same.
    """

    __slots__ = ("confirmed_day", "evidence", "from_state", "onset_day", "relapse", "rule", "to_state")

    def __init__(
        self,
        from_state: str,
        to_state: str,
        onset_day: int,
        confirmed_day: int,
        relapse: bool,
        rule: int,
        evidence: tuple[str, ...],
    ) -> None:
        self.from_state, self.to_state = from_state, to_state
        self.onset_day, self.confirmed_day = onset_day, confirmed_day
        self.relapse, self.rule, self.evidence = relapse, rule, evidence

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StateChange) and (
            self.confirmed_day == other.confirmed_day
            and self.onset_day == other.onset_day
            and self.rule == other.rule
            and self.from_state == other.from_state
            and self.to_state == other.to_state
            and self.relapse == other.relapse
            and self.evidence == other.evidence
        )

    def __hash__(self) -> int:
        return hash((self.confirmed_day, self.onset_day, self.rule))

    def __repr__(self) -> str:
        return f"StateChange({', '.join(f'{name}={getattr(self, name)!r}' for name in self.__slots__)})"


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
