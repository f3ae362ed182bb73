"""What one event changed in what is believed of a patient: what was believed before it and after it, compared by value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeVar

from hepledger.clinical.changes import StateChange
from hepledger.clinical.criteria import START


class Relapse:
    """A relapse episode with the evidence it was opened on. It is the same episode, whether closed or not, if the rest is equal."""

    __slots__ = ("closed_day", "evidence", "onset_day", "opened_day")

    def __init__(self, onset_day: int, opened_day: int, evidence: tuple[str, ...], closed_day: int | None) -> None:
        self.onset_day, self.opened_day, self.evidence, self.closed_day = onset_day, opened_day, evidence, closed_day

    @property
    def identity(self) -> tuple[object, ...]:
        """What tells episodes of one patient apart."""
        return (self.onset_day, self.opened_day, self.evidence)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Relapse) and (
            self.opened_day == other.opened_day
            and self.onset_day == other.onset_day
            and self.closed_day == other.closed_day
            and self.evidence == other.evidence
        )

    def __hash__(self) -> int:
        return hash((self.opened_day, self.onset_day))


Answers = list[tuple[str, str]]
"""Landmark codes with their answers."""


class Believed:
    """What is believed of a patient under one set: the transitions in day order, the answers to the landmarks by code."""

    __slots__ = ("changes", "landmarks")

    def __init__(self, changes: list[StateChange], landmarks: Mapping[str, str]) -> None:
        self.changes, self.landmarks = changes, landmarks


class Shift:
    """What an event changed: beliefs gone, beliefs come, each in day order; then the last transition that stands, and the state.

    ``offset`` and ``cause`` are the place and the id of the event.
    """

    __slots__ = (
        "added", "answered", "cause", "gained", "lost", "offset", "standing", "state", "unsaid", "withdrawn"
    )  # fmt: skip

    def __init__(  # noqa: PLR0913, PLR0917 - so much changes at once
        self,
        offset: int,
        cause: str,
        withdrawn: list[StateChange],
        added: list[StateChange],
        lost: list[Relapse],
        gained: list[Relapse],
        unsaid: Answers,
        answered: Answers,
        standing: StateChange | None,
    ) -> None:
        self.offset, self.cause = offset, cause
        self.withdrawn, self.added, self.lost, self.gained = withdrawn, added, lost, gained
        self.unsaid, self.answered = unsaid, answered
        self.standing = standing
        self.state = START if standing is None else standing.to_state


# What most events change nothing of: shared, and never changed.
_NO_CHANGES: Final[list[StateChange]] = []
_NO_RELAPSES: Final[list[Relapse]] = []
_NO_ANSWERS: Final[Answers] = []
_Each = TypeVar("_Each")


def shift_between(before: Believed, after: Believed, offset: int, cause: str) -> Shift | None:
    """What an event changed, None if nothing."""
    old, new = before.changes, after.changes
    same_changes = old is new or old == new
    same_answers = before.landmarks is after.landmarks or before.landmarks == after.landmarks
    if same_changes and same_answers:
        return None
    withdrawn = added = _NO_CHANGES
    lost = gained = _NO_RELAPSES
    if not same_changes:
        kept = _common(old, new)
        if kept < len(old):
            withdrawn, added = _exchanged(old[kept:], new[kept:])
        else:
            added = new[kept:]
        last = max(0, kept - 1)  # the end of an episode is when the next state was entered
        lost, gained = _exchanged(_relapses(old, last), _relapses(new, last))
    unsaid = answered = _NO_ANSWERS
    if not same_answers:
        unsaid, answered = _exchanged([*before.landmarks.items()], [*after.landmarks.items()])
    return Shift(offset, cause, withdrawn, added, lost, gained, unsaid, answered, new[-1] if new else None)


def _common(old: list[StateChange], new: list[StateChange]) -> int:
    """How many transitions both begin with."""
    most = min(len(old), len(new))
    for number in range(most):
        if old[number] is not new[number] and old[number] != new[number]:
            return number
    return most


def _exchanged(old: list[_Each], new: list[_Each]) -> tuple[list[_Each], list[_Each]]:
    if not old or not new:
        return old, new
    return [each for each in old if each not in new], [each for each in new if each not in old]


def _relapses(changes: list[StateChange], first: int) -> list[Relapse]:
    """The episodes that begin with the transitions from a place on."""
    found: list[Relapse] = []
    for number in range(first, len(changes)):
        change = changes[number]
        if change.relapse:
            closed_day = changes[number + 1].confirmed_day if number + 1 < len(changes) else None
            found.append(Relapse(change.onset_day, change.confirmed_day, change.evidence, closed_day))
    return found
