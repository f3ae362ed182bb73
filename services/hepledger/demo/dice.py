"""Chance that is the same on every machine: a seeded source, read only in ways whose results Python does not change.

Only `random()` is drawn from and only sums, products and quotients are taken: neither depends on a platform's mathematical
library, so the cohort comes out byte for byte the same everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Final, TypeVar

SEED: Final = "hepledger demonstration cohort, first edition"

Option = TypeVar("Option")


class Dice:
    """The chance of one patient, or of one purpose: drawing from it disturbs nobody else's."""

    def __init__(self, *purpose: str) -> None:
        self._random = Random("/".join((SEED, *purpose)))  # noqa: S311 - a cohort, not a secret

    def chance(self, percent: float) -> bool:
        """True so many times in a hundred."""
        return self._random.random() * 100 < percent

    def between(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        return low + int(self._random.random() * (high - low + 1))

    def real(self, low: float, high: float) -> float:
        """A number of the range."""
        return low + self._random.random() * (high - low)

    def wobble(self, percent: float) -> float:
        """A factor around one."""
        return self.real(1 - percent / 100, 1 + percent / 100)

    def pick(self, options: Sequence[Option]) -> Option:
        """One of the options, each as likely."""
        return options[self.between(0, len(options) - 1)]

    def weighted(self, options: Sequence[tuple[int, Option]]) -> Option:
        """One of the options, by their weights."""
        left = self._random.random() * sum(weight for weight, _ in options)
        for weight, option in options:
            left -= weight
            if left < 0:
                return option
        return options[-1][1]
