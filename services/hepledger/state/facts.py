"""The facts as stored: every version of every fact, one narrow row each, and a patient's history read back from them.

A row is narrow and typed because histories are read far more often than they are written: a laboratory result comes
back without a line of JSON.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, select

from hepledger.clinical.facts import FactKind, LabResult, Version, fact_key, lab_content, version_from
from hepledger.clinical.measurement import Measurement, measure
from hepledger.state import bulk
from hepledger.state.unit_of_work import UnitOfWork
from hepledger.tables import fact
from hepledger_events.canonical import canonical_json

COLUMNS: Final = tuple(column.name for column in fact.columns)
NOT_SAID: Final = frozenset({"patient_id", "event_id", "partition", "offset", "version_time", "recorded_at"})
SAID: Final = tuple(name for name in COLUMNS if name not in NOT_SAID)
_LAB: Final = int(FactKind.LAB_RESULT)
_NO_LAB_RESULT: Final = (None,) * 8


def fact_row(partition: int, version: Version, event_id: bytes, data: Mapping[str, Any], recorded_at: int) -> bulk.Row:
    """The row of a fact, without its first column, the patient's number. ``data`` is what was said, as validated.

    ``recorded_at`` is µs since 1970 UTC.
    """
    content = version.content
    if isinstance(content, LabResult):
        said = content.measurement
        return result_row(partition, version, event_id, said, data["status"], data["flags"], recorded_at)
    return (*_head(partition, version, event_id, recorded_at), *_NO_LAB_RESULT, canonical_json(data))


def result_row(
    partition: int,
    version: Version,
    event_id: bytes,
    said: Measurement,
    status: str,
    flags: Sequence[str],
    recorded_at: int,
) -> bulk.Row:
    """As `fact_row`, of a result from its parts."""
    listed = json.dumps(flags) if flags else None
    return (*_head(partition, version, event_id, recorded_at), status, *said.said, listed, None)


def _head(partition: int, version: Version, event_id: bytes, recorded_at: int) -> bulk.Row:
    return (
        version.kind,
        version.identity,
        event_id,
        partition,
        version.offset,
        version.type,
        version.time,
        recorded_at,
        version.reported_at,
        version.occurred_at,
        version.day,
        version.rank,
    )


def store(uow: UnitOfWork, rows: Sequence[bulk.Row]) -> None:
    """Store facts. One that another projection stored meanwhile is left as it is."""
    bulk.insert(uow.connection, fact, COLUMNS, rows)


class Stored(NamedTuple):
    """One version that is stored: the event that said it, and its place in the patient's partition."""

    event_id: str
    offset: int


def find_versions(uow: UnitOfWork, rows: Collection[tuple[int, int, int, str]]) -> dict[int, list[Stored]]:
    """What is stored of the identities at hand: (number, patient_id, kind, identity) → number: its versions."""
    found: dict[int, list[Stored]] = {}
    for number, event_id, offset in bulk.known_versions(uow.connection, rows):
        found.setdefault(number, []).append(Stored(uuid_text(event_id), offset))
    return found


def find_said(
    uow: UnitOfWork, rows: Collection[tuple[int, int, int, str]]
) -> Iterator[tuple[int, bytes, int, tuple[Any, ...]]]:
    """What is stored of the identities at hand: (number, patient_id, kind, identity) → number, event id, offset, what was said."""
    for number, event_id, offset, *said in bulk.known_rows(uow.connection, rows, ("event_id", "offset", *SAID)):
        yield number, event_id, offset, tuple(said)


def said_in(row: bulk.Row) -> tuple[Any, ...]:
    """What was said, of the row of a fact: without its place in the log and the time when it was recorded."""
    return tuple(value for name, value in zip(COLUMNS, row, strict=True) if name in SAID)


_HISTORY: Final = select(
    *fact.c["patient_id", "partition", "offset", "recorded_at"],
    bulk.raw(fact.c.event_id),
    *fact.c["type", "occurred_at", "content"],
    *fact.c["kind", "identity", "version_time", "rank", "reported_at", "day", "flags", "status"],
    *fact.c["analyte", "value", "comparator", "unit", "limit_value", "limit_comparator"],
).order_by(fact.c.patient_id)


def load_histories(
    connection: Connection,
    patient_ids: Iterable[int] | None,
    until: Mapping[int, int],
    *,
    recorded_by: int | None = None,
) -> Iterator[tuple[int, list[Version]]]:
    """What was said of each patient below the offsets ``until`` (by partition; a partition left out: nothing), in log order.

    Without ``patient_ids`` all patients are meant. ``recorded_by`` (µs since 1970 UTC) leaves out what was recorded later.
    Patients come by number, and one without such a fact does not come. Rows are streamed: one history is held at a time.
    """
    asked = _HISTORY if patient_ids is None else _HISTORY.where(bulk.among(connection, fact.c.patient_id, patient_ids))
    for patient_id, mine in groupby(bulk.stream(connection, asked), itemgetter(0)):
        versions = [
            _version(row)
            for row in mine
            if row[2] < until.get(row[1], 0) and (recorded_by is None or row[3] <= recorded_by)
        ]
        if versions:
            versions.sort(key=attrgetter("offset"))
            yield patient_id, versions


def _version(row: Sequence[Any]) -> Version:
    offset, recorded_at, raw_id, type_, occurred_at, content = row[2:8]
    event_id = uuid_text(raw_id)
    if content is not None:
        told = {"offset": offset, "event_id": event_id, "occurred_at": occurred_at, "recorded_at": recorded_at}
        return version_from(type_, json.loads(content), **told)
    kind, identity, time, rank, reported_at, day, flags, status = row[8:16]
    said = lab_content(measure(*row[16:]), json.loads(flags) if flags else (), status, day, event_id)
    key = fact_key(kind, identity)
    return Version(offset, event_id, type_, kind, identity, key, time, rank, reported_at, occurred_at, day, said)


def uuid_text(raw: bytes) -> str:
    """The text of an event id; `str(UUID(bytes=…))` is six times as slow, and histories are long."""
    text = raw.hex()
    return f"{text[:8]}-{raw[4:10].hex('-', 2)}-{text[20:]}"


def uuid_bytes(text: str) -> bytes:
    """The sixteen bytes of an event id."""
    return bytes.fromhex(text.replace("-", ""))
