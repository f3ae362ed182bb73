"""One patient under one criteria set through the events of a batch: alone while that can be, with the history when it is wanted.

An ordinary result moves the end of a course and nothing else, and the snapshot is enough to see that; a course that is
remembered is resumed. Otherwise it is derived from the history, and resumed from there event by event, because what is
believed is decided per event.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from hepledger.clinical.course import Course, derive, resume
from hepledger.clinical.facts import Version
from hepledger.clinical.history import Versions, by_fact
from hepledger.clinical.tail import tail_from
from hepledger.projection.books import Book
from hepledger.projection.sets import Projected
from hepledger.projection.shifts import Believed, Shift, shift_between
from hepledger.projection.sorting import Taken, Touched
from hepledger.state.bulk import Row
from hepledger.state.courses import course_row, tail_row


class Fold:
    """The events of a patient, folded under one set.

    It starts from a ``remembered`` course, else from the ``snapshot``; from neither if the patient is new. ``at`` is the
    number of the next event, ``book`` what was believed before, ``facts`` what was said before, as far as it was looked at.
    In the end there are ``shifts``, the ``course`` if it was gone through, and a ``whole`` row of it or what ``moved``.
    """

    def __init__(
        self,
        projected: Projected,
        patient: Touched,
        events: Sequence[Taken],
        *,
        remembered: Course | None,
        snapshot: bytes | None,
    ) -> None:
        self.projected, self.patient, self.events = projected, patient, events
        self.remembered, self.snapshot = remembered, snapshot
        self.start_over()

    def start_over(self) -> None:
        """As if nothing had been tried."""
        self.at = 0
        self.book = Book(())
        self.facts: Versions = {}
        self.shifts: list[Shift] = []
        self.course: Course | None = None
        self.whole: Row | None = None
        self.moved: Row | None = None

    @property
    def known(self) -> bool:
        """Whether something is stored of the patient under the set."""
        return self.remembered is not None or self.snapshot is not None

    @property
    def event_at_hand(self) -> Taken:
        """The event to blame if the engine raises: the next one, or the last one that left the course as it is."""
        return self.events[min(self.at, len(self.events) - 1)]

    def go_alone(self) -> bool:
        """Go as far as can be without the history; true if that was all the way."""
        if self.remembered is not None:
            before = self.remembered
            self.facts = before.facts
            self._go_through(before, Believed(before.transitions, before.landmarks))
            return True
        return self.snapshot is not None and self._go_quietly(self.snapshot)

    def go_on(self, history: Sequence[Version]) -> None:
        """Go on from the first event that was more than the end could tell.

        ``history`` is from before the batch, and so is the book: what went quietly since has changed no belief.
        """
        self.facts = by_fact(history)
        passed = [event.version for event in self.events[: self.at + 1]]
        course = derive([*history, *passed], self.projected.plan)
        believed = self._compare(self.book.believed(), course, passed[-1])
        self.at += 1
        self._go_through(course, believed)

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
            self.moved = tail_row(self.projected.projection_id, self.patient.patient_id, tail)
        return True

    def _go_through(self, course: Course, believed: Believed) -> None:
        for event in self.events[self.at :]:
            version = event.version
            course = resume(course, version)
            if course.transitions is not believed.changes or course.landmarks is not believed.landmarks:
                believed = self._compare(believed, course, version)
            self.at += 1
        self.course = course
        self._make_row(course)

    def _make_row(self, course: Course) -> None:
        """The whole row, unless the course was not derived again: then at most its end has moved."""
        whose = (self.projected.projection_id, self.patient.patient_id)
        before = self.remembered
        if before is None or self.shifts or course.baseline is not before.baseline:
            self.whole = course_row(*whose, course)
        elif course.tail is not before.tail:
            self.moved = tail_row(*whose, course.tail)

    def _compare(self, believed: Believed, course: Course, version: Version) -> Believed:
        shift = shift_between(believed, course, version.offset, version.event_id)
        if shift is not None:
            self.shifts.append(shift)
        return Believed(course.transitions, course.landmarks)
