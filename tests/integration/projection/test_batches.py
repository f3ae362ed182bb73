"""However a log is cut into batches, whoever takes them in and whatever is remembered in between, the rows are the same;
and they are what deriving from nothing at every offset would give."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import cycle
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hepledger.clinical.course import Course, derive
from hepledger.clinical.facts import Version
from hepledger.log.port import Entry, NewEntry
from hepledger.projection.arrivals import read_entries
from hepledger.projection.sets import Projected
from tests.support.projecting import State, shipped, state_with
from tests.support.raw_log import RawLog
from tests.support.streams import cuts, streams

SETS = ("hegade-2011", "iaihg-2022", "ctcae-v5-alt")
DOCUMENTS = [shipped(name) for name in SETS]
TRANSITION = ("from_state", "to_state", "onset_day", "confirmed_day", "relapse", "rule", "evidence")
EPISODE = ("onset_day", "opened_day", "closed_day", "evidence")

Row = Mapping[str, Any]


def taken_in(entries: Sequence[NewEntry], sizes: Sequence[int], *, remembered: int, restarts: bool) -> State:
    state = state_with(DOCUMENTS)
    log = RawLog(entries)
    consumer = state.consumer(log, remembered=remembered)
    for size in cycle(sizes):
        if restarts:
            consumer = state.consumer(log, limit=size, remembered=remembered)
        if consumer.step() == 0:
            return state
    raise AssertionError("a cycle does not end")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.data())
def test_any_batches_and_any_restarts_give_the_same_rows(data: st.DataObject) -> None:
    entries = data.draw(streams())
    sizes = data.draw(cuts(len(entries)))
    at_once = taken_in(entries, [1], remembered=0, restarts=False)
    in_batches = taken_in(entries, sizes, remembered=data.draw(st.sampled_from((0, 7, 1_000))), restarts=True)
    follower = state_with(DOCUMENTS)
    follower.project(RawLog(entries), limit=sizes[0])
    assert in_batches.rows() == at_once.rows()
    assert follower.rows() == at_once.rows()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.data())
def test_what_is_believed_from_when_until_when_is_what_deriving_at_every_offset_gives(data: st.DataObject) -> None:
    entries = data.draw(streams())
    state = state_with(DOCUMENTS)
    state.project(RawLog(entries), limit=data.draw(st.integers(1, 5)))
    rows = state.rows()
    for projected in state.sets:
        expected = list(beliefs_of(entries, projected))
        assert believed(rows["transition"], projected, TRANSITION) == of_kind(expected, "transition")
        assert believed(rows["episode"], projected, EPISODE) == of_kind(expected, "episode")
        assert believed(rows["landmark"], projected, ("code", "answer")) == of_kind(expected, "landmark")


def believed(rows: Sequence[Row], projected: Projected, columns: Sequence[str]) -> list[str]:
    mine = [row for row in rows if row["projection_id"] == projected.projection_id]
    return sorted(repr((r["patient_id"], tuple(r[c] for c in columns), r["known_from"], r["known_to"])) for r in mine)


def of_kind(expected: Sequence[tuple[str, str]], kind: str) -> list[str]:
    return sorted(text for each, text in expected if each == kind)


def beliefs_of(entries: Sequence[NewEntry], projected: Projected) -> Iterator[tuple[str, str]]:
    """The obvious way: at every offset of a patient everything is derived from nothing."""
    by_patient: dict[str, list[Version]] = {}
    seen: set[bytes] = set()
    for offset, new in enumerate(entries):
        (arrival,) = read_entries([Entry(0, offset, new.event_id, new.key, new.payload)])
        assert arrival.version is not None
        if new.event_id not in seen:
            by_patient.setdefault(new.key, []).append(arrival.version)
        seen.add(new.event_id)
    for key, versions in by_patient.items():
        courses = [derive(versions[: number + 1], projected.plan) for number in range(len(versions))]
        held = [set(values_of(course)) for course in courses]
        for kind, value in set().union(*held):
            for known_from, known_to in spans([(kind, value) in each for each in held], versions):
                yield kind, repr((key, value, known_from, known_to))


def values_of(course: Course) -> Iterator[tuple[str, tuple[Any, ...]]]:
    for c in course.transitions:
        evidence = "|".join(c.evidence)
        yield (
            "transition",
            (c.from_state, c.to_state, c.onset_day, c.confirmed_day, c.relapse, c.rule, evidence),
        )
    opened = {c.confirmed_day: "|".join(c.evidence) for c in course.transitions}
    for e in course.episodes:
        yield "episode", (e.onset_day, e.opened_day, e.closed_day, opened[e.opened_day])
    for code, answer in course.landmarks.items():
        yield "landmark", (code, str(answer))


def spans(held: Sequence[bool], versions: Sequence[Version]) -> Iterator[tuple[int, int | None]]:
    since: int | None = None
    for holds, version in zip(held, versions, strict=True):
        if holds and since is None:
            since = version.offset
        elif not holds and since is not None:
            yield since, version.offset
            since = None
    if since is not None:
        yield since, None
