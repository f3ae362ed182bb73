"""The quarantine: records that did not go in, with the bytes they came with and all the reasons, until somebody decides.

A bad record that is sent again is the same entry. Nothing is ever deleted: an entry is resolved with a note, or redriven.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import Connection, Engine, Row, func, select

from hepledger import tables
from hepledger.database import reading, writing
from hepledger.errors import NotFound
from hepledger.state import bulk
from hepledger_events.canonical import canonical_json

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_COLUMNS: Final = tuple(c.name for c in tables.quarantine.columns if c.name != "entry_id")
_AT_ONCE: Final = 500
_LINE_END: Final = b"\r\n\0"  # with the zeros of UTF-16


class EntryState(StrEnum):
    """Where an entry of the quarantine stands."""

    OPEN = "open"
    RESOLVED = "resolved"  # somebody decided that it stays out
    REDRIVEN = "redriven"  # it went in later


class EntryNotFound(NotFound):
    """There is no such entry in the quarantine."""

    def __init__(self, entry_id: int) -> None:
        self.entry_id = entry_id
        super().__init__(f"There is no entry {entry_id} in the quarantine")


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason why a record was refused; ``column`` is None where it concerns the whole record."""

    column: str | None
    found: str
    expected: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedRecord:
    """A record on its way into the quarantine.

    ``context`` is the JSON needed to read the bytes again, ``meaning`` the part of it that makes equal bytes an equal record.
    """

    centre: str
    door: str
    origin: str
    row: int
    part: str
    raw: bytes
    reasons: tuple[Reason, ...]
    meaning: str
    context: str
    received_at: datetime

    def content_hash(self) -> bytes:
        """The identity of the entry, 32 bytes. Whether a line end follows makes no difference: the last line may have none."""
        names = canonical_json([self.centre, self.door, self.part, self.meaning])
        return sha256(sha256(names.encode()).digest() + self.raw.rstrip(_LINE_END)).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineEntry:
    """A record in the quarantine; ``origin`` and ``row`` are where it was first met."""

    entry_id: int
    centre: str
    door: str
    origin: str
    row: int
    part: str
    raw: bytes
    reasons: tuple[Reason, ...]
    context: str
    received_at: datetime
    state: EntryState
    note: str


@dataclass(frozen=True, slots=True)
class Settlement:
    """What became of an entry: its state from now on, a note, and, where it stays open, the reasons of today."""

    entry_id: int
    state: EntryState
    note: str = ""
    reasons: tuple[Reason, ...] = ()


class QuarantineStore:
    """The quarantine in the registry's database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, records: Sequence[RefusedRecord]) -> int:
        """Keep refused records; how many were not there yet. An open entry that comes again takes on the newest reasons."""
        by_hash = {record.content_hash(): record for record in records}
        with writing(self._engine) as connection:
            known = _known(connection, list(by_hash))
            _save_contexts(connection, records)
            fresh = [_row(key, record) for key, record in by_hash.items() if key not in known]
            bulk.insert(connection, tables.quarantine, _COLUMNS, fresh)
            again = [
                (_reasons_text(record.reasons), _hash(record.context), key, EntryState.OPEN)
                for key, record in by_hash.items()
                if key in known
            ]
            bulk.update(connection, tables.quarantine, ("reasons", "context_hash"), ("content_hash", "state"), again)
        return len(fresh)

    def list(
        self, *, state: EntryState | None = EntryState.OPEN, centre: str | None = None, limit: int | None = None
    ) -> list[QuarantineEntry]:
        """Entries in the order they came; all states for None."""
        query = _ENTRIES.order_by(tables.quarantine.c.entry_id).limit(limit)
        if state is not None:
            query = query.where(tables.quarantine.c.state == str(state))
        if centre is not None:
            query = query.where(tables.quarantine.c.centre == centre)
        with reading(self._engine) as connection:
            return [_entry(row) for row in connection.execute(query)]

    def counts(self) -> Mapping[EntryState, int]:
        """How many entries there are in each state."""
        column = tables.quarantine.c.state
        with reading(self._engine) as connection:
            rows = connection.execute(select(column, func.count()).group_by(column))
            found: dict[str, int] = dict(rows.all())
        return {state: found.get(str(state), 0) for state in EntryState}

    def find(self, entry_id: int) -> QuarantineEntry | None:
        """The entry of that number, or None."""
        with reading(self._engine) as connection:
            row = connection.execute(_ENTRIES.where(tables.quarantine.c.entry_id == entry_id)).one_or_none()
        return None if row is None else _entry(row)

    def get(self, entry_id: int) -> QuarantineEntry:
        """The entry of that number. Raises EntryNotFound."""
        if (entry := self.find(entry_id)) is None:
            raise EntryNotFound(entry_id)
        return entry

    def resolve(self, entry_id: int, note: str) -> None:
        """Somebody decided that the record stays out, for the reason in the note. Raises EntryNotFound."""
        self.get(entry_id)
        self.settle([Settlement(entry_id, EntryState.RESOLVED, note)])

    def settle(self, settlements: Sequence[Settlement]) -> None:
        """Write down what became of entries that were read again. One that is open still takes on the newest reasons."""
        staying = [(_reasons_text(s.reasons), s.entry_id) for s in settlements if s.state is EntryState.OPEN]
        going = [(s.state, s.note, s.entry_id) for s in settlements if s.state is not EntryState.OPEN]
        with writing(self._engine) as connection:
            bulk.update(connection, tables.quarantine, ("reasons",), ("entry_id",), staying)
            bulk.update(connection, tables.quarantine, ("state", "note"), ("entry_id",), going)


_ENTRIES: Final = select(tables.quarantine, tables.quarantine_context.c.document).join(
    tables.quarantine_context, tables.quarantine.c.context_hash == tables.quarantine_context.c.context_hash
)


def _known(connection: Connection, hashes: Sequence[bytes]) -> set[bytes]:
    column = tables.quarantine.c.content_hash
    found: set[bytes] = set()
    for start in range(0, len(hashes), _AT_ONCE):
        query = select(column).where(column.in_(hashes[start : start + _AT_ONCE]))
        found.update(connection.execute(query).scalars())
    return found


def _save_contexts(connection: Connection, records: Sequence[RefusedRecord]) -> None:
    contexts = {record.context for record in records}
    rows = [(_hash(context), context) for context in sorted(contexts)]
    bulk.insert(connection, tables.quarantine_context, ("context_hash", "document"), rows)


def _row(key: bytes, record: RefusedRecord) -> bulk.Row:
    values: dict[str, Any] = {
        "content_hash": key,
        "centre": record.centre,
        "door": record.door,
        "origin": record.origin,
        "row_number": record.row,
        "part": record.part,
        "raw": record.raw,
        "reasons": _reasons_text(record.reasons),
        "context_hash": _hash(record.context),
        "received_at": (record.received_at - _EPOCH) // timedelta(microseconds=1),
        "state": EntryState.OPEN,
        "note": "",
    }
    return tuple(values[name] for name in _COLUMNS)


def _entry(row: Row[Any]) -> QuarantineEntry:
    return QuarantineEntry(
        entry_id=row.entry_id,
        centre=row.centre,
        door=row.door,
        origin=row.origin,
        row=row.row_number,
        part=row.part,
        raw=bytes(row.raw),
        reasons=tuple(Reason(*reason) for reason in json.loads(row.reasons)),
        context=row.document,
        received_at=_EPOCH + timedelta(microseconds=row.received_at),
        state=EntryState(row.state),
        note=row.note,
    )


def _reasons_text(reasons: Sequence[Reason]) -> str:
    return canonical_json([[reason.column, reason.found, reason.expected] for reason in reasons])


def _hash(text: str) -> bytes:
    return sha256(text.encode()).digest()
