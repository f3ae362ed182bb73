"""What two criteria sets make of a cohort, in words and tables: for a committee at a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from hepledger.clinical.difference import Aspect
from hepledger.clinical.difference_text import names_of
from hepledger.clinical.evaluable import NOT_EVALUABLE
from hepledger.reporting.compare_counts import MATRICES, Comparison, Matrix, Tally, labels
from hepledger.reporting.text_table import aligned

TITLES: Final = {"present": "Present state", "best": "Best state", "relapses": "Relapses"}
BESIDE: Final = {
    Aspect.BEST: "best state",
    Aspect.RELAPSES: "number of relapses",
    Aspect.REFRACTORY: "refractory or not",
    Aspect.INDEX: "index date",
    Aspect.TRANSITIONS: "some transition or its dates",
    Aspect.LANDMARKS: "a landmark",
}
"""What else may differ, as it stands in a sentence."""


def counts_text(found: Comparison, source: str = "") -> Iterator[str]:
    """The numbers, the matrices in all, who cannot be judged, and the matrices of the centres in which somebody moved.

    ``source`` says from which facts, where it is not from all.
    """
    old, new = names_of(found.old, found.new)
    yield f"Old: {old}, {found.old.title}"
    yield f"New: {new}, {found.new.title}"
    if source:
        yield f"From {source}."
    yield ""
    yield from _numbers(found)
    for what in MATRICES:
        yield ""
        yield from matrix_text(found, what)
    yield from _gaps(found)
    yield from _centres(found)


def patients_text(number: int) -> str:
    """A number of patients."""
    return f"{number} patient{'' if number == 1 else 's'}"


def _numbers(found: Comparison) -> Iterator[str]:
    moved, apart = len(found.moved), len(found.apart)
    differ = found.total.differs
    yield f"{patients_text(found.total.patients)} compared."
    yield f"{patients_text(moved)} {'stands' if moved == 1 else 'stand'} elsewhere now under {names_of(found.old, found.new)[1]}."
    yield f"{patients_text(differ[Aspect.SOME_DAY])} stood elsewhere on some assessment day, {apart} of whom stand alike now."
    others = [f"{words} {differ[aspect]}" for aspect, words in BESIDE.items() if differ[aspect]]
    yield f"Patients who differ in something else: {', '.join(others) if others else 'none'}."
    if found.parked:
        yield f"{patients_text(found.parked)} left out: parked under one of the sets (`hepledger parked list`)."
    if not {state.code for state in found.old.states} & {state.code for state in found.new.states}:
        yield "The two sets have no state in common: whoever entered one under either stands elsewhere."


def matrix_text(found: Comparison, what: str) -> Iterator[str]:
    """A transition matrix of all patients: `present`, `best` or `relapses`."""
    old, new = names_of(found.old, found.new)
    yield f"{TITLES[what]}: rows under {old}, columns under {new}"
    rows, columns = labels(found, what)
    matrix: Matrix = getattr(found.total, what)
    yield from aligned(("", *columns), ((row, *(matrix[row, column] for column in columns)) for row in rows))


def _gaps(found: Comparison) -> Iterator[str]:
    old, new = found.total.gaps
    if not (old or new):
        return
    yield from ("", "Not evaluable, and why")
    names = names_of(found.old, found.new)
    yield from aligned(("", *names), ((reason, old[reason], new[reason]) for reason in sorted(old | new)))


def _centres(found: Comparison) -> Iterator[str]:
    """The centres in which somebody moved, matrix by matrix; a registry of one centre has said it all."""
    old, new = names_of(found.old, found.new)
    for what in MATRICES if len(found.centres) > 1 else ():
        told = {centre: tally for centre, tally in found.centres.items() if _moves(getattr(tally, what))}
        if told:
            _, columns = labels(found, what)
            yield from ("", f"{TITLES[what]}, in the centres where it differs: rows under {old}, columns under {new}")
            yield from aligned(("centre", "", *columns), _centre_rows(found, what, told, columns))


def _centre_rows(
    found: Comparison, what: str, centres: dict[str, Tally], columns: Sequence[str]
) -> Iterator[tuple[object, ...]]:
    rows, _ = labels(found, what)
    for centre, tally in centres.items():
        matrix: Matrix = getattr(tally, what)
        for row in rows:
            cells = [matrix[row, column] for column in columns]
            if any(cells):
                yield centre, row, *cells


def _moves(matrix: Matrix) -> bool:
    return any(number and old != new for (old, new), number in matrix.items())


def standing_words(old: str, new: str) -> str:
    """Where a patient stands under both."""
    if old != new:
        return f"{old} -> {new}"
    return f"{old} under both" if old == NOT_EVALUABLE else f"now {old} under both"
