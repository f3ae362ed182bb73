"""A load that goes on while something is broken, and the proof that it did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from tests.support.cohort_of_many import new_entries
from tests.support.fault_processes import Crew, Running

PATIENTS, EVENTS_OF_EACH = 40, 60
SECONDS = 8.0


@dataclass(frozen=True, slots=True)
class Load:
    """A centre that goes on sending: the process, and whose events it sends."""

    running: Running
    patients: int
    events_of_each: int

    @classmethod
    def started(
        cls, hands: Crew, seconds: float = SECONDS, *, patients: int = PATIENTS, events_of_each: int = EVENTS_OF_EACH
    ) -> Self:
        """It begins: so many events, evenly over some seconds."""
        arguments = (str(patients), str(events_of_each), str(seconds))
        return cls(hands.module("tests.support.load_writer", *arguments), patients, events_of_each)

    @property
    def runs(self) -> bool:
        """Whether it still sends."""
        return self.running.runs

    @property
    def confirmed(self) -> int:
        """How many events are confirmed by now."""
        lots = [line.split()[1] for line in self.running.said().splitlines() if line.startswith("confirmed ")]
        return int(lots[-1]) if lots else 0

    def finished(self) -> list[bytes]:
        """Waits until everything is confirmed; gives the ids of the events."""
        assert self.running.end(60.0) == 0, self.running.last_words()
        ids = [entry.event_id for entry in new_entries(self.patients, self.events_of_each)]
        assert self.confirmed == len(ids)
        return ids
