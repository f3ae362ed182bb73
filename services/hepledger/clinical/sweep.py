"""A packed history gone through event by event, where all that is walked on is one analyte in short numbers.

An economy, as the tail of a course is, and never a second rule: it comes to what a `Passage` comes to, and `sweep_over` tells where
it may be used. No version is made of a result that nobody looks at, and the ground is laid anew only where something may follow.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from hepledger.clinical.changes import StateChange
from hepledger.clinical.facts import Prescription, Version
from hepledger.clinical.ground import Ground
from hepledger.clinical.history import gathered, readings_in
from hepledger.clinical.in_force import InForce
from hepledger.clinical.landmarks import Answer, answer_landmarks
from hepledger.clinical.packed import NO_DAY, NO_RESULT, NOWHERE
from hepledger.clinical.passage import Turn
from hepledger.clinical.sheet import Sheet
from hepledger.clinical.stride import Paces
from hepledger.clinical.tail import Tail
from hepledger.clinical.trail import Trail
from hepledger.clinical.walk import Plan
from hepledger.clinical.ways import IMPLAUSIBLE, UNREAD, WALKED, Way

_NEVER: Final = 1 << 40


def sweep_over(plan: Plan, sheet: Sheet) -> Sweep | None:
    """A sweep that has not begun; None if a history cannot be gone through in short numbers under a plan."""
    paces = _paces_of(plan)
    if paces is None or sheet.is_odd:
        return None
    ways = paces.ways.of(sheet.manners)
    return None if ways is None else Sweep(paces, sheet, ways)


@lru_cache(maxsize=64)
def _paces_of(plan: Plan) -> Paces | None:
    """None if there is more than one analyte, or no sense in a condition: then whoever asks the condition itself is told so."""
    if len(plan.analytes) != 1:
        return None
    try:
        return Paces(plan)
    except TypeError:
        return None


class Sweep:
    """Where a patient stands after the event at ``place``.

    ``transitions`` and ``landmarks`` are replaced where they have changed.
    """

    __slots__ = (
        "_agains", "_answer_from", "_answer_until", "_deferred", "_dirty", "_facts", "_first_day", "_ground", "_index",
        "_is_fresh", "_last_day", "_next_again", "_settled_from", "_settled_until", "_trail", "_ways", "answered", "landmarks",
        "place", "plan", "sheet"
    )  # fmt: skip

    def __init__(self, paces: Paces, sheet: Sheet, ways: list[Way]) -> None:
        """``ways`` are those of the manners of the sheet."""
        self.plan = plan = paces.plan
        self.sheet, self.place, self._ways = sheet, -1, ways
        self._facts = InForce(sheet, ways)
        self._agains = iter(sheet.again)
        self._next_again = next(self._agains, NOWHERE)
        self._trail = Trail(paces, sheet, ways)
        self._ground: Ground | None = None
        self._index, self._dirty, self._deferred, self._is_fresh = NOWHERE, True, False, True
        self._first_day, self._last_day = _NEVER, -_NEVER
        self._answer({landmark.code: Answer.PENDING for landmark in plan.criteria.landmarks})

    def turns(self) -> Iterator[Turn]:
        """Take in one event after the other; gives the first, and those that may have changed what is believed."""
        sheet = self.sheet
        while self._go_on():
            place = self.place
            yield Turn(sheet.offset(place), sheet.event_id(place), self.transitions, self.landmarks)

    @property
    def ground(self) -> Ground:
        """What the course stands on; its readings may be those of an earlier place."""
        ground = self._ground
        if ground is None or self._dirty:
            ground = self._lay_ground()
        return ground

    @property
    def transitions(self) -> list[StateChange]:
        """The transitions, in day order."""
        return self._trail.transitions

    @property
    def tail(self) -> Tail:
        """The end of the course."""
        return self._trail.tail(self.ground.index_day, self.answered)

    def _go_on(self) -> bool:
        """Take in what follows, until something may have changed; false where nothing is left."""
        trail, facts, sheet = self._trail, self._facts, self.sheet
        transitions, landmarks, is_first = trail.transitions, self.landmarks, self.place < 0
        place, end = self.place + 1, sheet.count
        while place < end:
            self.place = place
            facts.heard = place + 1
            manner = sheet.manner(place)
            if place == self._next_again:
                self._hear_again(place)
            elif manner == NO_RESULT:
                self._hear_other(sheet.brief(place))
            elif self._ways[manner].counts:
                self._hear_result(place, sheet.day(place), self._ways[manner])
            if is_first or trail.transitions is not transitions or self.landmarks is not landmarks:
                return True
            place += 1
        return False

    def _settle(self) -> None:
        """Work out between which days the ground is settled, and no landmark near."""
        self._settled_from, self._settled_until = _NEVER, NO_DAY
        if self._index >= 0 and not self._dirty:
            self._settled_from = self._index + max(self.plan.settled_after, self._answer_until)
            self._settled_until = self._index + self._answer_from

    def _hear_other(self, version: Version) -> None:
        """What is no result. Before there is a result, prescriptions alone are no ground yet."""
        content = version.content
        if content is None:
            return
        if isinstance(content, Prescription) and self._is_brief(content, version.day):
            self._dirty = True
            self._deferred = self._deferred or content.drug in self.plan.criteria.index_drugs
            self._settle()
        else:
            self._lay_ground()

    def _is_brief(self, content: Prescription, day: int | None) -> bool:
        """Whether nothing but prescriptions was heard, of so short a time that no landmark can have been passed."""
        for date in (content.started_day, day):
            if date is not None:
                self._first_day, self._last_day = min(self._first_day, date), max(self._last_day, date)
        return self._is_fresh and self._last_day - self._first_day < self._answer_from

    def _hear_result(self, place: int, date: int, way: Way) -> None:
        """A result that counts. Most bring one more day to walk on, after the last and on settled ground, and nothing else."""
        trail = self._trail
        if way.is_plain and date > trail.last_date and self._settled_from < date < self._settled_until:
            trail.append(date, place, way)
            return
        if way.use == IMPLAUSIBLE or date == NO_DAY:
            return
        self._is_fresh = False
        if self._deferred:
            self._lay_ground()
            return
        plan, index = self.plan, self._index
        if plan.by_first_result and (index < 0 or date < index):
            self._lay_ground()
            return
        if index < 0:
            return
        day = date - index
        if way.use != UNREAD and not way.excluded:
            if day <= plan.settled_after:
                if self._is_before_all(day):
                    self._dirty = True
                    self._settle()
                else:
                    self._lay_ground()
                return
            if self._dirty:
                self._lay_ground()
                return
            if way.use == WALKED:
                self._put(date, place, way)
        if day >= self._answer_from or day <= self._answer_until:
            self._answer_again()

    def _is_before_all(self, day: int) -> bool:
        """Whether nothing can be believed yet after a result of a day: none was assessed, and no landmark is near or past."""
        is_early = day < self.plan.assess_from and self._answer_until < day < self._answer_from
        return is_early and self._trail.is_unassessed()

    def _hear_again(self, place: int) -> None:
        """What is said of a fact of which something was said before."""
        facts, sheet, index = self._facts, self.sheet, self._index
        again = sheet.again[place]
        was, now = facts.hear_again(again), again.now
        self._next_again = next(self._agains, NOWHERE)
        if not sheet.is_of_a_result(place) or self.plan.by_first_result or self._deferred:
            self._lay_ground()
            return
        if was == now or index < 0:
            return
        days = [sheet.day(each) for each in (was, now) if facts.is_read(each)]
        if self._dirty or any(date - index <= self.plan.settled_after for date in days):
            self._lay_ground()
            return
        for date in dict.fromkeys(sheet.day(each) for each in (was, now) if facts.is_walked(each)):
            self._trail.set(date, facts.reading_on(date))
        if not days or not self._are_answered_for_good(min(days)):
            self._answer_again()

    def _are_answered_for_good(self, date: int) -> bool:
        """Whether what changed on a day and later leaves all landmarks answered as they are: their windows lie before, and some
        other day has ended the wait."""
        dates, until = self._trail.dates, self._index + self._answer_until
        return self._answer_from == _NEVER and date > until and bool(dates) and dates[-1] >= until

    def _lay_ground(self) -> Ground:
        """From nothing but the facts."""
        ground = self._ground = Ground(gathered(self._facts.contents()), self.plan.criteria)
        self._dirty = self._deferred = self._is_fresh = False
        self._index = NOWHERE if ground.index_day is None else ground.index_day
        if ground.landmarks != self.landmarks:
            self._answer(ground.landmarks)
        self._settle()
        self._trail.begin(self._index, ground.baseline, {} if self._index < 0 else self._facts.readings())
        return ground

    def _answer(self, landmarks: dict[str, Answer]) -> None:
        """From now on these are the answers: from which day on one may come, and until which one that was given may change."""
        self.landmarks = landmarks
        self._answer_from, self._answer_until = _NEVER, -_NEVER
        answered = []
        for landmark in self.plan.criteria.landmarks:
            if landmarks[landmark.code] is Answer.PENDING:
                self._answer_from = min(self._answer_from, landmark.last_day)
            else:
                self._answer_until = max(self._answer_until, landmark.last_day)
                answered.append(landmark.code)
        self.answered = frozenset(answered)
        self._settle()

    def _answer_again(self) -> None:
        criteria, ground = self.plan.criteria, self.ground
        if not criteria.landmarks or self._index < 0:
            return
        seen = self._facts.since(self._index + self.plan.landmarks_from)
        readings = ground.held(readings_in(seen.results, criteria), criteria)
        answers = answer_landmarks(
            criteria, readings, ground.baseline, self._index, latest_day=seen.latest_day, died=seen.died
        )
        if answers != self.landmarks:
            self._answer(answers)

    def _put(self, date: int, place: int, way: Way) -> None:
        """One more result that is walked on."""
        trail = self._trail
        if date > trail.last_date:
            trail.append(date, place, way)
            return
        rival = trail.place_on(date)
        chosen = place if rival < 0 else self._facts.higher(place, rival)
        if chosen != rival:
            trail.set(date, chosen)
