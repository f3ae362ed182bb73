"""Several criteria sets: those behind catch up, then all go together; none is changed by the company it keeps."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hepledger.log.port import NewEntry
from tests.support.builders import lab, prescription
from tests.support.projecting import entries_of, shipped, state_with
from tests.support.raw_log import RawLog
from tests.support.streams import streams

DOCUMENTS = [shipped(name) for name in ("hegade-2011", "iaihg-2022", "relapse-3uln")]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(
    entries=streams(),
    joins=st.tuples(st.integers(0, 40), st.integers(0, 40)),
    limit=st.integers(1, 30),
    stride=st.integers(1, 2),
)
def test_sets_that_join_later_end_with_the_same_rows(
    entries: list[NewEntry], joins: tuple[int, int], limit: int, stride: int
) -> None:
    together, one_by_one = state_with(DOCUMENTS), state_with(DOCUMENTS)
    together.project(RawLog(entries, stride=stride))
    first, second, third = one_by_one.sets
    one_by_one.project(RawLog(entries[: joins[0]], stride=stride), [first], limit=limit)
    one_by_one.project(RawLog(entries[: joins[1]], stride=stride), [second], limit=limit)
    one_by_one.project(RawLog(entries, stride=stride), [third, first, second], limit=limit)
    assert one_by_one.rows() == together.rows()


def test_a_set_that_is_behind_catches_up_to_the_others_before_any_goes_on() -> None:
    log = RawLog(entries_of(lab(f"P{number}") for number in range(8)))
    state = state_with(DOCUMENTS[:2])
    first, second = state.sets
    state.project(RawLog(entries_of(lab(f"P{number}") for number in range(5))), [first])
    worker = state.consumer(log, [first, second])
    taken = [worker.step() for _ in range(3)]
    assert taken == [5, 3, 0]
    assert {row["next_offset"] for row in state.rows()["checkpoint"]} == {8}


def test_only_the_active_set_announces() -> None:
    state = state_with(DOCUMENTS)
    said = [prescription(), lab(day="2023-12-20"), lab(day="2024-02-01", alt="100")]
    state.project(RawLog(entries_of(said)))
    rows = state.rows()
    active = state.sets[0]
    announced = {row["projection_id"] for row in rows["transition"] if row["announced_id"] is not None}
    assert announced == {active.projection_id}
    assert all(active.fingerprint.encode() in row["payload"] for row in rows["outbox"])
    assert len(rows["outbox"]) == 1
