"""The export of the facts: every version as it was said, its place in the log, and whether it is the one in force."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from uuid import UUID

from hepledger.clinical.facts import Version, standing
from hepledger.clinical.history import by_fact
from hepledger.reporting import queries
from hepledger.reporting.columns import Row
from hepledger.reporting.queries import Snapshot
from hepledger.reporting.subjects import Extent, Patient
from hepledger_events.canonical import canonical_json


def fact_rows(
    snapshot: Snapshot, everyone: Sequence[Patient], extent: Extent, tell: Callable[[int], None] = lambda _: None
) -> Iterator[Row]:
    """The rows of each patient by the date they are about, then in the order of the log; ``tell`` hears of progress."""
    for group in queries.in_groups(everyone):
        yield from _rows(snapshot, group, extent)
        tell(len(group))


def _rows(snapshot: Snapshot, group: Sequence[Patient], extent: Extent) -> Iterator[Row]:
    histories = dict(queries.histories(snapshot, group, extent))
    for who, stored in queries.fact_rows(snapshot, group, extent):
        history = histories.get(who.patient_id, ())
        in_force, within = events_in_force(history), {version.offset for version in history}
        told = (row for row in stored if row.offset in within)
        for row in sorted(told, key=lambda row: (row.occurred_at or "", row.offset)):
            yield _row(who, row, in_force)


def events_in_force(versions: Sequence[Version]) -> frozenset[str]:
    """The ids of the events that hold the version in force of some fact of the patient, counting or not."""
    standings = (standing(said) for said in by_fact(versions).values())
    return frozenset(how.version.event_id for how in standings if how.version is not None)


def _row(who: Patient, row: Any, in_force: frozenset[str]) -> Row:
    event_id = str(UUID(bytes=row.event_id))
    times = row.occurred_at, row.reported_at, queries.moment(row.recorded_at)
    place = row.partition, row.offset, event_id
    return who.centre, who.patient, row.type, row.identity, *times, *place, event_id in in_force, content_of(row)


def in_short(row: Any) -> str:
    """What a stored result says, as a laboratory would write it: value, unit and upper limit; nothing for another fact."""
    if row.analyte is None:
        return ""
    limit = "" if row.limit_value is None else f" (limit {row.limit_comparator}{row.limit_value})"
    return f"{row.analyte} {'' if row.comparator == '=' else row.comparator}{row.value} {row.unit}{limit}"


def content_of(row: Any) -> str:
    """What was said, as canonical JSON. A result is stored in columns, and put together again."""
    if row.content is not None:
        return str(row.content)
    said = {name: getattr(row, name) for name in ("analyte", "value", "comparator", "unit", "status")}
    flags = json.loads(row.flags) if row.flags else []
    limit = {"value": row.limit_value, "comparator": row.limit_comparator}
    optional = {"reported_at": row.reported_at, "reference_high": None if row.limit_value is None else limit}
    given = {name: value for name, value in optional.items() if value is not None}
    return canonical_json({"result_id": row.identity, "flags": flags, **said, **given})
