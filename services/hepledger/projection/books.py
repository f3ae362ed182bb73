"""What is believed of one patient under one criteria set, as rows that open and close while a batch is worked on."""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter
from typing import Final

from hepledger.clinical.changes import StateChange
from hepledger.clinical.passage import Turn
from hepledger.projection.shifts import Believed, Relapse, Shift, shift_between
from hepledger.state.beliefs import Held, Kind

_TRANSITION: Final = Kind.TRANSITION
_EPISODE: Final = Kind.EPISODE
_LANDMARK: Final = Kind.LANDMARK


class Settled:
    """What a shift closed and opened, in the order of what it withdrew and added, lost and gained."""

    __slots__ = ("come", "gained", "gone", "lost")

    def __init__(self, gone: list[Held], come: list[Held], lost: list[Held], gained: list[Held]) -> None:
        self.gone, self.come, self.lost, self.gained = gone, come, lost, gained


class Book:
    """The beliefs of one patient under one set: those that are stored, and what becomes of them and of new ones."""

    __slots__ = ("_episodes", "_landmarks", "_transitions", "entries")

    def __init__(self, stored: Iterable[Held]) -> None:
        self.entries = list(stored)
        self._transitions: dict[int | str, Held] = {}
        self._episodes: dict[int | str, Held] = {}
        self._landmarks: dict[int | str, Held] = {}
        for held in self.entries:
            self._open(held.kind)[held.mark] = held

    def settle(self, shift: Shift) -> Settled:
        """Enter what an event changed: what is gone is closed at its offset, what has come is opened there."""
        offset = shift.offset
        gone = [self.close(_TRANSITION, change.confirmed_day, offset) for change in shift.withdrawn]
        come = [self.open(_TRANSITION, each.confirmed_day, of_change(each), offset) for each in shift.added]
        lost = [self.close(_EPISODE, relapse.opened_day, offset) for relapse in shift.lost]
        gained = [self.open(_EPISODE, each.opened_day, of_relapse(each), offset) for each in shift.gained]
        for code, _ in shift.unsaid:
            self.close(_LANDMARK, code, offset)
        for code, answer in shift.answered:
            self.open(_LANDMARK, code, (str(answer),), offset)
        return Settled(gone, come, lost, gained)

    def open(self, kind: Kind, mark: int | str, content: tuple[object, ...], offset: int) -> Held:
        """Begin to believe something at an offset."""
        held = self._open(kind)[mark] = Held(kind, mark, content, offset)
        self.entries.append(held)
        return held

    def close(self, kind: Kind, mark: int | str, offset: int) -> Held:
        """Cease to believe something at an offset."""
        held = self._open(kind).pop(mark)
        held.known_to, held.changed = offset, held.stored
        return held

    def announced(self, kind: Kind, mark: int | str) -> Held:
        """What is believed now, to be announced anew."""
        held = self._open(kind)[mark]
        held.changed = held.stored
        return held

    def believed(self) -> Believed:
        """What is believed now."""
        held = sorted(self._transitions.values(), key=attrgetter("mark"))
        landmarks = {str(each.mark): str(each.content[0]) for each in self._landmarks.values()}
        return Believed([_change_of(each) for each in held], landmarks)

    def _open(self, kind: Kind) -> dict[int | str, Held]:
        """What is believed now, by what tells it apart."""
        if kind is _TRANSITION:
            return self._transitions
        return self._episodes if kind is _EPISODE else self._landmarks


def book_of(turns: Iterable[Turn]) -> Book:
    """All that was ever believed of a patient: what changed with each event, entered one after the other."""
    book, believed = Book(()), Believed([], {})
    for turn in turns:
        now = Believed(turn.transitions, turn.landmarks)
        shift = shift_between(believed, now, turn.offset, turn.event_id)
        if shift is not None:
            book.settle(shift)
        believed = now
    return book


def of_change(change: StateChange) -> tuple[object, ...]:
    """What is stored of a transition, beside the day that tells it apart."""
    evidence = "|".join(change.evidence)
    return (change.from_state, change.to_state, change.onset_day, change.relapse, change.rule, evidence)


def of_relapse(relapse: Relapse) -> tuple[object, ...]:
    """What is stored of a relapse episode, beside the day that tells it apart."""
    return (relapse.onset_day, relapse.closed_day, "|".join(relapse.evidence))


def _change_of(held: Held) -> StateChange:
    from_state, to_state, onset_day, relapse, rule, evidence = held.content
    events = tuple(evidence.split("|")) if evidence else ()
    return StateChange(from_state, to_state, onset_day, int(held.mark), bool(relapse), rule, events)
