"""Shifts become rows and announcements: what is gone is closed at the event's offset, what has come is opened there.

What is announced follows three rules. A change that takes another's place names it (`supersedes`); one that is gone without
a successor is said to be gone, before anything else is said; and the last that is said of a cause ends in the present
state, so that a reader who keeps only the newest event of a patient is right.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from hepledger.projection.announcements import Announcement, Voice
from hepledger.projection.books import Book
from hepledger.projection.books import Settled as Entered
from hepledger.projection.fold import Fold
from hepledger.projection.shifts import Shift
from hepledger.state import catalogue
from hepledger.state.beliefs import Held, Kind
from hepledger.state.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Settled:
    """What is to be written: beliefs of (projection, patient), and what is announced of them."""

    beliefs: list[tuple[int, int, Held]] = field(default_factory=list)
    said: list[Announcement] = field(default_factory=list)

    def announcements(self) -> list[tuple[bytes, int, str, bytes]]:
        """Rows for the outbox, in the order of the events that they follow from."""
        in_order = sorted(self.said, key=lambda each: (each.partition, each.offset))
        return [(each.event_id, each.partition, each.key, each.payload) for each in in_order]


def settle_all(uow: UnitOfWork, folds: Iterable[Fold], now: datetime) -> Settled:
    """Settle what a batch changed. Only the set that is the registry's answer has a voice."""
    active = catalogue.find_active(uow)
    settled = Settled()
    for fold in folds:
        if not fold.shifts:
            continue
        projected, patient = fold.projected, fold.patient
        voice = Voice(projected, patient.key, patient.partition, now) if projected.fingerprint == active else None
        for shift in fold.shifts:
            settle(fold.book, shift, voice)
        settled.beliefs.extend((projected.projection_id, patient.patient_id, held) for held in fold.book.entries)
        settled.said.extend(() if voice is None else voice.said)
    return settled


def settle(book: Book, shift: Shift, voice: Voice | None) -> None:
    """Enter a shift into the book, and announce it if there is a voice."""
    settled = book.settle(shift)
    if voice is not None:
        _announce_changes(book, shift, voice, settled)
    _announce_relapses(shift, voice, settled)


def _announce_changes(book: Book, shift: Shift, voice: Voice, settled: Entered) -> None:
    gone, come = settled.gone, settled.come
    for change, held in list(zip(shift.withdrawn, gone, strict=True))[len(come) :]:
        voice.response_withdrawn(shift, change, held.announced_id)
    for number, (change, held) in enumerate(zip(shift.added, come, strict=True)):
        replaced = gone[number].announced_id if number < len(gone) else None
        held.announced_id = voice.response_changed(shift, change, replaced)
    standing = shift.standing
    if come and standing is not None and standing != shift.added[-1]:
        held = book.announced(Kind.TRANSITION, standing.confirmed_day)
        held.announced_id = voice.response_changed(shift, standing, held.announced_id)


def _announce_relapses(shift: Shift, voice: Voice | None, settled: Entered) -> None:
    """An episode that was closed or opened again for its end alone is the same, and was announced."""
    gone = {relapse.identity: held for relapse, held in zip(shift.lost, settled.lost, strict=True)}
    come = {relapse.identity for relapse in shift.gained}
    for identity, held in gone.items():
        if voice is not None and identity not in come and held.announced_id is not None:
            voice.relapse_withdrawn(shift, held.announced_id)
    for relapse, held in zip(shift.gained, settled.gained, strict=True):
        if relapse.identity in gone:
            held.announced_id = gone[relapse.identity].announced_id
        elif voice is not None:
            held.announced_id = voice.relapse_detected(shift, relapse)
