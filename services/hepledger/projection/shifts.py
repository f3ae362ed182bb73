"""What one event changed in what is believed of a patient: what was believed before it and after it, compared by value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple, TypeVar

from hepledger.clinical.changes import StateChange, state_after


class Relapse(NamedTuple):
    """A relapse episode with the evidence it was opened on. It is the same episode, whether closed or not, if the rest is equal."""

    onset_day: int
    opened_day: int
    evidence: tuple[str, ...]
    closed_day: int | None

    @property
    def identity(self) -> tuple[object, ...]:
        """What tells episodes of one patient apart."""
        return self[:3]


Answers = Sequence[tuple[str, str]]
"""Landmark codes with their answers."""


class Believed(NamedTuple):
    """What is believed of a patient under one set: the transitions in day order, the answers to the landmarks by code."""

    changes: Sequence[StateChange]
    landmarks: Mapping[str, str]


class Shift(NamedTuple):
    """What an event changed: beliefs gone, beliefs come, each in day order; then the last transition that stands, and the state.

    ``offset`` and ``cause`` are the place and the id of the event.
    """

    offset: int
    cause: str
    withdrawn: Sequence[StateChange]
    added: Sequence[StateChange]
    lost: Sequence[Relapse]
    gained: Sequence[Relapse]
    unsaid: Answers
    answered: Answers
    standing: StateChange | None
    state: str


_NONE: Final = ()
_Each = TypeVar("_Each")


def shift_between(before: Believed, after: Believed, offset: int, cause: str) -> Shift | None:
    """What an event changed, None if nothing."""
    old, new = before.changes, after.changes
    same_changes = old is new or old == new
    same_answers = before.landmarks is after.landmarks or before.landmarks == after.landmarks
    if same_changes and same_answers:
        return None
    withdrawn: Sequence[StateChange] = _NONE
    added: Sequence[StateChange] = _NONE
    lost: Sequence[Relapse] = _NONE
    gained: Sequence[Relapse] = _NONE
    if not same_changes:
        kept = _common(old, new)
        withdrawn, added = _exchanged(old[kept:], new[kept:])
        last = max(0, kept - 1)  # the end of an episode is when the next state was entered
        lost, gained = _exchanged(_relapses(old[last:]), _relapses(new[last:]))
    unsaid, answered = (
        (_NONE, _NONE) if same_answers else _exchanged([*before.landmarks.items()], [*after.landmarks.items()])
    )
    standing = new[-1] if new else None
    return Shift(offset, cause, withdrawn, added, lost, gained, unsaid, answered, standing, state_after(new))


def _common(old: Sequence[StateChange], new: Sequence[StateChange]) -> int:
    """How many transitions both begin with."""
    most = min(len(old), len(new))
    for number in range(most):
        if old[number] is not new[number] and old[number] != new[number]:
            return number
    return most


def _exchanged(old: Sequence[_Each], new: Sequence[_Each]) -> tuple[Sequence[_Each], Sequence[_Each]]:
    return [each for each in old if each not in new], [each for each in new if each not in old]


def _relapses(changes: Sequence[StateChange]) -> list[Relapse]:
    found: list[Relapse] = []
    for number in range(len(changes)):
        change = changes[number]
        if change.relapse:
            closed_day = changes[number + 1].confirmed_day if number + 1 < len(changes) else None
            found.append(Relapse(change.onset_day, change.confirmed_day, change.evidence, closed_day))
    return found
