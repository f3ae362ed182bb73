"""What is answered as of a position is what deriving from the facts recorded by then gives, and what was believed then."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select

from hepledger import tables
from hepledger.clinical.course import Course, derive
from hepledger.clinical.cut_off import known_until
from hepledger.clinical.facts import Version
from hepledger.log.port import Entry, NewEntry
from hepledger.projection.arrivals import read_entries
from hepledger.projection.sets import Projected
from hepledger.reporting import queries, rows
from hepledger.reporting.columns import COLUMNS, Row, What
from hepledger.reporting.data_cut_seal import seal_all
from hepledger.reporting.exports import Asked, rows_of
from hepledger.reporting.fact_rows import fact_rows
from hepledger.reporting.subjects import Extent, Patient
from hepledger_events.codec import decode
from tests.support.projecting import State, shipped, state_with
from tests.support.raw_log import RawLog
from tests.support.streams import streams

SETS = ("hegade-2011", "iaihg-2022", "ctcae-v5-alt")
DOCUMENTS = [shipped(name) for name in SETS]
COURSE_TABLES = (What.ASSESSMENTS, What.TRANSITIONS, What.COURSES, What.LANDMARKS)
PATIENCE = settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def said_in(entries: Sequence[NewEntry]) -> list[tuple[str, datetime, Version]]:
    """What the log says, each event once: patient's key, time of recording, version."""
    first: dict[bytes, tuple[str, datetime, Version]] = {}
    for offset, new in enumerate(entries):
        (arrival,) = read_entries([Entry(0, offset, new.event_id, new.key, new.payload)])
        assert arrival.version is not None
        first.setdefault(new.event_id, (new.key, decode(new.payload).recorded_at, arrival.version))
    return list(first.values())


def obvious(said: Sequence[tuple[str, datetime, Version]], projected: Projected) -> dict[What, list[Row]]:
    """The rows of every table, from deriving what was said of each patient from nothing."""
    by_patient: dict[str, list[Version]] = {}
    for key, _, version in said:
        by_patient.setdefault(key, []).append(version)
    told: dict[What, list[Row]] = {what: [] for what in COURSE_TABLES}
    for key in sorted(by_patient):
        centre, _, patient = key.partition("/")
        who = Patient(0, centre, patient, 0)
        course = derive(by_patient[key], projected.plan)
        for what in COURSE_TABLES:
            told[what].extend(rows_from(what, projected.criteria, who, course))
    return told


def rows_from(what: What, criteria: str, who: Patient, course: Course) -> Iterator[Row]:
    match what:
        case What.ASSESSMENTS:
            yield from rows.assessment_rows(criteria, who, course)
        case What.TRANSITIONS:
            yield from rows.transition_rows(criteria, who, course)
        case What.LANDMARKS:
            yield from rows.landmark_rows(criteria, who, course)
        case _:
            yield rows.course_row(criteria, who, course)


def asked_of(snapshot: Connection, projected: Projected, extent: Extent, *, derived: bool = True) -> Asked:
    return Asked(
        snapshot=snapshot,
        criteria=projected.plan.criteria,
        projection_id=projected.projection_id,
        extent=extent,
        derived=derived,
    )


def answered(asked: Asked) -> dict[What, list[Row]]:
    everyone = queries.patients(asked.snapshot, asked.extent)
    return {what: list(rows_of(what, asked, everyone)) for what in COURSE_TABLES}  # type: ignore[arg-type]


def state_of(entries: Sequence[NewEntry], limit: int) -> State:
    state = state_with(DOCUMENTS)
    state.project(RawLog(entries), limit=limit)
    return state


@PATIENCE
@given(st.data())
def test_as_of_every_offset_and_every_time_the_answer_is_derived_from_what_was_recorded_by_then(
    data: st.DataObject,
) -> None:
    entries = data.draw(streams())
    state, said = state_of(entries, data.draw(st.integers(1, 9))), said_in(entries)
    with state.engine.connect() as snapshot:
        for projected in state.sets:
            for position in range(len(entries) + 1):
                then = [each for each in said if each[2].offset < position]
                assert answered(asked_of(snapshot, projected, Extent({0: position}))) == obvious(then, projected)
            for moment in {recorded_at for _, recorded_at, _ in said}:
                then = [each for each in said if each[1] <= moment]
                extent = Extent({0: len(entries)}, moment)
                assert answered(asked_of(snapshot, projected, extent)) == obvious(then, projected)


@PATIENCE
@given(st.data())
def test_what_was_believed_at_every_offset_is_derived_from_what_was_recorded_below_it(data: st.DataObject) -> None:
    entries = data.draw(streams())
    state, said = state_of(entries, data.draw(st.integers(1, 9))), said_in(entries)
    with state.engine.connect() as snapshot:
        for projected in state.sets:
            for position in range(len(entries) + 1):
                then = obvious([each for each in said if each[2].offset < position], projected)
                believed = believed_at(snapshot, projected, position)
                assert sorted(believed[What.TRANSITIONS], key=repr) == sorted(then[What.TRANSITIONS], key=repr)
                assert sorted(believed[What.LANDMARKS], key=repr) == sorted(then[What.LANDMARKS], key=repr)
                open_and_closed = {row[1:3]: row[10] for row in then[What.COURSES] if row[10]}
                assert relapses_at(snapshot, projected, position) == open_and_closed


def believed_at(snapshot: Connection, projected: Projected, position: int) -> dict[What, list[Row]]:
    """The bitemporal rows, as they stood when the events below ``position`` had been taken in."""
    found: dict[What, list[Row]] = {What.TRANSITIONS: [], What.LANDMARKS: []}
    for row in held(snapshot, tables.transition, projected, position):
        days = date.fromordinal(row.onset_day), date.fromordinal(row.confirmed_day)
        states = row.from_state, row.to_state
        told = (projected.criteria, row.centre, row.patient, *states, *days, bool(row.relapse), row.evidence)
        found[What.TRANSITIONS].append(told)
    for row in held(snapshot, tables.landmark, projected, position):
        found[What.LANDMARKS].append((projected.criteria, row.centre, row.patient, row.code, row.answer))
    return found


def relapses_at(snapshot: Connection, projected: Projected, position: int) -> dict[tuple[str, str], int]:
    number: dict[tuple[str, str], int] = {}
    for row in held(snapshot, tables.episode, projected, position):
        number[row.centre, row.patient] = number.get((row.centre, row.patient), 0) + 1
    return number


def held(snapshot: Connection, table: Any, projected: Projected, position: int) -> Sequence[Any]:
    of = table.c
    whose = tables.patient.c.patient_id == of.patient_id
    then = (of.known_from < position) & (of.known_to.is_(None) | (of.known_to >= position))
    asked = select(tables.patient.c.centre, tables.patient.c.patient, table).join_from(table, tables.patient, whose)
    return snapshot.execute(asked.where(then, of.projection_id == projected.projection_id)).all()


@PATIENCE
@given(st.data())
def test_what_is_projected_is_what_is_derived_as_of_the_end(data: st.DataObject) -> None:
    entries = data.draw(streams())
    state, extent = state_of(entries, 7), Extent({0: len(entries)})
    with state.engine.connect() as snapshot:
        for projected in state.sets:
            live = answered(asked_of(snapshot, projected, extent, derived=False))
            assert live == answered(asked_of(snapshot, projected, extent))


@PATIENCE
@given(st.data())
def test_a_seal_is_that_of_the_rows_that_are_exported_whatever_is_left_out(data: st.DataObject) -> None:
    entries = data.draw(streams())
    state, said = state_of(entries, 7), said_in(entries)
    days = sorted({version.day for _, _, version in said if version.day is not None}) or [1]
    last_day = data.draw(st.sampled_from([None, days[0] - 1, *days]))
    ends = data.draw(
        st.dictionaries(st.sampled_from(sorted({key for key, _, _ in said})), st.integers(0, len(entries)))
    )
    extent = Extent({0: data.draw(st.integers(0, len(entries)))}, None, last_day, ends)
    then = within(said, extent)
    with state.engine.connect() as snapshot:
        asked = asked_of(snapshot, state.sets[0], extent)
        everyone = queries.patients(snapshot, extent)
        assert answered(asked) == obvious(then, state.sets[0])
        exported = {**answered(asked), What.FACTS: list(fact_rows(snapshot, everyone, extent))}
        sealed = seal_all(asked, everyone)
    assert {what: table.whole.rows for what, table in sealed.items()} == {what: len(exported[what]) for what in What}
    place = [column.name for column in COLUMNS[What.FACTS]].index("offset")
    assert sorted(int(str(row[place])) for row in exported[What.FACTS]) == sorted(each[2].offset for each in then)


def within(said: Sequence[tuple[str, datetime, Version]], extent: Extent) -> list[tuple[str, datetime, Version]]:
    """What is said in an extent, the obvious way."""
    below = [each for each in said if each[2].offset < min(extent.below[0], extent.ends.get(each[0], extent.below[0]))]
    if extent.until is None:
        return below
    known = {
        (key, version.event_id)
        for key in {key for key, _, _ in below}
        for version in known_until([v for owner, _, v in below if owner == key], extent.until)
    }
    return [each for each in below if (each[0], each[2].event_id) in known]
