"""Which version of a fact is in force."""

from datetime import UTC, datetime
from typing import Any

import pytest

from hepledger.clinical.facts import UnknownFactType, Version, clinical_day, standing, version_from, version_time
from tests.support.builders import finalisation, lab, retraction
from tests.support.engine import version_of


def said(offset: int, event: dict[str, Any], recorded: str = "2024-05-01") -> Version:
    recorded_at = datetime.fromisoformat(recorded).replace(tzinfo=UTC)
    return version_of({**event, "offset": offset, "event_id": f"e{offset}", "recorded_at": recorded_at})


def result(alt: str, **more: Any) -> dict[str, Any]:
    return lab(alt=alt, result_id="R", **more)


def in_force(*versions: Version) -> str | None:
    version = standing(versions).version
    return None if version is None else version.event_id


def test_the_latest_version_time_is_in_force_whatever_came_first() -> None:
    old, new = result("40", reported_at="2024-03-01"), result("50", reported_at="2024-03-02")
    assert in_force(said(0, new), said(1, old)) == "e0"


def test_without_a_time_of_its_own_a_version_has_the_time_it_was_recorded() -> None:
    own, recorded = result("40", reported_at="2024-03-01"), result("50")
    assert in_force(said(0, own), said(1, recorded, "2024-02-01")) == "e0"
    assert in_force(said(0, own), said(1, recorded, "2024-04-01")) == "e1"


def test_at_the_same_time_retraction_outranks_correction_outranks_final_outranks_preliminary() -> None:
    at = "2024-03-01"
    steps = [
        said(3, result("40", reported_at=at, status="preliminary")),
        said(2, result("41", reported_at=at)),
        said(1, result("42", reported_at=at, status="amended")),
        said(0, retraction(result_id="R", reported_at=at)),
    ]
    for count in range(1, 5):
        assert in_force(*steps[:count]) == steps[count - 1].event_id


def test_the_same_content_twice_is_one_version_of_the_time_it_first_came() -> None:
    first, changed, again = (
        said(0, result("40")),
        said(1, result("50"), "2024-05-02"),
        said(2, result("40"), "2024-05-03"),
    )
    assert in_force(first, changed, again) == "e1"
    assert standing((first, changed, again)).conflicts == ()


def test_the_same_numbers_sent_as_a_correction_are_another_version() -> None:
    first, changed = said(0, result("50")), said(1, result("60"), "2024-05-02")
    back = said(2, result("50", status="corrected"), "2024-05-03")
    assert in_force(first, changed, back) == "e2"


def test_what_neither_time_nor_rank_can_order_is_a_conflict_and_the_earlier_stays_in_force() -> None:
    one, other = said(0, result("40", reported_at="2024-03-01")), said(1, result("50", reported_at="2024-03-01"))
    how = standing((one, other))
    assert how.version == one
    assert how.conflicts == (other,)
    newer = said(2, result("60", reported_at="2024-03-02"))
    assert standing((one, other, newer)).conflicts == ()


def test_a_number_written_otherwise_is_no_conflict() -> None:
    one, other = said(0, result("40", reported_at="2024-03-01")), said(1, result("40.0", reported_at="2024-03-01"))
    assert standing((one, other)).conflicts == ()


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_finalisation_makes_a_preliminary_version_final_whichever_came_first(order: tuple[int, int]) -> None:
    preliminary = result("40", status="preliminary", reported_at="2024-03-01")
    final = finalisation(result_id="R", reported_at="2024-03-02")
    versions = [said(order[0], preliminary), said(order[1], final)]
    how = standing(versions)
    assert how.counts
    assert how.finalised_by == versions[1]


def test_a_finalisation_does_not_reach_a_newer_preliminary_version() -> None:
    newer = said(0, result("40", status="preliminary", reported_at="2024-03-03"))
    assert not standing((newer, said(1, finalisation(result_id="R", reported_at="2024-03-02")))).counts


def test_a_finalisation_alone_is_no_version() -> None:
    how = standing((said(0, finalisation(result_id="R", reported_at="2024-03-02")),))
    assert (how.version, how.counts) == (None, False)


def test_the_clinical_day_is_the_date_as_written() -> None:
    assert clinical_day("2024-03-29T06:00:00+09:00") == clinical_day("2024-03-29")
    assert clinical_day("2024-03") is None
    assert clinical_day(None) is None


def test_a_version_time_given_as_a_date_is_its_first_moment() -> None:
    assert version_time("2024-03-01") == version_time("2024-03-01T01:00:00+01:00")


def test_an_event_of_an_unknown_type_is_refused() -> None:
    with pytest.raises(UnknownFactType):
        version_from("cat_recorded", {}, offset=0, event_id="e", occurred_at=None, recorded_at=0)
