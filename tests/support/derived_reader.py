"""What a reporting team makes of the derived stream: it is read from the start, and an event whose id was seen has no effect.

Of what is left, what was said of each patient, in the order in which it was said.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from hepledger.log.port import Entry, EventLog
from hepledger_events.codec import decode
from tests.support.log_contract import read_all


class Said(NamedTuple):
    """A derived event without the time at which it was written down: derived again, it is equal."""

    event_id: str
    type: str
    cause: str | None
    data: Any


@dataclass(frozen=True, slots=True)
class Told:
    """By patient, what was said; then the state that a reader believes each to be in; and how many records came twice."""

    said: dict[str, list[Said]]
    states: dict[str, str]
    doubled: int


def entries_of(log: EventLog) -> list[Entry]:
    """The whole stream, partition by partition."""
    return [entry for partition in range(log.partitions) for entry in read_all(log, partition)]


def told(stream: Iterable[Entry]) -> Told:
    """What the stream tells whoever keeps the ids. A reader may lean on it that a patient stays on one partition."""
    said, states, places, seen = dict[str, list[Said]](), dict[str, str](), dict[str, int](), set[str]()
    doubled = 0
    for entry in stream:
        assert places.setdefault(entry.key, entry.partition) == entry.partition, "a patient on two partitions"
        event = said_by(entry.payload)
        if event.event_id in seen:
            doubled += 1
            continue
        seen.add(event.event_id)
        said.setdefault(entry.key, []).append(event)
        if event.type == "response.changed":
            states[entry.key] = event.data["to"]
    return Told(said, states, doubled)


def said_by(payload: bytes) -> Said:
    """One derived event."""
    event = decode(payload)
    return Said(event.id, event.type, event.causation_id, event.data)
