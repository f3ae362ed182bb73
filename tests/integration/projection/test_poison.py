"""What a projection cannot go on with stops one patient, loses nothing, and is taken in as if nothing had been, once it can be."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hepledger.log.port import NewEntry
from hepledger.projection.retry import NotParked
from hepledger.projection.stopping import TooManyParked
from hepledger_events.codec import decode, encode
from hepledger_events.envelope import Erased, Payload, Sealed
from tests.support.builders import lab, prescription
from tests.support.projecting import brittle, entries_of, shipped, state_with
from tests.support.raw_log import RawLog
from tests.support.streams import streams

HEGADE, IAIHG = shipped("hegade-2011"), shipped("iaihg-2022")
GARBAGE = b"not an event"


def of_two_patients() -> RawLog:
    return RawLog(
        entries_of(
            said
            for day in ("2023-12-20", "2024-02-01", "2024-03-01", "2024-04-15")
            for patient in ("LEE-001", "LEE-002")
            for said in (lab(patient, day, "90"),)
        )
    )


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(entries=streams(), limit=st.integers(1, 40), until=st.integers(0, 60))
def test_parked_patients_taken_in_later_leave_the_same_rows_as_if_they_never_had_been(
    entries: list[NewEntry], limit: int, until: int
) -> None:
    sound, ill = state_with([HEGADE, IAIHG]), state_with([HEGADE, IAIHG])
    sound.project(RawLog(entries))
    hegade, iaihg = ill.sets
    ill.project(RawLog(entries[:until]), [brittle(hegade, {"100", "200"}), iaihg], limit=limit, parked_percent=100)
    for key in ill.parked(hegade):
        ill.retry(hegade, key)
    ill.project(RawLog(entries), limit=limit)
    assert ill.rows() == sound.rows()


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(entries=streams(), limit=st.integers(1, 40))
def test_who_is_parked_does_not_depend_on_the_batches(entries: list[NewEntry], limit: int) -> None:
    one_by_one, together = state_with([HEGADE]), state_with([HEGADE])
    for state, size in ((one_by_one, 1), (together, limit)):
        state.project(RawLog(entries), [brittle(state.sets[0], {"100", "40"})], limit=size, parked_percent=100)
    assert one_by_one.rows() == together.rows()


def test_an_unreadable_event_parks_its_patient_and_nobody_else() -> None:
    state, log = state_with([HEGADE, IAIHG]), of_two_patients()
    log.replace(2, GARBAGE)
    state.project(log)
    rows = state.rows()
    parked = [(row["projection_id"], row["offset"], row["key"]) for row in rows["parked"]]
    assert parked == [(number, offset, "LEE/LEE-001") for number in (1, 2) for offset in (2, 4, 6)]
    assert [row["offset"] for row in rows["fact"] if row["patient_id"] == "LEE/LEE-001"] == [0]
    assert len([row for row in rows["fact"] if row["patient_id"] == "LEE/LEE-002"]) == 4
    assert {row["next_offset"] for row in rows["checkpoint"]} == {8}


def test_the_reason_tells_what_is_wrong_with_the_event_and_that_later_ones_wait_for_it() -> None:
    state, log = state_with([HEGADE]), of_two_patients()
    log.replace(2, GARBAGE)
    state.project(log)
    first, *others = [row["reason"] for row in state.rows()["parked"]]
    assert first.startswith("UndecodableEvent: ")
    assert set(others) == {"an earlier event of the patient is parked"}


def test_an_event_from_the_future_is_parked_with_its_type_and_version() -> None:
    (entry,) = entries_of([lab()])
    log = RawLog([entry])
    log.replace(0, entry.payload.replace(b"lab_result_recorded.v1", b"lab_result_recorded.v7"))
    state = state_with([HEGADE])
    state.project(log)
    (parked,) = state.rows()["parked"]
    assert "lab_result_recorded version 7" in parked["reason"]


@pytest.mark.parametrize(
    ("payload", "reason"),
    [(Sealed(b"\x00\x01", "key-1"), "its content is sealed"), (Erased("e-1"), "its content is erased")],
)
def test_an_event_whose_content_cannot_be_seen_parks_its_patient_and_nobody_else(payload: Payload, reason: str) -> None:
    state, log = state_with([HEGADE]), of_two_patients()
    (seen,) = log.read(0, 2, 1)
    log.replace(2, encode(replace(decode(seen.payload), data=payload)))
    state.project(log)
    first, *others = state.rows()["parked"]
    assert (first["offset"], first["reason"], len(others)) == (2, reason, 2)
    assert len([row for row in state.rows()["fact"] if row["patient_id"] == "LEE/LEE-002"]) == 4


def test_what_still_cannot_be_taken_in_stays_parked_and_says_why() -> None:
    state, log = state_with([HEGADE]), of_two_patients()
    log.replace(4, GARBAGE)
    state.project(log)
    outcome = state.retry(state.sets[0], "LEE/LEE-001")
    assert (outcome.taken, outcome.left) == (0, 2)
    assert outcome.reason is not None
    assert outcome.reason.startswith("UndecodableEvent: ")


def test_a_retry_takes_in_what_it_can_in_order() -> None:
    state = state_with([HEGADE])
    entries = entries_of(
        [lab(day="2024-03-01", alt="66"), lab(day="2024-03-02", alt="50"), lab(day="2024-03-03", alt="77")]
    )
    entries = [*entries_of([prescription()]), *entries]
    (hegade,) = state.sets
    state.project(RawLog(entries), [brittle(hegade, {"66", "77"})])
    outcome = state.retry(brittle(hegade, {"77"}), "LEE/LEE-001")
    assert (outcome.taken, outcome.left) == (2, 1)
    assert outcome.reason is not None
    assert outcome.reason.startswith("TypeError: ")
    assert state.retry(hegade, "LEE/LEE-001").left == 0
    assert state.parked(hegade) == []


def test_a_worker_goes_on_from_what_a_retry_elsewhere_took_in() -> None:
    said = [prescription(), lab(day="2023-12-20"), lab(day="2024-02-01", alt="66"), lab(day="2024-03-01", alt="35")]
    later = [lab(day="2024-04-15", alt="30"), lab(day="2024-06-15", alt="90")]
    state = state_with([HEGADE])
    (hegade,) = state.sets
    broken = brittle(hegade, {"66"})
    log = RawLog(entries_of(said))
    worker = state.consumer(log, [broken], limit=2)
    worker.drain()
    for rule, sound_rule in zip(broken.plan.criteria.transitions, hegade.plan.criteria.transitions, strict=True):
        object.__setattr__(rule, "condition", sound_rule.condition)
    state.retry(hegade, "LEE/LEE-001")
    log.put(entries_of([*said, *later])[len(said) :])
    worker.drain()
    sound = state_with([HEGADE])
    sound.project(log)
    assert state.rows() == sound.rows()


def test_to_retry_a_patient_who_is_not_parked_is_an_error() -> None:
    state = state_with([HEGADE])
    state.project(of_two_patients())
    with pytest.raises(NotParked):
        state.retry(state.sets[0], "LEE/LEE-001")


def test_an_engine_that_fails_under_one_set_stops_no_other() -> None:
    state, entries = state_with([HEGADE, IAIHG]), entries_of([prescription(), lab(alt="66"), lab(day="2024-04-01")])
    hegade, iaihg = state.sets
    state.project(RawLog(entries), [brittle(hegade, {"66"}), iaihg])
    rows = state.rows()
    assert {row["projection_id"] for row in rows["parked"]} == {hegade.projection_id}
    assert len(rows["fact"]) == 3


def test_above_a_share_of_parked_patients_the_projection_stops_and_writes_nothing() -> None:
    state = state_with([HEGADE])
    log = RawLog(entries_of(lab(f"P{number}") for number in range(20)))
    consumer = state.consumer(log, limit=10)
    consumer.step()
    before = state.rows()
    for place in range(10, 15):
        log.replace(place, GARBAGE)
    with pytest.raises(TooManyParked):
        consumer.step()
    assert state.rows() == before


@pytest.mark.parametrize("bad", [4, 5])
def test_few_parked_patients_stop_nothing_whatever_their_share(bad: int) -> None:
    state = state_with([HEGADE])
    log = RawLog(entries_of(lab(f"P{number}") for number in range(10)))
    for place in range(bad):
        log.replace(place, GARBAGE)
    if bad < 5:
        state.project(log)
        assert len(state.parked(state.sets[0])) == bad
    else:
        with pytest.raises(TooManyParked):
            state.project(log)
