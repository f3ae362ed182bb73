"""What of a packed history is in force, of the events heard of so far: by places in the sheet, without a version of each."""

from __future__ import annotations

from typing import Final, NamedTuple

from hepledger.clinical.facts import FactKind, LabResult, Version
from hepledger.clinical.packed import NO_DAY, NO_RESULT, NOWHERE
from hepledger.clinical.readings import higher
from hepledger.clinical.sheet import Again, Sheet
from hepledger.clinical.ways import IMPLAUSIBLE, READ, WALKED, Way

_DEATH: Final = int(FactKind.DEATH)


class Since(NamedTuple):
    """Results from some day on; the last day (ordinal) that any fact is dated on, and whether the patient has died."""

    results: list[LabResult]
    latest_day: int | None
    died: bool


class InForce:
    """The version in force of each fact, if it counts. ``ways`` are those of the manners of the sheet, ``heard`` is how many events
    were heard of."""

    __slots__ = ("_standing", "_ways", "heard", "sheet")

    def __init__(self, sheet: Sheet, ways: list[Way]) -> None:
        self.sheet, self._ways, self.heard = sheet, ways, 0
        self._standing: list[int] = []  # by the place where a fact was spoken of first, as far as anybody asked

    def hear_again(self, again: Again) -> int:
        """One more version of a fact: where the one in force was."""
        standing = self._stood()
        was, standing[again.first] = standing[again.first], again.now
        return was

    def is_read(self, place: int) -> bool:
        """Whether the criteria look at the result of a place, and it is dated to the day."""
        if place < 0:
            return False
        sheet = self.sheet
        manner = sheet.manner(place)
        if manner == NO_RESULT or sheet.day(place) == NO_DAY:
            return False
        way = self._ways[manner]
        return not way.excluded and way.use >= READ

    def is_walked(self, place: int) -> bool:
        """Whether it is walked on, too."""
        return self.is_read(place) and self._ways[self.sheet.manner(place)].use == WALKED

    def reading_on(self, date: int) -> int:
        """The place of the reading of a day that is walked on."""
        sheet, found = self.sheet, NOWHERE
        for place in self._stood():
            if place >= 0 and sheet.day(place) == date and self.is_walked(place):
                found = place if found < 0 else self.higher(place, found)
        return found

    def readings(self) -> dict[int, int]:
        """The days that are walked on, and the places of their readings."""
        sheet = self.sheet
        found: dict[int, int] = {}
        for place in self._stood():
            if self.is_walked(place):
                date = sheet.day(place)
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
        counting = [at for at in self._stood() if at >= 0]
        return [sheet.result(at) if sheet.manner(at) != NO_RESULT else sheet.brief(at) for at in counting]

    def since(self, first_day: int) -> Since:
        """What there is to see from a day (ordinal) on."""
        sheet, results, died, latest = self.sheet, [], False, NO_DAY
        for place in self._stood():
            if place < 0:
                continue
            manner = sheet.manner(place)
            if manner == NO_RESULT:
                version = sheet.brief(place)
                died = died or version.kind == _DEATH
                latest = max(latest, version.day or NO_DAY)
            elif self._ways[manner].use != IMPLAUSIBLE:
                day = sheet.day(place)
                latest = max(latest, day)
                if day >= first_day:
                    results.append(sheet.result(place))
        return Since(results, latest or None, died)

    def _counts(self, place: int) -> bool:
        """Whether a version is in force where nothing else of its fact is said."""
        manner = self.sheet.manner(place)
        return self._ways[manner].counts if manner != NO_RESULT else self.sheet.brief(place).content is not None

    def _stood(self) -> list[int]:
        """For each place heard of, in the order in which facts were spoken of first, where the one in force is. NOWHERE where none counts,
        and where a fact is spoken of again."""
        standing, again = self._standing, self.sheet.again
        for place in range(len(standing), self.heard):
            standing.append(place if place not in again and self._counts(place) else NOWHERE)
        return standing
