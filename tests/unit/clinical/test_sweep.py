"""A sweep through a packed history believes after every event what a passage through its versions believes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

from hepledger.clinical.facts import Version
from hepledger.clinical.packed import pack
from hepledger.clinical.passage import Passage, Turn, turns
from hepledger.clinical.sheet import Sheet
from hepledger.clinical.sweep import Sweep, sweep_over
from hepledger.clinical.tail import snapshot_of
from hepledger.clinical.walk import Plan
from tests.support.engine import criteria_of, versions_of
from tests.support.strategies import criteria_documents, histories

THOROUGH = settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))


def of_one_analyte(said: Any) -> Any:
    """The same conditions, all of them asked of ALT."""
    if isinstance(said, list):
        return [of_one_analyte(each) for each in said]
    if not isinstance(said, dict):
        return said
    asked = {name: of_one_analyte(part) for name, part in said.items()}
    return asked | {name: "ALT" for name in asked if name == "analyte"} | {n: "U/L" for n in asked if n == "unit"}


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """Transitions name ALT alone; landmarks and what is asked of the time before may name others."""
    document = draw(criteria_documents())
    return document | {"transition": of_one_analyte(document["transition"])}


@st.composite
def exact_histories(draw: st.DrawFn) -> list[Version]:
    """No result is censored, or written so finely that it is no short number."""
    events = draw(histories(max_results=30))
    plain = [each | {"data": {k: v for k, v in each["data"].items() if k != "comparator"}} for each in events]
    return versions_of(plain)


def beliefs(found: Iterable[Turn]) -> list[tuple[object, ...]]:
    """What was believed from which event on; a turn after which nothing else is believed is none."""
    kept: list[tuple[object, ...]] = []
    for turn in found:
        now = ([*turn.transitions], dict(turn.landmarks))
        if not kept or kept[-1][2:] != now:
            kept.append((turn.offset, turn.event_id, *now))
    return kept


def assert_stand_alike(sweep: Sweep, passage: Passage) -> None:
    assert snapshot_of(sweep.tail) == snapshot_of(passage.tail)
    assert sweep.tail[6:] == passage.tail[6:] or snapshot_of(
        sweep.tail._replace(before=sweep.tail.after)
    ) == snapshot_of(passage.tail._replace(before=passage.tail.after))
    assert sweep.transitions == passage.transitions
    assert sweep.landmarks == passage.landmarks
    ours, its = sweep.ground, passage.ground
    assert (ours.index_day, ours.baseline, ours.refractory) == (its.index_day, its.baseline, its.refractory)


@THOROUGH
@given(versions=exact_histories(), document=documents())
def test_a_sweep_believes_what_a_passage_believes_after_every_event(
    versions: list[Version], document: dict[str, Any]
) -> None:
    plan, sheet = Plan(criteria_of(document)), Sheet(pack(versions))
    sweep, passage = sweep_over(plan, sheet), Passage(plan, {})
    assume(sweep is not None)
    assert sweep is not None
    assert beliefs(sweep.turns()) == beliefs(turns(passage, versions))
    assert_stand_alike(sweep, passage)
    event(f"{min(3, len(passage.transitions))} transitions or more")


@THOROUGH
@given(versions=exact_histories(), document=documents(), data=st.data())
def test_a_sweep_may_end_in_the_midst_of_a_history(
    versions: list[Version], document: dict[str, Any], data: st.DataObject
) -> None:
    plan, whole = Plan(criteria_of(document)), Sheet(pack(versions))
    end = data.draw(st.integers(0, len(versions)))
    sheet = whole.below(versions[end].offset) if end < len(versions) else whole
    sweep, passage = sweep_over(plan, sheet), Passage(plan, {})
    assume(sweep is not None)
    assert sweep is not None
    assert beliefs(sweep.turns()) == beliefs(turns(passage, versions[:end]))
    assert_stand_alike(sweep, passage)
