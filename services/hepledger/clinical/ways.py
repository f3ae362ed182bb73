"""What a plan does with results of each manner: looked up once for all histories in which results were said alike."""

from __future__ import annotations

from typing import Final

from hepledger.clinical.manner import Manner, Manners
from hepledger.clinical.measurement import NO_SHORT
from hepledger.clinical.walk import Plan

IMPLAUSIBLE: Final = 0
UNREAD: Final = 1
READ: Final = 2
WALKED: Final = 3
"""What is done with a result: nothing at all, nothing but see that time goes on, look at it, or walk on it."""
_AT_MOST: Final = 4_096


class Way:
    """What is done with results of one manner (``use``). ``counts``: they are in force where nothing else of their fact is said;
    ``excluded``: the criteria leave them out; ``is_plain``: they count and are walked on. Limits are short numbers."""

    __slots__ = ("counts", "excluded", "is_plain", "limit", "limit_closed", "scale", "use")

    def __init__(self, plan: Plan, manner: Manner) -> None:
        said = manner.said
        self.scale, self.limit, self.limit_closed = manner.scale, manner.short_limit, manner.limit_closed
        self.counts, self.excluded = not said.preliminary, not plan.criteria.exclude_flags.isdisjoint(manner.flags)
        self.use = UNREAD
        if not said.plausible:
            self.use = IMPLAUSIBLE
        elif said.analyte == plan.in_order[0]:
            self.use = WALKED
        elif said.analyte in plan.criteria.analytes:
            self.use = READ
        self.is_plain = self.counts and not self.excluded and self.use == WALKED

    def is_short(self, manner: Manner) -> bool:
        """Whether short numbers say all of its results and of their limit, as far as they are walked on."""
        return self.use != WALKED or (self.scale != NO_SHORT and (self.limit != NO_SHORT or manner.said.limit is None))


class Ways:
    """The ways of a plan."""

    __slots__ = ("_known", "_plan")

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._known: dict[Manners, list[Way] | None] = {}

    def of(self, manners: Manners) -> list[Way] | None:
        """A way for each manner of a history; None where short numbers cannot say everything."""
        if manners not in self._known:
            if len(self._known) >= _AT_MOST:
                self._known.clear()
            found = [Way(self._plan, manner) for manner in manners.all]
            are_short = all(way.is_short(manner) for way, manner in zip(found, manners.all, strict=True))
            self._known[manners] = found if are_short else None
        return self._known[manners]
