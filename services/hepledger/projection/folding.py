"""All patients of a batch under all its criteria sets. Histories are asked for once, for all who need them, and held one at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from hepledger.clinical.facts import Version
from hepledger.projection.batch import Batch
from hepledger.projection.books import Book
from hepledger.projection.doubts import Doubts
from hepledger.projection.fold import Fold
from hepledger.projection.memory import Memory
from hepledger.projection.poison import Poison
from hepledger.projection.sets import Projected
from hepledger.projection.sorting import Sorted
from hepledger.state import beliefs, courses
from hepledger.state.bulk import Row
from hepledger.state.facts import load_histories
from hepledger.state.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Folded:
    """What came of it: every fold, the doubts raised and settled, and what the engine could not take."""

    folds: list[Fold] = field(default_factory=list)
    doubts: Doubts = field(default_factory=Doubts)
    poison: Poison = field(default_factory=Poison)

    def whole_rows(self) -> list[Row]:
        """Course rows to write as they are."""
        return [fold.whole for fold in self.folds if fold.whole is not None]

    def moved_rows(self) -> list[Row]:
        """What moved of other course rows."""
        return [fold.moved for fold in self.folds if fold.moved is not None]


def fold_all(uow: UnitOfWork, batch: Batch, at_hand: Sorted, memory: Memory) -> Folded:
    """Take the events of every patient through every set; where something is poison, no row is to be written."""
    folded = Folded()
    wanting: dict[int, list[Fold]] = {}
    for projected in batch.sets:
        folds = _folds(uow, projected, at_hand, memory)
        stuck = [fold for fold in folds if not _goes_alone(fold)]
        _open_books(uow, projected, [*stuck, *(fold for fold in folds if fold.shifts)])
        for fold in stuck:
            wanting.setdefault(fold.patient.patient_id, []).append(fold)
        folded.folds.extend(folds)
    for patient_id, history in _histories(uow, batch, sorted(wanting)):
        for fold in wanting[patient_id]:
            _go_on(fold, history, folded.poison)
    if folded.poison.stops:  # it will be begun again, and who was gone on with is not as before
        memory.forget_all()
    _raise_doubts(folded)
    return folded


def _folds(uow: UnitOfWork, projected: Projected, at_hand: Sorted, memory: Memory) -> list[Fold]:
    number = projected.projection_id
    courses_of = {patient.patient_id: memory.find((number, patient.key)) for patient in at_hand.touched}
    unknown = [patient_id for patient_id, course in courses_of.items() if course is None]
    snapshots = courses.load_snapshots(uow, number, unknown)
    return [
        Fold(projected, patient, events, remembered=courses_of[each], snapshot=snapshots.get(each))
        for patient in at_hand.touched
        for each in (patient.patient_id,)
        if (events := at_hand.events_of(number, patient))
    ]


def _goes_alone(fold: Fold) -> bool:
    try:
        return fold.go_alone()
    except Exception:  # noqa: BLE001 - memory and snapshot are economies: the history will do without them, or say why not
        fold.start_over()
        return False


def _go_on(fold: Fold, history: Sequence[Version], poison: Poison) -> None:
    try:
        fold.go_on(history)
    except Exception as error:  # noqa: BLE001 - an engine that raises stops this patient under this set, and nobody else
        offset, reason = fold.event_at_hand.version.offset, f"{type(error).__name__}: {error}"
        poison.found(fold.projected.projection_id, fold.patient.key, offset, reason)


def _open_books(uow: UnitOfWork, projected: Projected, folds: Sequence[Fold]) -> None:
    known = [fold.patient.patient_id for fold in folds if fold.known]
    stored = beliefs.load_open(uow, projected.projection_id, known)
    for fold in folds:
        fold.book = Book(stored.get(fold.patient.patient_id, ()))


def _raise_doubts(folded: Folded) -> None:
    """Once for each patient, with what was said before as the fold has it that had to look."""
    looked: dict[int, Fold] = {}
    for fold in folded.folds:
        if fold.facts or fold.patient.patient_id not in looked:
            looked[fold.patient.patient_id] = fold
    for fold in looked.values():
        folded.doubts.raise_on(fold.patient, fold.facts)


def _histories(uow: UnitOfWork, batch: Batch, patient_ids: Sequence[int]) -> Iterator[tuple[int, list[Version]]]:
    """Each patient's history from before the batch, an empty one for whoever has none."""
    stored = load_histories(uow.connection, patient_ids, batch.starts)
    next_one = next(stored, None)
    for patient_id in patient_ids:
        if next_one is not None and next_one[0] == patient_id:
            yield next_one
            next_one = next(stored, None)
        else:
            yield patient_id, []
