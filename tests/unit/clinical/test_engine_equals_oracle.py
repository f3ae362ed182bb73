"""The engine equals the obvious: the oracle's answer, from nothing, one event at a time, and in every order."""

from itertools import permutations
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis.strategies import floats

from hepledger.clinical.course import Course, course_of, derive
from hepledger.clinical.facts import Version
from hepledger.clinical.history import by_fact
from hepledger.clinical.passage import Passage
from hepledger.clinical.tail import snapshot_of, tail_from
from hepledger.clinical.walk import Plan
from tests.support.engine import columns_of, criteria_of, plain, versions_of
from tests.support.oracle import answer
from tests.support.strategies import criteria_documents, histories

THOROUGH = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
Event = dict[str, Any]


def expected(events: list[Event], document: dict[str, Any]) -> dict[str, Any]:
    """The oracle's answer, without what the engine answers in other places."""
    said = answer(events, document)
    said["baseline"] = {
        analyte: {"event_id": reading["event_id"], "date": reading["date"]}
        for analyte, reading in said["baseline"].items()
        if analyte in criteria_of(document).analytes
    }
    said["transitions"] = [
        {key: change[key] for key in ("from", "to", "onset_on", "confirmed_on", "relapse", "evidence")}
        for change in said["transitions"]
    ]
    return {key: value for key, value in said.items() if key != "in_force"}


def belief(course: Course) -> dict[str, Any]:
    """All that a course says."""
    return plain(course)


@THOROUGH
@given(events=histories(), document=criteria_documents())
def test_derive_answers_as_the_oracle(events: list[Event], document: dict[str, Any]) -> None:
    assert plain(derive(versions_of(events), criteria_of(document))) == expected(events, document)


@THOROUGH
@given(events=histories(), document=criteria_documents())
def test_resume_event_by_event_equals_derive_of_all(events: list[Event], document: dict[str, Any]) -> None:
    plan = Plan(criteria_of(document))
    versions = versions_of(events)
    passage = Passage(plan, {})
    for count, version in enumerate(versions, start=1):
        passage.resume(version)
        assert_is_derived(course_of(passage), derive(versions[:count], plan))


@THOROUGH
@given(events=histories(max_results=24), document=criteria_documents(), share=floats(0, 1))
def test_a_passage_may_begin_in_the_midst_of_a_history(
    events: list[Event], document: dict[str, Any], share: float
) -> None:
    plan = Plan(criteria_of(document))
    versions = versions_of(events)
    begun = int(share * len(versions))
    passage = Passage(plan, by_fact(versions[:begun]))
    for version in versions[begun:]:
        passage.resume(version)
    assert_is_derived(course_of(passage), derive(versions, plan))


def assert_is_derived(found: Course, derived: Course) -> None:
    """Also what is not told to anybody: the readings, their order, and the end to go on from."""
    assert belief(found) == belief(derived)
    assert snapshot_of(found.tail) == snapshot_of(derived.tail)
    assert found.tail.after.current == derived.tail.after.current
    if derived.index_day is not None:
        named = derived.plan.criteria.analytes
        assert {a: list(found.readings[a].items()) for a in named} == {
            a: list(derived.readings[a].items()) for a in named
        }


@THOROUGH
@given(events=histories(), document=criteria_documents())
def test_a_tail_that_takes_a_result_leaves_the_beliefs_that_derive_gives(
    events: list[Event], document: dict[str, Any]
) -> None:
    plan = Plan(criteria_of(document))
    versions = versions_of(events)
    for count, version in enumerate(versions):
        before = derive(versions[:count], plan)
        if version.key in before.facts:
            continue
        offered = tail_from(snapshot_of(before.tail), plan).offer(version)
        if offered is not None:
            after = derive(versions[: count + 1], plan)
            assert beliefs_kept(before) == beliefs_kept(after)
            assert offered.last_assessed_day == after.last_assessed_day
            assert snapshot_of(offered) == snapshot_of(after.tail)


def beliefs_kept(course: Course) -> tuple[object, ...]:
    """What a quiet result must not change."""
    return (course.transitions, course.landmarks, course.refractory, course.index_day, course.baseline)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(events=histories(max_results=3), document=criteria_documents())
def test_the_order_of_arrival_does_not_matter_but_for_conflicts(events: list[Event], document: dict[str, Any]) -> None:
    plan = Plan(criteria_of(document))
    versions = versions_of(events)[:4]
    assume(not twins(versions))
    course = derive(versions, plan)
    for order in permutations(versions):
        passage = Passage(plan, {})
        for offset, version in enumerate(order):
            passage.resume(moved_to(offset, version))
        assert belief(course_of(passage)) == belief(course)


def moved_to(offset: int, version: Version) -> Version:
    """The version, had it come at another place."""
    return Version(**columns_of(version) | {"offset": offset})


def twins(versions: list[Version]) -> bool:
    """Whether two versions of one fact can be ordered by nothing but the log."""
    times = [(version.key, version.time, version.rank) for version in versions]
    return len(times) != len(set(times))
