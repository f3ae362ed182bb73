"""Two sets over a cohort: what the projections keep says the same as the facts, and every patient stands in one cell."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, given, settings

from hepledger.database import reading
from hepledger.log.port import NewEntry
from hepledger.reporting import queries
from hepledger.reporting.compare import Pair, pair_of
from hepledger.reporting.compare_counts import MATRICES, Comparison, comparison, comparison_document
from hepledger.reporting.compare_patient_text import beside_text, patient_text
from hepledger.reporting.compare_patients import Difference, difference_document, differences
from hepledger.reporting.compare_rows import COLUMNS, difference_row
from hepledger.reporting.compare_text import counts_text
from hepledger.reporting.exports import Asked
from hepledger.reporting.queries import Snapshot
from hepledger.reporting.subjects import Extent
from tests.support.builders import lab, prescription
from tests.support.projecting import State, brittle, entries_of, shipped, state_with
from tests.support.raw_log import RawLog
from tests.support.strategies import criteria_documents
from tests.support.streams import streams

HEGADE, STRICT, IAIHG = (shipped(name) for name in ("hegade-2011", "hegade-2011-strict", "iaihg-2022"))
DAYS = (("2024-01-01", "240"), ("2024-02-01", "100"), ("2024-03-01", "38"), ("2024-04-05", "30"))
Submitted = dict[str, Any]


def treated(patient: str, centre: str = "LEE", more: Sequence[tuple[str, str]] = ()) -> list[Submitted]:
    """Tacrolimus, a response within three months, and whatever came later."""
    results = (lab(patient, day, alt, centre=centre) for day, alt in (*DAYS, *more))
    return [prescription(patient, "2024-01-01", centre=centre), *results]


def cohort() -> list[Submitted]:
    """One still short of the stricter CR, one whose CR both see by now, one whose relapse only one sees, one never treated."""
    return [
        *treated("LEE-001"),
        *treated("LEE-002", more=[("2024-07-01", "35")]),
        *treated("UPS-001", "UPS", [("2024-07-01", "35"), ("2024-09-01", "60")]),
        lab("UPS-002", "2024-01-01", centre="UPS"),
    ]


def pair_in(state: State, snapshot: Snapshot) -> Pair:
    old, new = (
        Asked(
            snapshot=snapshot,
            criteria=each.plan.criteria,
            projection_id=each.projection_id,
            extent=Extent(queries.next_offsets(snapshot, each.projection_id)),
            derived=False,
        )
        for each in state.sets
    )
    return pair_of(old, new)


def compared(pair: Pair) -> Comparison:
    return comparison(pair, queries.patients(pair.old.snapshot, pair.old.extent))


def listed(pair: Pair, found: Comparison) -> list[Difference]:
    return list(differences(pair, [*found.moved, *found.apart, *found.others]))


def projected(documents: Sequence[dict[str, Any]], submissions: Sequence[Submitted]) -> State:
    state = state_with(documents)
    state.project(RawLog(entries_of(submissions)))
    return state


def test_the_matrices_count_who_stands_where_under_both() -> None:
    state = projected([HEGADE, STRICT], cohort())
    with reading(state.engine) as snapshot:
        found = compared(pair_in(state, snapshot))
    assert dict(found.total.present) == {
        ("CR", "PR"): 1,
        ("CR", "CR"): 1,
        ("RP", "CR"): 1,
        ("not evaluable", "not evaluable"): 1,
    }
    assert dict(found.total.relapses) == {("0", "0"): 2, ("1", "0"): 1, ("not evaluable", "not evaluable"): 1}
    assert dict(found.total.best) == {("CR", "PR"): 1, ("CR", "CR"): 2, ("not evaluable", "not evaluable"): 1}
    assert dict(found.total.gaps[0]) == {"no index date": 1}
    assert ([w.patient for w in found.moved], [w.patient for w in found.apart]) == (["LEE-001", "UPS-001"], ["LEE-002"])


def test_each_centre_has_its_own_matrices_and_together_they_are_the_whole() -> None:
    state = projected([HEGADE, STRICT], cohort())
    with reading(state.engine) as snapshot:
        found = compared(pair_in(state, snapshot))
    assert list(found.centres) == ["LEE", "UPS"]
    for what in MATRICES:
        cells = [getattr(tally, what) for tally in found.centres.values()]
        assert sum(cells[1:], cells[0]) == getattr(found.total, what)


def test_the_words_are_those_of_a_committee() -> None:
    state = projected([HEGADE, STRICT], cohort())
    with reading(state.engine) as snapshot:
        pair = pair_in(state, snapshot)
        found = compared(pair)
        lines = list(counts_text(found))
        first, *_, last = [list(patient_text(each)) for each in listed(pair, found)]
    assert "2 patients stand elsewhere now under hegade-2011-strict." in lines
    assert "3 patients stood elsewhere on some assessment day, 1 of whom stand alike now." in lines
    assert [line.split() for line in lines if line.startswith("no index date")] == [["no", "index", "date", "1", "1"]]
    assert first[0] == "LEE/LEE-001  CR -> PR, since 2024-04-05"
    assert "  Baseline: ALT 240 U/L (limit ≤40, 6.0000 × ULN) of 2024-01-01." in first
    assert "  On 2024-04-05 (day 95):" in first
    assert last[:2] == [
        "LEE/LEE-002  now CR under both",
        "  Apart on 1 of 4 assessment days: CR -> PR from 2024-04-05 until 2024-07-01.",
    ]


def test_sets_without_a_state_in_common_say_so() -> None:
    state = projected([HEGADE, IAIHG], cohort())
    with reading(state.engine) as snapshot:
        lines = list(counts_text(compared(pair_in(state, snapshot))))
    assert "The two sets have no state in common: whoever entered one under either stands elsewhere." in lines


def test_a_patient_parked_under_either_set_is_in_no_count() -> None:
    state = state_with([HEGADE, STRICT])
    old, new = state.sets
    state.project(RawLog(entries_of(cohort())), [old, brittle(new, {"60"})], parked_percent=100)
    with reading(state.engine) as snapshot:
        found = compared(pair_in(state, snapshot))
    assert (found.parked, found.total.patients) == (1, 3)
    assert [who.patient for who in found.moved] == ["LEE-001"]
    assert "1 patient left out: parked under one of the sets (`hepledger parked list`)." in list(counts_text(found))


def test_sets_at_different_offsets_are_compared_as_of_what_both_have_taken_in() -> None:
    entries = entries_of(cohort())
    ahead, even = state_with([HEGADE, STRICT]), state_with([HEGADE, STRICT])
    ahead.project(RawLog(entries[:5]))
    ahead.project(RawLog(entries), ahead.sets[:1])
    even.project(RawLog(entries[:5]))
    documents = []
    for state in (ahead, even):
        with reading(state.engine) as snapshot:
            pair = pair_in(state, snapshot)
            documents.append(comparison_document(compared(pair)))
            assert pair.old.extent.below == {0: 5}
            assert pair.old.derived is (state is ahead)
            assert not pair.new.derived
    assert documents[0] == documents[1]
    assert documents[0]["patients"] == 1


def test_a_row_of_the_table_has_a_cell_for_every_column() -> None:
    state = projected([HEGADE, IAIHG], cohort())
    with reading(state.engine) as snapshot:
        pair = pair_in(state, snapshot)
        rows = [difference_row(each) for each in listed(pair, compared(pair))]
    assert rows
    assert {len(row) for row in rows} == {len(COLUMNS)}
    named = [dict(zip((column.name for column in COLUMNS), row, strict=True)) for row in rows]
    (other,) = [row for row in named if row["patient"] == "UPS-001"]
    assert (other["old_state"], other["new_state"]) == ("RP", "not evaluable")


def test_beside_each_other_two_courses_show_the_days_on_which_they_stand_apart() -> None:
    state = projected([HEGADE, STRICT], cohort())
    with reading(state.engine) as snapshot:
        pair = pair_in(state, snapshot)
        found = compared(pair)
        moved, alike = (
            next(differences(pair, found.moved[1:])),
            next(differences(pair, queries.patients(snapshot, pair.old.extent)[3:])),
        )
    lines = list(beside_text(moved))
    assert lines[0] == "hegade-2011 beside hegade-2011-strict: RP -> CR, since 2024-09-01"
    assert "2024-09-01  244  ALT 60 U/L (limit ≤40)  RP           CR" in lines
    assert [line for line in lines if line.startswith("On ")] == ["On 2024-04-05 (day 95):", "On 2024-09-01 (day 244):"]
    then = list(beside_text(moved, moved.spans[0].first - 20))
    assert then[-2:] == ["On 2024-03-01 (day 60):", "  The state is the same under both."]
    assert list(beside_text(alike)) == [
        "hegade-2011 beside hegade-2011-strict: not evaluable under both",
        "The two sets say the same, on all of 0 assessment days.",
    ]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(entries=streams(), old=criteria_documents(), new=criteria_documents())
def test_what_the_projections_keep_compares_as_what_the_facts_give(
    entries: list[NewEntry], old: dict[str, Any], new: dict[str, Any]
) -> None:
    state = state_with([{**old, "id": "old"}, {**new, "id": "new"}])
    state.project(RawLog(entries), parked_percent=100)
    with reading(state.engine) as snapshot:
        kept = pair_in(state, snapshot)
        derived = Pair(*(replace(asked, derived=True) for asked in kept.sides))
        one, other = compared(kept), compared(derived)
        assert comparison_document(one) == comparison_document(other)
        assert (one.moved, one.apart, one.others) == (other.moved, other.apart, other.others)
        assert all(sum(getattr(one.total, what).values()) == one.total.patients for what in MATRICES)
        for each in listed(kept, one):
            assert each.aspects
            assert json.dumps(difference_document(each), default=str)
            assert len(difference_row(each)) == len(COLUMNS)
            assert list(patient_text(each))
            assert list(beside_text(each))
