"""The numbers of patients that were met before, so that a consumer which catches up does not ask for them at every batch.

An economy, like the memory of courses: only what was committed is remembered, and everything is forgotten when a batch fails.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from hepledger.state import patients
from hepledger.state.unit_of_work import UnitOfWork

CAPACITY: Final = 100_000
"""Patients remembered at most, each with a quarter of a kilobyte."""


class Numbers:
    """Patients' numbers by their keys, as after the last batch that was committed."""

    __slots__ = ("_capacity", "_known")

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._known: dict[str, int] = {}

    def find(self, uow: UnitOfWork, partitions: Mapping[str, int]) -> dict[str, int]:
        """The numbers of patients; new ones are given out in the order of ``partitions`` (key → partition of the patient)."""
        known = self._known
        unknown = {key: partition for key, partition in partitions.items() if key not in known}
        if not unknown:
            return {key: known[key] for key in partitions}
        return {key: known[key] for key in partitions if key in known} | patients.number(uow, unknown)

    def take_over(self, numbers: Collection[tuple[str, int]]) -> None:
        """A batch was committed: remember whom it met. When there is no room it begins again with these."""
        self._known.update(numbers)
        if len(self._known) > self._capacity:
            self._known = dict(numbers) if len(numbers) <= self._capacity else {}

    def forget_all(self) -> None:
        """Forget everything: what was remembered may not be what is stored."""
        self._known.clear()
