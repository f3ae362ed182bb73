"""One made-up patient from diagnosis to the end of what is known: constitution, fate, visits, samples, biopsies."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final, NamedTuple

from hepledger.demo.centres import Centre
from hepledger.demo.dice import Dice
from hepledger.demo.fates import FATES, Fate
from hepledger.demo.illness import Constitution, alt_by_week, constitution, sample
from hepledger.demo.person import Adverse, Biopsy, Draw, Given, Person
from hepledger.demo.treatment import Course, Trouble

FIRST_DIAGNOSIS: Final = date(2019, 1, 21)
DIAGNOSED_WITHIN: Final = 1_000
KNOWN_UNTIL: Final = date(2024, 6, 28)
"""Nothing of the cohort happens after this day."""


class Sketch(NamedTuple):
    """Who the patient is and what will become of him or her, before any of it is told."""

    sex: str
    age: int
    diagnosed: date
    body: Constitution
    fate: Fate


def case(centre: Centre, number: int) -> Person:
    """Patient so-and-so of a centre."""
    patient = f"{centre.code}-{number:03d}"
    dice = Dice(centre.code, patient)
    sex = "female" if dice.chance(75) else "male"
    diagnosed = FIRST_DIAGNOSIS + timedelta(days=dice.between(0, DIAGNOSED_WITHIN))
    age = dice.between(16, 40) if dice.chance(45) else dice.between(41, 76)
    body = constitution(dice, sex)
    fate = dice.weighted(FATES[centre.uses_tacrolimus])(dice, body.alt)
    return _person(centre.code, patient, dice, Sketch(sex, age, diagnosed, body, fate))


def _person(centre: str, patient: str, dice: Dice, sketch: Sketch) -> Person:
    _, age, diagnosed, body, fate = sketch
    days = min(dice.between(730, 1460), (KNOWN_UNTIL - diagnosed).days)
    ended = fate.end if fate.ends_on is not None and fate.ends_on <= days else None
    if fate.ends_on is not None:
        days = min(days, fate.ends_on)
    last = diagnosed + timedelta(days=days)
    transplanted = ended == "transplant"
    return Person(
        centre=centre,
        patient=patient,
        sex=sketch.sex,
        birth_year=diagnosed.year - age,
        diagnosed_on=diagnosed,
        enrolled_on=diagnosed + timedelta(days=dice.between(0, 20)),
        draws=_draws(dice, diagnosed, body, fate, days),
        given=tuple(_given(course, diagnosed, days, ended) for course in fate.courses if course.day < days),
        adverse=tuple(_adverse(trouble, diagnosed) for trouble in _troubles(dice, fate, days)),
        biopsies=_biopsies(dice, diagnosed, days),
        transplanted_on=last if transplanted else None,
        died_on=last if ended and not transplanted else None,
        death_cause=ended if ended and not transplanted else None,
    )


def _draws(dice: Dice, diagnosed: date, body: Constitution, fate: Fate, days: int) -> tuple[Draw, ...]:
    levels = alt_by_week(body.alt, fate.phases, days)
    drawn = []
    for day in _visits(dice, [course.day for course in fate.courses], days):
        values = sample(dice, body, levels[max(0, day) // 7], body.alt, _tacrolimus_mg(fate.courses, day))
        drawn.append(Draw(diagnosed + timedelta(days=day), values))
    return tuple(drawn)


def _visits(dice: Dice, changes: Sequence[int], days: int) -> list[int]:
    """Treatment is changed at visits; they are close after a change, and far apart when nothing happens."""
    visits = [-dice.between(3, 12), 0]
    while True:
        day = visits[-1]
        quiet = day - max(change for change in changes if change <= day)
        gap = 14 if quiet < 28 else 42 if quiet < 100 else 70 if quiet < 300 else 112
        following = min([day + int(gap * dice.wobble(20)), *(change for change in changes if change > day)])
        if following > days:
            return visits
        visits.append(following)


def _tacrolimus_mg(courses: Sequence[Course], day: int) -> float | None:
    """The dose on board that morning: what was taken the day before counts. None unless it is given or about to be."""
    started = [c for c in courses if c.drug == "tacrolimus" and c.day <= day]
    taken = (float(c.dose) for c in started if c.day < day and (c.until is None or day <= c.until + 1))
    return max(taken, default=0.0) if started else None


def _given(course: Course, diagnosed: date, days: int, ended: str | None) -> Given:
    until, reason = course.until, course.stop_reason
    if until is None or until > days:
        until, reason = (days, "transplant" if ended == "transplant" else "death") if ended else (None, None)
    return Given(
        drug=course.drug,
        dose=course.dose,
        started=diagnosed + timedelta(days=course.day),
        stopped=None if until is None else diagnosed + timedelta(days=until),
        stop_reason=reason,
        indications=course.indications,
    )


def _troubles(dice: Dice, fate: Fate, days: int) -> list[Trouble]:
    troubles = list(fate.troubles)
    if dice.chance(9):
        term, grade = dice.pick((("diabetes", 2), ("weight gain", 1), ("osteopenia", 2), ("insomnia", 1)))
        troubles.append(Trouble(dice.between(40, 400), term, grade, "prednisolone", "none"))
    return [trouble for trouble in troubles if trouble.day <= days]


def _adverse(trouble: Trouble, diagnosed: date) -> Adverse:
    return Adverse(
        on=diagnosed + timedelta(days=trouble.day),
        term=trouble.term,
        grade=trouble.grade,
        suspected_drug=trouble.drug,
        action=trouble.action,
    )


def _biopsies(dice: Dice, diagnosed: date, days: int) -> tuple[Biopsy, ...]:
    taken = []
    stage = dice.between(0, 5)
    if dice.chance(82):
        taken.append(Biopsy(diagnosed - timedelta(days=dice.between(0, 10)), dice.between(7, 16), stage))
    if days > 760 and dice.chance(18):
        taken.append(Biopsy(diagnosed + timedelta(days=dice.between(720, 760)), dice.between(1, 6), stage))
    return tuple(taken)
