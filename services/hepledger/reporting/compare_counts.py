"""How many patients move when one criteria set is read in place of another: transition matrices, in all and by centre."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from hepledger.clinical.criteria import START, Criteria
from hepledger.clinical.difference import Aspect, aspects
from hepledger.clinical.evaluable import NOT_EVALUABLE
from hepledger.reporting import queries
from hepledger.reporting.compare import Judged, Pair, judged, left_out
from hepledger.reporting.subjects import Patient

Matrix = Counter[tuple[str, str]]
"""(under the old set, under the new set) → patients."""

NONE_ENTERED: Final = "none"
"""Stands where the best state would, for a patient who entered none."""
MATRICES: Final = ("present", "best", "relapses")
LISTED: Final = frozenset({Aspect.STATE, Aspect.SOME_DAY})
"""Whose state differs, now or on some day, is always listed; who differs in anything else only when asked for."""


@dataclass(slots=True)
class Tally:
    """Counts over some patients. ``gaps`` are, under each set, the reasons why patients cannot be judged."""

    patients: int = 0
    present: Matrix = field(default_factory=Counter)
    best: Matrix = field(default_factory=Counter)
    relapses: Matrix = field(default_factory=Counter)
    differs: Counter[Aspect] = field(default_factory=Counter)
    gaps: tuple[Counter[str], Counter[str]] = field(default_factory=lambda: (Counter(), Counter()))

    def count(self, old: Judged, new: Judged, differs: frozenset[Aspect]) -> None:
        """Counts one patient."""
        self.patients += 1
        self.present[old.outline.standing, new.outline.standing] += 1
        self.best[_best(old), _best(new)] += 1
        self.relapses[_relapses(old), _relapses(new)] += 1
        self.differs.update(differs)
        for reasons, side in zip(self.gaps, (old, new), strict=True):
            if side.gap:
                reasons[side.gap] += 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What two sets make of the same patients.

    ``moved`` are those whose state differs now, ``apart`` those whose state differs on some day but not now, ``others`` those
    who differ in something else. ``parked`` patients are in no count.
    """

    old: Criteria
    new: Criteria
    total: Tally
    centres: dict[str, Tally]
    moved: Sequence[Patient]
    apart: Sequence[Patient]
    others: Sequence[Patient]
    parked: int


def _best(side: Judged) -> str:
    return NOT_EVALUABLE if side.gap else side.outline.best or NONE_ENTERED


def _relapses(side: Judged) -> str:
    return NOT_EVALUABLE if side.gap else str(side.outline.relapses)


def comparison(pair: Pair, everyone: Sequence[Patient], tell: Callable[[int], None] = lambda _: None) -> Comparison:
    """Counts every patient; ``tell`` hears how many more are done."""
    parked = left_out(pair)
    total, centres = Tally(), dict[str, Tally]()
    moved, apart, others = list[Patient](), list[Patient](), list[Patient]()
    for group in queries.in_groups(everyone):
        asked_of = [who for who in group if who.key not in parked]
        for who, old, new in judged(pair, asked_of):
            differs = aspects(old.outline, new.outline)
            for tally in (total, centres.setdefault(who.centre, Tally())):
                tally.count(old, new, differs)
            if differs:
                (moved if Aspect.STATE in differs else apart if Aspect.SOME_DAY in differs else others).append(who)
        tell(len(group))
    return Comparison(
        old=pair.old.criteria,
        new=pair.new.criteria,
        total=total,
        centres=centres,
        moved=moved,
        apart=apart,
        others=others,
        parked=sum(who.key in parked for who in everyone),
    )


def labels(found: Comparison, what: str) -> tuple[list[str], list[str]]:
    """The rows and the columns of a matrix: best first, who cannot be judged last."""
    if what == "relapses":
        seen = {label for pair in found.total.relapses for label in pair} - {NOT_EVALUABLE}
        counts = [str(number) for number in range(max(map(int, seen), default=0) + 1)]
        return [*counts, NOT_EVALUABLE], [*counts, NOT_EVALUABLE]
    last = [NONE_ENTERED if what == "best" else START, NOT_EVALUABLE]
    old, new = (
        [state.code for state in criteria.states if what == "present" or not state.relapse]
        for criteria in (found.old, found.new)
    )
    return [*old, *last], [*new, *last]


def comparison_document(found: Comparison) -> dict[str, Any]:
    """The counts as plain data; of the matrices the cells that hold anybody."""
    return {
        "old": _named(found.old),
        "new": _named(found.new),
        **_tally_data(found, found.total),
        "parked": found.parked,
        "centres": [{"centre": centre, **_tally_data(found, tally)} for centre, tally in found.centres.items()],
    }


def _named(criteria: Criteria) -> dict[str, Any]:
    return {"id": criteria.id, "version": criteria.version, "title": criteria.title}


def _tally_data(found: Comparison, tally: Tally) -> dict[str, Any]:
    return {
        "patients": tally.patients,
        "differ": {aspect.value: tally.differs[aspect] for aspect in Aspect},
        **{what: list(_cells(found, what, tally)) for what in MATRICES},
        "not_evaluable": {
            side: dict(sorted(gaps.items())) for side, gaps in zip(("old", "new"), tally.gaps, strict=True)
        },
    }


def _cells(found: Comparison, what: str, tally: Tally) -> Iterator[dict[str, Any]]:
    matrix: Matrix = getattr(tally, what)
    rows, columns = labels(found, what)
    for row in rows:
        for column in columns:
            if matrix[row, column]:
                yield {"old": row, "new": column, "patients": matrix[row, column]}
