"""What becomes the registry's answer, when it may, and what the world is told: the differences, once, and never history."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hepledger.log.port import NewEntry
from hepledger.projection.activation import Activated, AlreadyActive, NothingToRollBack, NotReady, activate, roll_back
from hepledger.projection.sets import Projected
from hepledger.state import activations, catalogue
from hepledger.state.activations import Kind
from hepledger.state.checkpoints import BeingReplayed
from hepledger_events.codec import decode
from hepledger_events.derived import DERIVATIONS
from tests.support.builders import lab, prescription
from tests.support.cohort_of_many import new_entries
from tests.support.projecting import LATER, State, brittle, entries_of, shipped, state_with
from tests.support.raw_log import RawLog
from tests.support.reader import Reader
from tests.support.replaying import begin_replay, replay
from tests.support.streams import streams

HEGADE, RELAPSE, STRICT, CTCAE = (
    shipped(name) for name in ("hegade-2011", "relapse-3uln", "hegade-2011-strict", "ctcae-v5-alt")
)
PATIENTLY = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def activated(state: State, projected: Projected) -> Activated:
    with state.begin() as uow:
        known = catalogue.get_criteria(uow, projected.fingerprint)
    return activate(state.begin, known, lambda: LATER)


def rolled_back(state: State) -> Activated:
    return roll_back(state.begin, lambda: LATER)


def said(state: State) -> list[tuple[str, str, dict[str, object]]]:
    """What waits in the outbox: type, key, data."""
    with state.begin() as uow:
        rows = uow.connection.exec_driver_sql("SELECT payload FROM outbox ORDER BY seq").scalars()
        events = [decode(payload) for payload in rows]
    return [(event.type, event.key, dict(event.data)) for event in events if isinstance(event.data, dict)]


def states(state: State, projected: Projected) -> dict[str, str]:
    """The present state of everybody who has entered one."""
    rows = [row for row in state.rows("course")["course"] if row["projection_id"] == projected.projection_id]
    return {row["patient_id"]: row["state"] for row in rows if row["since_day"] is not None}


def read_on(state: State, reader: Reader) -> None:
    """A reporting team reads what waits."""
    with state.begin() as uow:
        for payload in uow.connection.exec_driver_sql("SELECT payload FROM outbox ORDER BY seq").scalars():
            reader.read(payload)
        uow.connection.exec_driver_sql("DELETE FROM outbox")
        uow.commit()


def with_two(entries: list[NewEntry], other: dict[str, object] = RELAPSE) -> State:
    """A registry that answers by the first of two sets, both projected."""
    state = state_with([HEGADE, other])
    log = RawLog(entries)
    state.project(log, state.sets[:1])
    replay(state, log, state.sets[1:])
    return state


def three_patients() -> list[NewEntry]:
    """P0 and P1 relapse above one and above three times the limit, P2 never."""
    days = ("2023-12-20", "2024-02-01", "2024-03-05", "2024-05-01")
    values = {"P2": ("200", "35", "30", "32"), "P0": ("200", "35", "30", "90"), "P1": ("200", "35", "30", "190")}
    return entries_of(
        each
        for name, alt in values.items()
        for each in (prescription(name), *(lab(name, day, value) for day, value in zip(days, alt, strict=True)))
    )


@PATIENTLY
@given(
    entries=streams(patients=4),
    steps=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 12)), min_size=1, max_size=6),
)
def test_whoever_reads_along_is_never_told_of_what_it_does_not_know_and_ends_with_the_present_states(
    entries: list[NewEntry], steps: list[tuple[int, int]]
) -> None:
    state, reader, reached = state_with([HEGADE, RELAPSE, CTCAE]), Reader(), 0
    answer = state.sets[0]
    for chosen, further in steps:
        reached += further
        state.project(RawLog(entries[:reached]), parked_percent=100)
        read_on(state, reader)
        if state.sets[chosen] != answer:
            answer = state.sets[chosen]
            activated(state, answer)
            read_on(state, reader)
        assert {key: now for key, now in reader.states.items() if now != "start"} == states(state, answer)
    state.project(RawLog(entries), parked_percent=100)
    read_on(state, reader)
    assert {key: now for key, now in reader.states.items() if now != "start"} == states(state, answer)


def test_only_the_differences_are_told_and_who_is_told_of_them_in_the_order_of_the_patients() -> None:
    state = with_two(three_patients())
    told = {key: event["event_id"] for event in state.rows("outbox")["outbox"] for key in [event["key"]]}
    assert len(told) == 3
    before = said(state)
    done = activated(state, state.sets[1])
    first, *others = said(state)[len(before) :]
    assert first == (
        "criteria.activated",
        "relapse-3uln",
        {
            "criteria": "relapse-3uln",
            "fingerprint": state.sets[1].fingerprint,
            "version": 1,
            "previous": state.sets[0].fingerprint,
        },
    )
    assert [(kind, key) for kind, key, _ in others] == [("response.changed", "LEE/P0")]
    data = others[0][2]
    assert (data["from"], data["to"], data["cause"], data["onset_on"]) == ("RP", "CR", "criteria", "2024-02-01")
    assert (done.differences, done.before.id, done.now.id) == (1, "hegade-2011", "relapse-3uln")


def test_what_is_told_names_what_was_told_last_and_a_later_revision_names_it() -> None:
    entries = three_patients()
    state = with_two(entries)
    read_on(state, reader := Reader())
    last = next(event_id for event_id, (key, data) in reader.changes.items() if key == "LEE/P0" and data["to"] == "RP")
    activated(state, state.sets[1])
    (_, (_, _, told)) = said(state)
    assert told["supersedes"] == last
    read_on(state, reader)
    log = RawLog([*entries, *entries_of([lab("P0", "2024-02-20", "150")])])
    state.project(log)
    revision = said(state)[0][2]
    assert revision["supersedes"] in reader.seen
    read_on(state, reader)
    assert reader.states["LEE/P0"] == states(state, state.sets[1])["LEE/P0"]


def test_a_rollback_brings_the_answer_back_and_tells_the_differences_once_more() -> None:
    state = with_two(three_patients())
    read_on(state, reader := Reader())
    before = dict(reader.states)
    activated(state, state.sets[1])
    read_on(state, reader)
    assert reader.states != before
    assert rolled_back(state).now.id == "hegade-2011"
    read_on(state, reader)
    assert reader.states == before
    assert reader.criteria == [state.sets[1].fingerprint, state.sets[0].fingerprint]
    with state.begin() as uow:
        last = activations.find_last(uow)
    assert last is not None
    assert (last.kind, last.number, last.previous) == (Kind.ROLLED_BACK, 3, state.sets[1].fingerprint)


def test_an_activation_is_noted_with_what_was_before_and_asked_by_its_time() -> None:
    state = with_two(three_patients())
    activated(state, state.sets[1])
    rows = [(row["fingerprint"], row["previous"], row["kind"]) for row in state.rows("activation")["activation"]]
    first, second = (each.fingerprint for each in state.sets)
    assert rows == [(first, None, "first"), (second, first, "activated")]
    with state.begin() as uow:
        assert catalogue.find_active_at(uow, 0) == first
        assert catalogue.find_active_at(uow, int(LATER.timestamp() * 1_000_000)) == second


def test_a_set_that_is_behind_the_present_answer_is_refused_and_nothing_is_changed() -> None:
    entries = three_patients()
    state = with_two(entries[:9])
    state.project(RawLog(entries), state.sets[:1])
    assert_refused(
        state, lambda: activated(state, state.sets[1]), NotReady, "behind hegade-2011@1 by 6 events on partition 0"
    )


def test_a_set_that_is_being_replayed_or_was_never_projected_is_refused() -> None:
    log = RawLog(three_patients())
    state = state_with([HEGADE, RELAPSE])
    state.project(log, state.sets[:1])
    assert_refused(state, lambda: activated(state, state.sets[1]), NotReady, "nothing was projected under it")
    begin_replay(state, log, state.sets[1:])
    assert_refused(state, lambda: activated(state, state.sets[1]), BeingReplayed, "is being replayed")


def test_a_set_that_parks_a_patient_whom_the_present_answer_does_not_park_is_refused() -> None:
    log, state = RawLog(three_patients()), state_with([HEGADE, RELAPSE])
    state.project(log, [state.sets[0], brittle(state.sets[1], {"90"})], parked_percent=100)
    assert_refused(state, lambda: activated(state, state.sets[1]), NotReady, r"does not park \(LEE/P0\)")
    state.retry(state.sets[1], "LEE/P0")
    assert activated(state, state.sets[1]).differences == 1


def test_a_patient_whom_both_sets_park_is_no_hindrance() -> None:
    entries = three_patients()
    log, state = RawLog(entries), state_with([HEGADE, RELAPSE])
    log.replace(3, b"not an event")
    state.project(log, parked_percent=100)
    assert activated(state, state.sets[1]).differences == 1


def test_what_is_the_answer_already_is_refused_and_so_is_a_rollback_of_nothing() -> None:
    state = with_two(three_patients())
    assert_refused(state, lambda: activated(state, state.sets[0]), AlreadyActive, "already")
    assert_refused(state, lambda: rolled_back(state), NothingToRollBack, "one answer only")


def test_the_new_answer_speaks_and_the_old_one_is_silent() -> None:
    entries = three_patients()
    state = with_two(entries, STRICT)
    activated(state, state.sets[1])
    read_on(state, Reader())
    state.project(RawLog([*entries, *entries_of([lab("P2", "2024-08-01", "300")])]))
    assert {data["criteria"] for _, _, data in said(state)} == {"hegade-2011-strict"}


def test_what_is_told_is_as_the_published_language_says() -> None:
    state = with_two(list(new_entries(8, 40)), CTCAE)
    activated(state, state.sets[1])
    told = [(kind, data) for kind, _, data in said(state)]
    assert len([kind for kind, data in told if data.get("cause") == "criteria"]) > 3
    for kind, data in told:
        assert DERIVATIONS[kind].model_validate(data).model_dump(by_alias=True) == data


def test_activations_at_other_times_have_other_ids() -> None:
    state = with_two(list(new_entries(6, 40)))
    ids = set()
    for moment in range(4):
        with state.begin() as uow:
            known = catalogue.get_criteria(uow, state.sets[(moment + 1) % 2].fingerprint)
        activate(state.begin, known, lambda: datetime(2026, 1, 1, tzinfo=UTC))
    with state.begin() as uow:
        ids = set(uow.connection.exec_driver_sql("SELECT event_id FROM outbox").scalars())
    assert len(ids) == len(state.rows("outbox")["outbox"])


def assert_refused(state: State, attempt: Callable[[], object], error: type[Exception], said_so: str) -> None:
    tables = [*state.rows(), "activation", "active_criteria"]
    before = state.rows(*tables)
    with pytest.raises(error, match=said_so):
        attempt()
    assert state.rows(*tables) == before
