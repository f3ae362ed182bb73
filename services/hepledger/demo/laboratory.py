"""A laboratory at work: true values become results in the centre's units, limits and habits, and are sent as laboratories send them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Final

from hepledger.clinical.measurement import in_canonical_unit
from hepledger.demo.centres import Centre, Scale
from hepledger.demo.dice import Dice
from hepledger.demo.letters import Sent, limit_of, submission
from hepledger.demo.person import Draw, Person

NEVER_FINALISED: Final = 4
CHANGED_WHEN_FINAL: Final = 8
FINALISED_TOO_EARLY: Final = 10
"""Percent of preliminary results: left as they are; sent again with another value; finalised before they arrive."""


def results_of(person: Person, centre: Centre) -> Iterator[Sent]:
    """All that the laboratory sends of a patient, in the order of the samples."""
    dice = Dice("laboratory", person.patient)
    number = 0
    for draw in person.draws:
        bench = Bench(person, centre, draw, dice)
        for analyte, true in draw.values.items():
            number += 1
            result = bench.result(f"{person.patient}/{number:04d}", analyte, true)
            yield from _late(dice, centre, list(bench.told(result, true)))
        if dice.chance(centre.habits.retracted):
            number += 1
            yield from bench.mistaken(f"{person.patient}/{number:04d}")


def stated(scale: Scale, analyte: str, true: float, measurable: tuple[float, float] | None) -> tuple[str, str]:
    """Comparator and value as the analyser prints a true (canonical) value: beyond what it can measure it says so."""
    size = float(in_canonical_unit(analyte, scale.unit))
    if measurable is not None and not measurable[0] <= true <= measurable[1]:
        end, comparator = (measurable[0], "<") if true < measurable[0] else (measurable[1], ">")
        return comparator, f"{end / size:.{scale.decimals}f}"
    return "=", f"{true / size:.{scale.decimals}f}"


class Bench:
    """One sample of one patient on the bench."""

    def __init__(self, person: Person, centre: Centre, draw: Draw, dice: Dice) -> None:
        self.person, self.centre, self.draw, self.dice = person, centre, draw, dice
        self.taken = f"{draw.on}T{dice.between(7, 10):02d}:{dice.between(0, 11) * 5:02d}:00{centre.offset}"

    def result(self, identity: str, analyte: str, true: float) -> Sent:
        """The result as it is first written down: recorded, final, sent that day."""
        centre, dice = self.centre, self.dice
        scale = centre.scale(analyte, self.draw.on)
        comparator, value = stated(scale, analyte, true, centre.measurable.get(analyte))
        data: dict[str, Any] = {"result_id": identity, "analyte": analyte, "value": value}
        if comparator != "=":
            data["comparator"] = comparator
        data["unit"] = scale.unit
        limit = "" if dice.chance(centre.habits.without_limit) else scale.limit_for(self.person.sex)
        if limit:
            data["reference_high"] = limit_of(limit)
        data |= {"status": "final", "reported_at": self._at(self.draw.on, dice.between(11, 16))}
        if dice.chance(centre.habits.haemolysed):
            data["flags"] = ["haemolysed"]
        taken = self.taken[:7] if dice.chance(centre.habits.to_the_month) else self.taken
        return Sent(
            self.draw.on, submission(self.person, "lab_result_recorded", data, taken, f"lims/{identity}/1"), limit
        )

    def told(self, result: Sent, true: float) -> Iterator[Sent]:
        """The result as the centre's habits let it be told."""
        habits, dice = self.centre.habits, self.dice
        if dice.chance(habits.preliminary):
            yield from self._preliminary(result, true)
        elif dice.chance(habits.corrected):
            yield from self._corrected(result, true)
        else:
            yield result
        if dice.chance(habits.resent):
            yield _varied(result, 3, source=f"{result.submission['source']}/resent")

    def mistaken(self, identity: str) -> Iterator[Sent]:
        """A result of somebody else's sample, taken back some days later."""
        result = self.result(identity, "ALT", self.dice.real(12, 400))
        yield result
        days = self.dice.between(2, 9)
        when = self.draw.on + timedelta(days=days)
        data = {"result_id": identity, "reason": "wrong_patient", "reported_at": self._at(when, 12)}
        yield Sent(when, submission(self.person, "lab_result_retracted", data, source=f"lims/{identity}/2"))

    def _preliminary(self, result: Sent, true: float) -> Iterator[Sent]:
        first = _varied(result, 0, data={"status": "preliminary"})
        next_day = self._at(self.draw.on + timedelta(days=1), 15)
        identity = result.submission["data"]["result_id"]
        if self.dice.chance(NEVER_FINALISED):
            yield first
        elif self.dice.chance(CHANGED_WHEN_FINAL):
            yield first
            yield self._again(result, 1, "lab_result_recorded", self._other_value(result, true, 6), next_day)
        else:
            data = {"result_id": identity, "reported_at": next_day}
            early = self.dice.chance(FINALISED_TOO_EARLY)
            final = submission(self.person, "lab_result_finalised", data, source=f"lims/{identity}/2")
            yield replace(first, on=first.on + timedelta(days=2 if early else 0))
            yield Sent(self.draw.on + timedelta(days=1), final)

    def _corrected(self, result: Sent, true: float) -> Iterator[Sent]:
        yield _varied(result, 0, data=self._other_value(result, true, 60))
        days = self.dice.between(1, 20)
        when = self._at(self.draw.on + timedelta(days=days), 14)
        yield self._again(result, days, "lab_result_corrected", {}, when)

    def _again(self, result: Sent, days: int, kind: str, data: Mapping[str, Any], when: str) -> Sent:
        source = f"lims/{result.submission['data']['result_id']}/2"
        return _varied(result, days, kind=kind, source=source, data={**data, "reported_at": when})

    def _other_value(self, result: Sent, true: float, percent: float) -> dict[str, str]:
        said = result.submission["data"]
        scale = self.centre.scale(said["analyte"], self.draw.on)
        comparator, value = stated(scale, said["analyte"], true * self.dice.wobble(percent), None)
        return {"comparator": comparator, "value": value}

    def _at(self, day: date, hour: int) -> str:
        return f"{day}T{hour:02d}:{self.dice.between(0, 59):02d}:00{self.centre.offset}"


def _late(dice: Dice, centre: Centre, sent: list[Sent]) -> list[Sent]:
    if not dice.chance(centre.habits.late):
        return sent
    days = timedelta(days=dice.between(120, 420))
    return [replace(each, on=each.on + days) for each in sent]


def _varied(
    sent: Sent, days: int, *, kind: str | None = None, source: str | None = None, data: Mapping[str, Any] | None = None
) -> Sent:
    """The same statement sent so many days later, with something said otherwise."""
    said = {**sent.submission, "data": {**sent.submission["data"], **(data or {})}}
    if kind is not None:
        said["type"] = kind
    if source is not None:
        said["source"] = source
    return replace(sent, on=sent.on + timedelta(days=days), submission=said)
