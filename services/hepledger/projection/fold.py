"""One patient under one criteria set through the events of a batch: alone while that can be, with the history when it is wanted.

An ordinary result moves the end of a course and nothing else, and the snapshot is enough to see that; a course that is
remembered is resumed. Otherwise it is derived from the history, and resumed from there event by event, because what is
believed is decided per event.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from hepledger.clinical.facts import Version
from hepledger.clinical.history import Versions, by_fact
from hepledger.clinical.passage import Passage
from hepledger.clinical.tail import tail_from
from hepledger.projection.books import Book
from hepledger.projection.sets import Projected
from hepledger.projection.shifts import Believed, Shift, shift_between
from hepledger.projection.sorting import Taken, Touched
from hepledger.state.bulk import Row
from hepledger.state.courses import course_row, tail_row


class Fold:
    """The events of a patient, folded under one set.

    It goes on with a ``remembered`` passage, which is then no more as it was, else with the ``snapshot``; with neither if the
    patient is new. ``at`` is the number of the next event, ``book`` what was believed before. In the end there are ``shifts``,
    the ``passage`` if the history was at hand, and a ``whole`` row of it or what ``moved``.
    """

    def __init__(
        self,
        projected: Projected,
        patient: Touched,
        events: Sequence[Taken],
        *,
        remembered: Passage | None,
        snapshot: bytes | None,
    ) -> None:
        self.projected, self.patient, self.events = projected, patient, events
        self.remembered, self.snapshot = remembered, snapshot
        self.start_over()

    def start_over(self) -> None:
        """As if nothing had been tried."""
        self.at = 0
        self.book = Book(())
        self.shifts: list[Shift] = []
        self.passage: Passage | None = None
        self.whole: Row | None = None
        self.moved: Row | None = None

    @property
    def facts(self) -> Versions:
        """What was said of the patient, as far as it was looked at; what this batch says may be among it."""
        return {} if self.passage is None else self.passage.facts

    @property
    def known(self) -> bool:
        """Whether something is stored of the patient under the set."""
        return self.remembered is not None or self.snapshot is not None

    @property
    def _whose(self) -> tuple[int, int]:
        return (self.projected.projection_id, self.patient.patient_id)

    @property
    def event_at_hand(self) -> Taken:
        """The event to blame if the engine raises: the next one, or the last one that left the course as it is."""
        return self.events[min(self.at, len(self.events) - 1)]

    def go_alone(self) -> bool:
        """Go as far as can be without the history; true if that was all the way."""
        if self.remembered is not None:
            self._go_on_from(self.remembered)
            return True
        return self.snapshot is not None and self._go_quietly(self.snapshot)

    def go_on(self, history: Sequence[Version]) -> None:
        """Go on from the first event that was more than the end could tell.

        ``history`` is from before the batch, and so is the book: what went quietly since has changed no belief.
        """
        passed = [event.version for event in self.events[: self.at + 1]]
        self.passage = passage = Passage(self.projected.plan, by_fact([*history, *passed]))
        believed = self._compare(self.book.believed(), passage, passed[-1])
        self.at += 1
        self._go_through(passage, believed)
        self.whole = course_row(*self._whose, passage)

    def _go_quietly(self, snapshot: bytes) -> bool:
        tail = unmoved = tail_from(json.loads(snapshot), self.projected.plan)
        while self.at < len(self.events):
            event = self.events[self.at]
            further = tail.offer(event.version) if event.fresh else None
            if further is None:
                return False
            tail = further
            self.at += 1
        if tail is not unmoved:
            self.moved = tail_row(*self._whose, tail)
        return True

    def _go_on_from(self, passage: Passage) -> None:
        self.passage = passage
        ground, after = passage.ground, passage.after
        self._go_through(passage, _believed_in(passage))
        if self.shifts or passage.ground is not ground:
            self.whole = course_row(*self._whose, passage)
        elif passage.after is not after:
            self.moved = tail_row(*self._whose, passage.tail)

    def _go_through(self, passage: Passage, believed: Believed) -> None:
        for event in self.events[self.at :]:
            version = event.version
            passage.resume(version)
            if passage.transitions is not believed.changes or passage.landmarks is not believed.landmarks:
                believed = self._compare(believed, passage, version)
            self.at += 1

    def _compare(self, before: Believed, passage: Passage, version: Version) -> Believed:
        now = _believed_in(passage)
        shift = shift_between(before, now, version.offset, version.event_id)
        if shift is not None:
            self.shifts.append(shift)
        return now


def _believed_in(passage: Passage) -> Believed:
    return Believed(passage.transitions, passage.landmarks)
