"""What becomes of a made-up patient: response, partial response, relapse on taper, or the long way to tacrolimus and beyond."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from hepledger.demo.dice import Dice
from hepledger.demo.illness import Phase
from hepledger.demo.treatment import Course, Trouble, mycophenolate, sparing, steps, steroids, tacrolimus


@dataclass(slots=True, kw_only=True)
class Fate:
    """Days count from diagnosis; ``ends_on`` is the day of a transplant or of death, if it comes to that."""

    phases: list[Phase]
    courses: list[Course]
    troubles: list[Trouble] = field(default_factory=list)
    ends_on: int | None = None
    end: str | None = None


def responds(dice: Dice, alt: float) -> Fate:
    """ALT normal within months, and it stays so."""
    del alt
    given = steroids(dice, until=dice.between(420, 800) if dice.chance(45) else None, reason="remission")
    spared, troubles = sparing(dice, dice.between(14, 42))
    fate = Fate(phases=[Phase(0, dice.real(15, 27), dice.real(0.66, 0.80))], courses=given + spared, troubles=troubles)
    if dice.chance(4):
        fate.ends_on, fate.end = dice.between(500, 900), "unrelated to the liver"
    return fate


def responds_in_part(dice: Dice, alt: float) -> Fate:
    """ALT falls to one and a half or two times the limit and no further; two drugs, then more of them."""
    spared, troubles = sparing(dice, dice.between(14, 42))
    level = dice.real(52, 88) if alt > 250 else dice.real(46, 60)
    return Fate(
        phases=[Phase(0, level, dice.real(0.68, 0.80)), Phase(400, level * 0.9, 0.9)],
        courses=steroids(dice) + spared,
        troubles=troubles,
    )


def relapses(dice: Dice, alt: float) -> Fate:
    """Complete response; the steroid is stopped; ALT rises within months; the steroid is given again, and works again."""
    stop = dice.between(330, 620)
    rise, again = stop + dice.between(30, 120), 0
    again = rise + dice.between(35, 70)
    spared, troubles = sparing(dice, dice.between(14, 42))
    doses = ((0, "30"), (28, "20"), (56, "10"), (140, "5"))
    second = steps("prednisolone", doses, start=again, indications=("relapse",))
    low = dice.real(16, 26)
    phases = [
        Phase(0, low, dice.real(0.62, 0.76)),
        Phase(rise, dice.real(0.35, 0.8) * alt + 90, dice.real(0.70, 0.85)),
        Phase(again, low + 3, dice.real(0.68, 0.80)),
    ]
    return Fate(
        phases=phases, courses=steroids(dice, until=stop, reason="remission") + spared + second, troubles=troubles
    )


def resists(dice: Dice, alt: float) -> Fate:
    """Steroids, azathioprine and mycophenolate fail in turn; tacrolimus is the next, and does what it does."""
    stuck = max(105.0, dice.real(0.25, 0.55) * alt)
    to_mycophenolate, to_tacrolimus = dice.between(120, 170), dice.between(290, 400)
    before = Phase(0, stuck, dice.real(0.72, 0.85))
    spared, troubles = sparing(dice, dice.between(10, 28), until=to_mycophenolate - 1, reason="non_response")
    courses = steroids(dice) + [c for c in spared if c.day < to_mycophenolate]
    courses += mycophenolate(
        to_mycophenolate, until=to_tacrolimus + 60, reason="non_response", why="azathioprine_non_response"
    )
    outcome = dice.weighted(((30, "complete"), (14, "drift"), (22, "partial"), (20, "relapse"), (14, "none")))
    why = ("steroid_refractory", "mycophenolate_non_response") if dice.chance(60) else ("steroid_refractory",)
    lowered = (to_tacrolimus + dice.between(260, 330), to_tacrolimus + dice.between(400, 460))
    given, trembles = tacrolimus(dice, to_tacrolimus, lowered=lowered if outcome == "relapse" else None, why=why)
    fate = Fate(phases=[before], courses=courses + given, troubles=troubles + trembles)
    _after_tacrolimus(dice, fate, outcome, to_tacrolimus, lowered, stuck)
    return fate


def _after_tacrolimus(dice: Dice, fate: Fate, outcome: str, day: int, lowered: tuple[int, int], stuck: float) -> None:
    pace = dice.real(0.72, 0.86)
    low = dice.real(17, 28)
    match outcome:
        case "complete":
            fate.phases.append(Phase(day, low, pace))
        case "drift":  # normal, then for good a little above the limit
            fate.phases += [Phase(day, low, pace), Phase(day + dice.between(250, 420), dice.real(50, 66), 0.85)]
        case "partial":
            fate.phases.append(Phase(day, max(50.0, stuck * dice.real(0.25, 0.42)), pace))
        case "relapse":  # on the lowered dose, until it is raised again
            rise = lowered[0] + dice.between(14, 50)
            fate.phases += [Phase(day, low, pace), Phase(rise, stuck * dice.real(0.5, 1.1), 0.8)]
            fate.phases.append(Phase(lowered[1], low + 6, pace))
        case _:
            fate.phases.append(Phase(day, stuck * dice.real(0.6, 1.0), pace))
            if dice.chance(45):
                fate.ends_on = day + dice.between(200, 500)
                fate.end = dice.pick(("transplant", "transplant", "liver failure"))


FATES: Final[Mapping[bool, tuple[tuple[int, Callable[[Dice, float], Fate]], ...]]] = {
    True: ((44, responds), (14, responds_in_part), (14, relapses), (28, resists)),
    False: ((58, responds), (22, responds_in_part), (20, relapses)),
}
"""Whether the centre gives tacrolimus → how many of a hundred go which way. Centres like these see the difficult ones."""
