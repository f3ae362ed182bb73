"""Exact means and medians, for the cohort report and the published series."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction


def mean(numbers: Sequence[Fraction]) -> Fraction | None:
    """The exact arithmetic mean, None of nothing."""
    return sum(numbers, Fraction(0)) / len(numbers) if numbers else None


def median(numbers: Sequence[Fraction]) -> Fraction | None:
    """The exact median (of an even number of values the mean of the two in the middle), None of nothing."""
    if not numbers:
        return None
    ordered = sorted(numbers)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
