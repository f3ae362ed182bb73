"""The courses seen last, so that a consumer which catches up does not read every history again at every batch.

It is an economy: whoever is not remembered is read from the database, and everything is forgotten when a batch fails. It is
bounded by the number of facts that it holds, and when it is full it keeps those it has while they are in use: patients
come round and round, and to let the oldest go for the newest would be to let go whoever comes next.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from hepledger.clinical.history import Versions
from hepledger.clinical.passage import Passage
from hepledger.projection.fold import Fold

CAPACITY: Final = 100_000
"""Facts held at most, each a little over a kilobyte."""

RESTING: Final = 5
"""A course that was not asked for in so many batches makes room."""

Whose = tuple[int, str]
"""Projection and patient key."""


@dataclass(slots=True)
class _Remembered:
    passage: Passage
    facts: int
    batch: int


class Memory:
    """Courses by projection and patient. They are as after the last batch that was committed."""

    __slots__ = ("_batch", "_capacity", "_courses", "_facts")

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._courses: dict[Whose, _Remembered] = {}
        self._facts = self._batch = 0

    def find(self, whose: Whose) -> Passage | None:
        """The course of a patient, if it is remembered. Who goes on with it and fails says `forget_all`."""
        found = self._courses.get(whose)
        return None if found is None else found.passage

    def facts_of(self, projections: Sequence[int], key: str) -> Versions | None:
        """What was said of a patient, if the course under one of the projections is remembered."""
        for projection_id in projections:
            passage = self.find((projection_id, key))
            if passage is not None:
                return passage.facts
        return None

    def take_over(self, folds: Iterable[Fold], stopped: Iterable[Whose]) -> None:
        """A batch was committed: remember the courses it ended with, and forget who is parked, for they are gone on with elsewhere."""
        self._batch += 1
        for fold in folds:
            if fold.passage is not None:
                self._keep((fold.projected.projection_id, fold.patient.key), fold.passage)
        for whose in stopped:
            self.forget(whose)

    def _keep(self, whose: Whose, passage: Passage) -> None:
        self.forget(whose)
        facts = len(passage.facts)
        while self._facts + facts > self._capacity and self._let_one_go():
            pass
        if self._facts + facts <= self._capacity:
            self._courses[whose] = _Remembered(passage, facts, self._batch)
            self._facts += facts

    def forget(self, whose: Whose) -> None:
        """Forget a course: somebody else may go on with it."""
        found = self._courses.pop(whose, None)
        if found is not None:
            self._facts -= found.facts

    def forget_all(self) -> None:
        """Forget everything: what was remembered may not be what is stored."""
        self._courses.clear()
        self._facts = 0

    def _let_one_go(self) -> bool:
        oldest = next(iter(self._courses), None)
        if oldest is None or self._courses[oldest].batch + RESTING > self._batch:
            return False
        self.forget(oldest)
        return True
