"""What comes from the log, decoded once for all criteria sets: a version of a fact, or the reason why it cannot be read."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Final, NamedTuple

from hepledger.clinical.facts import Version, microseconds, result_version, version_from
from hepledger.clinical.measurement import measure
from hepledger.log.port import Entry
from hepledger.projection.results import TYPES, Told, read_result
from hepledger.state.bulk import Row
from hepledger.state.facts import fact_row, result_row, uuid_text
from hepledger.state.parked import Parked
from hepledger_events.codec import decode_told, recorded_moment

_ZERO: Final = b"\\u0000"
"""As JSON writes the character that PostgreSQL stores in no text: only a producer that is not ours can have sent it."""


class Arrival(NamedTuple):
    """One event of the log. Without a ``version`` it cannot be read, and ``reason`` says why.

    ``row`` is the row of the fact but for the patient's number. It is made while the event is read, so that what was decoded can
    go at once: ten thousand decoded events are more than a processor has at hand, and one is not.
    """

    entry: Entry
    version: Version | None
    row: Row
    reason: str

    def fact_row(self, patient_id: int) -> Row:
        """The row that stores it."""
        if self.version is None:
            raise ValueError(self.reason)
        return (patient_id, *self.row)

    def parked(self, projection_id: int, reason: str, now: int) -> Parked:
        """The row that parks it."""
        entry = self.entry
        place = (projection_id, entry.partition, entry.offset)
        return Parked(*place, entry.key, entry.event_id, entry.payload, reason, now)


def read_entries(entries: Iterable[Entry]) -> list[Arrival]:
    """The events of some entries, in order. An entry that cannot be read is an arrival too."""
    return [_read(entry) for entry in entries]


def entry_of(waiting: Parked) -> Entry:
    """The entry that was parked, as it stood in the log."""
    return Entry(waiting.partition, waiting.offset, waiting.event_id, waiting.key, waiting.payload)


def _read(entry: Entry) -> Arrival:
    payload = entry.payload
    try:
        if b"\\" in payload and _ZERO in payload.replace(rb"\\", b""):  # not a backslash before u0000
            return _unreadable(entry, "a text in it holds a zero character, which no centre's text may")
        told = read_result(payload)
        return _other(entry) if told is None else _result(entry, told)
    except Exception as error:  # noqa: BLE001 - whatever is wrong with an event, it stops its own patient and nobody else
        return _unreadable(entry, f"{type(error).__name__}: {error}")


def _result(entry: Entry, told: Told) -> Arrival:
    partition, offset, event_id, key, _ = entry
    if told.partitionkey != key or "/" not in key:
        return _misplaced(entry)
    recorded_at, data, limit = _microseconds(told.recordedat), told.data, told.data.reference_high
    printed = (None, "<=") if limit is None else (limit.value, limit.comparator)
    said = measure(data.analyte, data.value, data.comparator, data.unit, *printed)
    version = result_version(
        TYPES[told.type],
        data.result_id,
        said,
        data.flags,
        data.status,
        reported_at=data.reported_at,
        offset=offset,
        event_id=uuid_text(event_id),
        occurred_at=told.occurredat,
        recorded_at=recorded_at,
    )
    row = result_row(partition, version, event_id, said, data.status, data.flags, recorded_at)
    return tuple.__new__(Arrival, (entry, version, row, ""))  # a constructor with names is a call into Python


@lru_cache(maxsize=1_024)
def _microseconds(text: str) -> int:
    return microseconds(recorded_moment(text))


def _other(entry: Entry) -> Arrival:
    event = decode_told(entry.payload)
    if event.key != entry.key or "/" not in entry.key:
        return _misplaced(entry)
    if not isinstance(event.data, dict):
        return _unreadable(entry, f"its content is {type(event.data).__name__.lower()}")
    recorded_at, event_id = microseconds(event.recorded_at), entry.event_id
    version = version_from(
        event.type,
        event.data,
        offset=entry.offset,
        event_id=uuid_text(event_id),
        occurred_at=event.occurred_at,
        recorded_at=recorded_at,
    )
    return Arrival(entry, version, fact_row(entry.partition, version, event_id, event.data, recorded_at), "")


def _misplaced(entry: Entry) -> Arrival:
    return _unreadable(entry, "the event and its place in the log name different patients")


def _unreadable(entry: Entry, reason: str) -> Arrival:
    return Arrival(entry, None, (), reason)
