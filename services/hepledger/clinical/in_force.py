"""What of a packed history is in force, of the events heard of so far: by places in the sheet, without a version of each."""

from __future__ import annotations

from typing import Final, NamedTuple

from hepledger.clinical.facts import FactKind, LabResult, Version
from hepledger.clinical.history import counting
from hepledger.clinical.packed import NO_DAY
from hepledger.clinical.readings import higher
from hepledger.clinical.sheet import Sheet
from hepledger.clinical.stride import NOWHERE
from hepledger.clinical.walk import Plan

IMPLAUSIBLE, UNREAD, READ, WALKED = 0, 1, 2, 3
"""What is done with a result: nothing at all, nothing but see that time goes on, look at it, or walk on it."""
_DEATH: Final = int(FactKind.DEATH)


class Since(NamedTuple):
    """Results from some day on; the last day (ordinal) that any fact is dated on, and whether the patient has died."""

    results: list[LabResult]
    latest_day: int | None
    died: bool


class InForce:
    """The version in force of each fact, if it counts. ``use`` says of each measurement of the sheet what is done with it,
    ``plain`` of each manner whether a result said so counts and is looked at."""

    __slots__ = ("_heard", "_said", "_standing", "excluded", "plain", "sheet", "use")

    def __init__(self, plan: Plan, sheet: Sheet, use: list[int]) -> None:
        self.sheet, self.use, self._heard = sheet, use, 0
        self.excluded = [not plan.criteria.exclude_flags.isdisjoint(manner.flags) for manner in sheet.manners]
        self.plain = [
            not (each.preliminary or excluded) for each, excluded in zip(sheet.manners, self.excluded, strict=True)
        ]
        self._said: dict[int, dict[int, Version]] = {}  # of facts that were spoken of again, by place
        self._standing = [NOWHERE] * sheet.count  # by the place where a fact was spoken of first

    def hear(self, place: int) -> None:
        """A place is the first version of its fact, and counts."""
        self._standing[place] = place
        self._heard = place + 1

    def hear_again(self, first: int, place: int) -> tuple[int, int]:
        """One more version of a fact that was spoken of first at ``first``: where the one in force was, and where it is."""
        said = self._said.setdefault(first, {})
        for each in (first, place):
            if each not in said:
                said[each] = self.sheet.version(each)
        version = counting(list(said.values()))
        now = next((at for at, each in said.items() if each is version), NOWHERE)
        was, self._standing[first] = self._standing[first], now
        self._heard = place + 1
        return was, now

    def is_read(self, place: int) -> bool:
        """Whether the criteria look at the result of a place, and it is dated to the day."""
        sheet = self.sheet
        manner = NOWHERE if place < 0 else sheet.manner[place]
        if manner < 0 or self.excluded[manner] or sheet.days[place] == NO_DAY:
            return False
        return self.use[sheet.measured[place]] >= READ

    def is_walked(self, place: int) -> bool:
        """Whether it is walked on, too."""
        return self.is_read(place) and self.use[self.sheet.measured[place]] == WALKED

    def reading_on(self, date: int) -> int:
        """The place of the reading of a day that is walked on."""
        days, found = self.sheet.days, NOWHERE
        for place in self._places():
            if days[place] == date and self.is_walked(place):
                found = place if found < 0 else self.higher(place, found)
        return found

    def readings(self) -> dict[int, int]:
        """The days that are walked on, and the places of their readings."""
        days = self.sheet.days
        found: dict[int, int] = {}
        for place in self._places():
            if self.is_walked(place):
                date = days[place]
                rival = found.get(date, NOWHERE)
                found[date] = place if rival < 0 else self.higher(place, rival)
        return found

    def higher(self, one: int, other: int) -> int:
        """Which of two results of one day is the reading."""
        readings = self.sheet.result(one).reading, self.sheet.result(other).reading
        assert readings[0] is not None  # noqa: S101 - both are plausible, and dated to the day
        assert readings[1] is not None  # noqa: S101
        return one if higher(readings[0], readings[1]) is readings[0] else other

    def contents(self) -> list[Version | LabResult]:
        """What counts of the facts heard of (see `gathered`)."""
        sheet = self.sheet
        return [sheet.result(at) if sheet.manner[at] >= 0 else sheet.version(at) for at in self._places()]

    def since(self, first_day: int) -> Since:
        """What there is to see from a day (ordinal) on."""
        sheet, results, died, latest = self.sheet, [], False, NO_DAY
        for place in self._places():
            if sheet.manner[place] < 0:
                version = sheet.version(place)
                died = died or version.kind == _DEATH
                latest = max(latest, version.day or NO_DAY)
            elif self.use[sheet.measured[place]] != IMPLAUSIBLE:
                latest = max(latest, sheet.days[place])
                if sheet.days[place] >= first_day:
                    results.append(sheet.result(place))
        return Since(results, latest or None, died)

    def _places(self) -> list[int]:
        return [place for place in self._standing[: self._heard] if place >= 0]
