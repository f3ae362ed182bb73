"""What reporting reads from the state tables, as plain values: the one module of this room that speaks SQL.

Answers come patient by patient in the plain order of their names, in steady memory, and all from the one snapshot of the
connection they are asked on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, false, func, or_, select

from hepledger import tables
from hepledger.clinical.cut_off import known_until
from hepledger.clinical.facts import Version, microseconds
from hepledger.reporting.subjects import DataQuery, Extent, ParkedPatient, Patient, Standing
from hepledger.state.facts import load_histories

Snapshot = Connection
"""A connection that sees one consistent state of the database."""

PATIENTS_AT_ONCE = 500
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment(microseconds: int) -> datetime:
    """A stored time as an aware moment."""
    return _EPOCH + timedelta(microseconds=microseconds)


def patients(snapshot: Snapshot, extent: Extent) -> list[Patient]:
    """Every patient with a fact in the extent, by centre and patient in plain string order."""
    of_patient = tables.fact.c.patient_id == tables.patient.c.patient_id
    told = select(1).where(of_patient, *_within(extent)).exists()
    known = select(*tables.patient.c["patient_id", "centre", "patient", "partition"]).where(told)
    found = sorted((Patient(*row) for row in snapshot.execute(known)), key=lambda who: (who.centre, who.patient))
    doubtful = [who for who in found if extent.until is not None or who.key in extent.ends]
    told_of = {number for group in in_groups(doubtful) for number, _ in histories(snapshot, group, extent)}
    gone = {who.patient_id for who in doubtful} - told_of
    return [who for who in found if who.patient_id not in gone]


def find_patients(snapshot: Snapshot, centre: str | None, patient: str) -> list[Patient]:
    """The patients of that name, in one centre or in any."""
    named = select(*tables.patient.c["patient_id", "centre", "patient", "partition"]).where(
        tables.patient.c.patient == patient
    )
    if centre is not None:
        named = named.where(tables.patient.c.centre == centre)
    return sorted((Patient(*row) for row in snapshot.execute(named)), key=lambda who: who.centre)


def in_groups(everyone: Sequence[Patient]) -> Iterator[Sequence[Patient]]:
    """The patients in groups that are read at once."""
    for start in range(0, len(everyone), PATIENTS_AT_ONCE):
        yield everyone[start : start + PATIENTS_AT_ONCE]


def projection_of(snapshot: Snapshot, fingerprint: str) -> int | None:
    """The number of a criteria set's projection, None if it was never projected."""
    asked = select(tables.projection.c.projection_id).where(tables.projection.c.fingerprint == fingerprint)
    return snapshot.execute(asked).scalar_one_or_none()


def next_offsets(snapshot: Snapshot, projection_id: int) -> dict[int, int]:
    """Partition → first offset that the projection has not taken in."""
    taken = select(*tables.checkpoint.c["partition", "next_offset"])
    rows = snapshot.execute(taken.where(tables.checkpoint.c.projection_id == projection_id))
    return {row.partition: row.next_offset for row in rows}


def furthest_offsets(snapshot: Snapshot) -> dict[int, int]:
    """Partition → first offset that no projection has taken in."""
    at = tables.checkpoint.c
    asked = select(at.partition, func.max(at.next_offset).label("reached")).group_by(at.partition)
    return {row.partition: row.reached for row in snapshot.execute(asked)}


def course_rows(snapshot: Snapshot, projection_id: int, group: Sequence[Patient]) -> Iterator[tuple[Patient, Any]]:
    """Each patient with the stored course, None for a patient the projection has none of."""
    course = tables.course
    asked = select(
        *course.c["patient_id", "index_day", "baseline_value", "baseline_unit", "baseline_times_uln", "state"],
        *course.c["since_day", "best", "relapses", "refractory", "last_day"],
    ).where(course.c.projection_id == projection_id)
    for who, rows in _by_patient(snapshot, asked, course.c.patient_id, group):
        yield who, rows[0] if rows else None


def transition_rows(snapshot: Snapshot, projection_id: int, group: Sequence[Patient]) -> Iterator[tuple[Patient, Any]]:
    """The transitions believed now, by day of confirmation."""
    believed = tables.transition
    asked = (
        select(*believed.c["patient_id", "from_state", "to_state", "onset_day", "confirmed_day", "relapse", "evidence"])
        .where(believed.c.projection_id == projection_id, believed.c.known_to.is_(None))
        .order_by(believed.c.confirmed_day)
    )
    for who, rows in _by_patient(snapshot, asked, believed.c.patient_id, group):
        yield from ((who, row) for row in rows)


def landmark_answers(
    snapshot: Snapshot, projection_id: int, group: Sequence[Patient]
) -> Iterator[tuple[Patient, dict[str, str]]]:
    """The landmark answers believed now, by code."""
    believed = tables.landmark
    asked = select(*believed.c["patient_id", "code", "answer"]).where(
        believed.c.projection_id == projection_id, believed.c.known_to.is_(None)
    )
    for who, rows in _by_patient(snapshot, asked, believed.c.patient_id, group):
        yield who, {row.code: row.answer for row in rows}


def _within(extent: Extent) -> Iterator[ColumnElement[bool]]:
    fact = tables.fact.c
    if extent.recorded_by is not None:
        yield fact.recorded_at <= microseconds(extent.recorded_by)
    yield or_(false(), *((fact.partition == at) & (fact.offset < offset) for at, offset in extent.below.items()))


def fact_rows(snapshot: Snapshot, group: Sequence[Patient], extent: Extent) -> Iterator[tuple[Patient, Sequence[Any]]]:
    """Every version of every fact of each patient in the extent, as stored, in the order of the log."""
    asked = select(tables.fact).where(*_within(extent)).order_by(tables.fact.c.offset)
    yield from _by_patient(snapshot, asked, tables.fact.c.patient_id, group)


def histories(snapshot: Snapshot, group: Sequence[Patient], extent: Extent) -> Iterator[tuple[int, list[Version]]]:
    """The versions in the extent of each patient that has any, by the patient's number, in the order of the log."""
    recorded_by = None if extent.recorded_by is None else microseconds(extent.recorded_by)
    keys = {who.patient_id: who.key for who in group}
    for number, versions in load_histories(snapshot, keys, extent.below, recorded_by=recorded_by):
        within = _narrowed(versions, extent.ends.get(keys[number]), extent.until)
        if within:
            yield number, within


def _narrowed(versions: list[Version], end: int | None, last_day: int | None) -> list[Version]:
    if end is not None:
        versions = [version for version in versions if version.offset < end]
    return versions if last_day is None else known_until(versions, last_day)


def _by_patient(
    snapshot: Snapshot, asked: Select[Any], column: Any, group: Sequence[Patient]
) -> Iterator[tuple[Patient, Sequence[Any]]]:
    rows: dict[int, list[Any]] = {}
    for row in snapshot.execute(asked.where(column.in_([who.patient_id for who in group]))):
        rows.setdefault(row.patient_id, []).append(row)
    for who in group:
        yield who, rows.get(who.patient_id, ())


def standings(snapshot: Snapshot) -> list[Standing]:
    """Every checkpoint, by criteria set and partition."""
    to, at = tables.projection, tables.checkpoint
    asked = (
        select(
            *to.c["criteria", "version", "fingerprint"],
            *at.c["partition", "next_offset", "epoch", "owner", "updated_at"],
        )
        .join_from(to, at, to.c.projection_id == at.c.projection_id)
        .order_by(to.c.criteria, to.c.version, at.c.partition)
    )
    return [Standing(**{**row, "updated_at": moment(row["updated_at"])}) for row in snapshot.execute(asked).mappings()]


def parked_patients(snapshot: Snapshot) -> list[ParkedPatient]:
    """Everyone who is parked, by patient and criteria, with the first event that could not be taken."""
    to, parked = tables.projection, tables.parked
    whole = select(
        parked.c.projection_id, parked.c.key, func.count().label("events"), func.min(parked.c.offset).label("at")
    )
    first = whole.group_by(parked.c.projection_id, parked.c.key).subquery()
    same = and_(*(parked.c[name] == first.c[name] for name in ("projection_id", "key")), parked.c.offset == first.c.at)
    asked = (
        select(
            *to.c["fingerprint", "criteria", "version"],
            *parked.c["projection_id", "key", "partition", "offset", "event_id", "reason", "parked_at"],
            first.c.events,
        )
        .join_from(parked, first, same)
        .join(to, to.c.projection_id == parked.c.projection_id)
    )
    found = snapshot.execute(asked).mappings()
    waiting = [ParkedPatient(**{**row, "parked_at": moment(row["parked_at"])}) for row in found]
    return sorted(waiting, key=lambda each: (each.key, each.criteria, each.version))


def parked_places(snapshot: Snapshot, projection_id: int) -> set[tuple[str, int, int]]:
    """Every event that a projection has parked: the patient's key, partition and offset."""
    asked = select(*tables.parked.c["key", "partition", "offset"]).where(tables.parked.c.projection_id == projection_id)
    return {(row.key, row.partition, row.offset) for row in snapshot.execute(asked)}


def parked_counts(snapshot: Snapshot) -> Counter[str]:
    """Fingerprint → number of parked patients."""
    return Counter(each.fingerprint for each in parked_patients(snapshot))


def open_queries(snapshot: Snapshot) -> int:
    """The number of open data queries."""
    asked = select(func.count()).select_from(tables.data_query).where(tables.data_query.c.known_to.is_(None))
    return snapshot.execute(asked).scalar_one()


def held_events(snapshot: Snapshot) -> int:
    """The number of derived events that wait to be relayed."""
    return snapshot.execute(select(func.count()).select_from(tables.outbox)).scalar_one()


def data_queries(snapshot: Snapshot, group: Sequence[Patient]) -> Iterator[DataQuery]:
    """The open data queries of each patient, by identity."""
    doubt, fact = tables.data_query, tables.fact
    same = and_(*(doubt.c[name] == fact.c[name] for name in ("patient_id", "kind", "identity", "event_id")))
    asked = (
        select(doubt.c.problem, doubt.c.known_from, fact)
        .join_from(doubt, fact, same)
        .where(doubt.c.known_to.is_(None))
        .order_by(doubt.c.kind, doubt.c.identity, doubt.c.known_from, doubt.c.problem)
    )
    for who, rows in _by_patient(snapshot, asked, doubt.c.patient_id, group):
        for row in rows:
            yield DataQuery(who=who, problem=row.problem, since_offset=row.known_from, fact=row)


def sqlite_health(snapshot: Snapshot) -> tuple[str, int, tuple[str, ...]]:
    """Journal mode, synchronous (2 is FULL), and the lines of SQLite's quick check other than ok."""
    journal, synchronous = (
        snapshot.exec_driver_sql(f"PRAGMA {setting}").scalar_one() for setting in ("journal_mode", "synchronous")
    )
    lines = (str(line) for line in snapshot.exec_driver_sql("PRAGMA quick_check").scalars())
    return str(journal), int(synchronous), tuple(line for line in lines if line != "ok")


REMEMBERED = (tables.course, tables.transition, tables.episode, tables.landmark)
_NOT_COMPARED = frozenset({"projection_id", "patient_id", "announced_id"})


def everything_stored(
    snapshot: Snapshot, projection_id: int, group: Sequence[Patient], extent: Extent
) -> Iterator[tuple[Patient, dict[str, list[tuple[Any, ...]]]]]:
    """All that is remembered of each patient, by table, in an order that does not depend on when it was written.

    Left out are numbers that never leave a database, and which derived event announced a belief.
    """
    asked = [(tables.fact, tables.fact.c.patient_id, list(_within(extent)))]
    asked += [(table, table.c.patient_id, [table.c.projection_id == projection_id]) for table in REMEMBERED]
    held: dict[Patient, dict[str, list[tuple[Any, ...]]]] = {who: {} for who in group}
    for table, whose, conditions in asked:
        kept = [column for column in table.c if column.name not in _NOT_COMPARED]
        for who, rows in _by_patient(snapshot, select(whose, *kept).where(*conditions), whose, group):
            held[who][table.name] = sorted((tuple(row[1:]) for row in rows), key=repr)
    for who, rows in _by_patient(snapshot, select(tables.data_query), tables.data_query.c.patient_id, group):
        end = extent.below.get(who.partition, 0)
        held[who]["data_query"] = sorted((_doubt_before(end, row) for row in rows if row.known_from < end), key=repr)
    yield from held.items()


def _doubt_before(end: int, row: Any) -> tuple[Any, ...]:
    """A data query as it stood before an offset: no criteria set is involved, so another one may have taken it further."""
    settled = row.known_to is not None and row.known_to < end
    return (*row[1:-1], row.known_to if settled else None)
