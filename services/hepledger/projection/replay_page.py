"""The three steps of a replay, each with nothing but plain values between them: read histories, fold one from nothing, write rows.

The rows are those that a rebuild makes, because the same fold decides event by event what is believed.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from hepledger.clinical.passage import Passage, Turn, turns
from hepledger.clinical.sheet import Sheet
from hepledger.clinical.sweep import Sweep, sweep_over
from hepledger.projection.books import book_of
from hepledger.projection.sets import Projected
from hepledger.state import beliefs, courses, packs, patients
from hepledger.state.beliefs import Held
from hepledger.state.bulk import Row
from hepledger.state.courses import course_row
from hepledger.state.unit_of_work import UnitOfWork


class Stretch(NamedTuple):
    """Patients of a partition with consecutive numbers: whom they are to come after is ``next_patient``; the last ones or not."""

    partition: int
    numbers: Sequence[int]
    next_patient: int
    last: bool


class Whole:
    """All that a projection remembers of one patient, derived from nothing: the row of the course, and the beliefs."""

    __slots__ = ("beliefs", "course", "patient_id")

    def __init__(self, patient_id: int, course: Row, beliefs: list[Held]) -> None:
        self.patient_id, self.course, self.beliefs = patient_id, course, beliefs


class Stuck(NamedTuple):
    """The event that the engine could not take, and why."""

    offset: int
    reason: str


@dataclass(frozen=True, slots=True)
class Rows:
    """What a page writes for one projection."""

    courses: list[Row] = field(default_factory=list)
    beliefs: list[tuple[int, int, Sequence[Held]]] = field(default_factory=list)

    def take(self, projection_id: int, whole: Whole) -> None:
        """Add one patient."""
        self.courses.append(whole.course)
        self.beliefs.append((projection_id, whole.patient_id, whole.beliefs))


def find_stretch(uow: UnitOfWork, partition: int, first: int, bound: int | None, limit: int) -> Stretch:
    """The next patients of a partition, from a number on and below ``bound``, if there is one."""
    found = patients.by_number(uow, partition, first, bound, limit)
    full = len(found) == limit
    end = found[-1] + 1 if full else bound
    return Stretch(partition, found, end if end is not None else first, last=end is None)


def read_histories(uow: UnitOfWork, stretch: Stretch, until: int) -> Generator[tuple[int, Sheet], None, None]:
    """What was said of each of them below an offset; whoever has nothing there does not come."""
    yield from packs.load(uow, stretch.numbers, stretch.partition, until)


def fold_history(projected: Projected, patient_id: int, sheet: Sheet) -> tuple[Whole | None, Stuck | None]:
    """One patient under one set, as far as the engine goes: what is remembered, and where and why it stopped, if it did."""
    sweep = sweep_over(projected.plan, sheet) if sheet.count else None
    if sweep is not None:
        try:
            return _whole(projected, patient_id, sweep, sweep.turns()), None
        except Exception:  # noqa: BLE001, S110 - who cannot be swept to the end is gone through, for the event at which the engine fails
            pass
    stuck = None
    history = sheet.versions()
    while history:
        passage = Passage(projected.plan, {})
        try:
            return _whole(projected, patient_id, passage, turns(passage, history)), stuck
        except Exception as error:  # noqa: BLE001 - an engine that raises stops this patient under this set, and nobody else
            heard = max(version.offset for versions in passage.facts.values() for version in versions)
            stuck = Stuck(heard, f"{type(error).__name__}: {error}")
            history = [version for version in history if version.offset < stuck.offset]
    return None, stuck


def _whole(projected: Projected, patient_id: int, answer: Passage | Sweep, turns: Iterable[Turn]) -> Whole:
    """What is remembered of a history, as it was when each event came, and in the end."""
    book = book_of(turns)
    return Whole(patient_id, course_row(projected.projection_id, patient_id, answer), book.entries)


def write_rows(uow: UnitOfWork, rows: Rows) -> None:
    """Write what came of a page."""
    courses.add(uow, rows.courses)
    beliefs.add(uow, rows.beliefs)
