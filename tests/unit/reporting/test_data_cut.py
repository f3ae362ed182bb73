"""A data cut as a value: its document, its names, and how it says what is not as it was."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from hepledger.errors import WrongUsage
from hepledger.reporting.columns import Row, What
from hepledger.reporting.data_cut import DataCut, Part, SealedTable, cut_from
from hepledger.reporting.data_cut_check import CutDiffers, CutNotReached, check_reached, checked, differences
from hepledger.reporting.data_cut_event import check_name
from hepledger.reporting.data_cut_seal import Seal
from hepledger.reporting.data_cut_text import cut_lines
from hepledger_events.catalogue import faults_in

ROWS: list[Row] = [
    ("hegade-2011", "LEE", "LEE-001", "ALT-normal-6m", "met"),
    ("hegade-2011", "LEE", "LEE-002", "ALT-normal-6m", "pending"),
    ("hegade-2011", "UPS", "UPS-001", "ALT-normal-6m", "not_met"),
]


def sealed(rows: list[Row]) -> SealedTable:
    seal = Seal(What.LANDMARKS)
    seal.add_all(rows)
    return seal.table()


def cut_of(rows: list[Row]) -> DataCut:
    return DataCut(
        name="dsmb-1",
        criteria="hegade-2011",
        version=1,
        fingerprint="ab" * 32,
        offsets={1: 12, 0: 7},
        until=date(2024, 3, 31),
        parked={"LEE/LEE-007": 3},
        code_version="0.2.0",
        created_at=datetime(2024, 4, 1, 12, 0, 0, 1, tzinfo=UTC),
        tables={what: sealed(rows) for what in What},
    )


def told(now: list[Row]) -> list[str]:
    return [str(each) for each in differences(cut_of(ROWS), {What.LANDMARKS: sealed(now)})]


def test_a_cut_comes_back_from_its_document_which_is_what_its_event_may_say() -> None:
    cut = cut_of(ROWS)
    assert cut_from(cut.document()) == cut
    assert faults_in("cut_created", cut.document()) == ()
    whole = replace(cut, until=None, parked={})
    assert cut_from(whole.document()) == whole


def test_an_event_with_another_document_is_noticed() -> None:
    document = cut_of(ROWS).document()
    assert faults_in("cut_created", {**document, "name": "two words"})
    assert faults_in("cut_created", {**document, "tables": {"courses": {"rows": 1}}})


def test_one_hash_stands_for_all_tables() -> None:
    cut = cut_of(ROWS)
    other = cut.with_tables({**cut.tables, What.FACTS: sealed(ROWS[:1])})
    assert cut.sha256 != other.sha256
    assert replace(cut, name="dsmb-2", code_version="9").sha256 == cut.sha256


def test_a_table_is_counted_and_hashed_whole_and_by_centre() -> None:
    table = sealed(ROWS)
    assert (table.whole.rows, {centre: part.rows for centre, part in table.centres.items()}) == (
        3,
        {"LEE": 2, "UPS": 1},
    )
    assert table.centres["UPS"] == sealed([ROWS[2]]).centres["UPS"]
    assert sealed([]).centres == {}


def test_the_same_rows_differ_in_nothing() -> None:
    assert told(ROWS) == []
    assert list(checked(cut_of(ROWS), What.LANDMARKS, ROWS, "0.2.0")) == ROWS


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (ROWS[:2], ["landmarks of centre UPS: 1 rows then, 0 now"]),
        (ROWS[1:], ["landmarks of centre LEE: 2 rows then, 1 now"]),
        ([*ROWS[:2], (*ROWS[2][:4], "met")], ["landmarks of centre UPS: 1 rows, with other content"]),
        ([*ROWS, ("hegade-2011", "ZUR", "1", "x", "met")], ["landmarks of centre ZUR: 0 rows then, 1 now"]),
        ([ROWS[2], *ROWS[:2]], ["landmarks: the columns, or the order of the centres"]),
    ],
    ids=["a centre gone", "a row gone", "a cell", "a centre more", "the order"],
)
def test_a_difference_is_told_by_table_and_centre(now: list[Row], said: list[str]) -> None:
    assert told(now) == said


def test_rows_that_are_not_those_of_the_cut_fail_after_the_last_with_the_versions_of_the_program() -> None:
    rows = checked(cut_of(ROWS), What.LANDMARKS, ROWS[:2], "0.3.0")
    assert [next(rows), next(rows)] == ROWS[:2]
    with pytest.raises(CutDiffers, match=r"0\.2\.0 made it, hepledger 0\.3\.0 reads it") as raised:
        next(rows)
    assert "data cut dsmb-1 does not give the bytes it gave on 2024-04-01" in str(raised.value)
    assert "hepledger verify" in str(raised.value)


def test_of_many_differences_some_are_named_and_the_rest_counted() -> None:
    many = [("hegade-2011", f"C{number}", "1", "x", "met") for number in range(8)]
    with pytest.raises(CutDiffers, match=r"; and 5 more \(`hepledger cut show`\)"):
        list(checked(cut_of(ROWS), What.LANDMARKS, many, "0.2.0"))


def test_a_cut_whose_facts_were_not_all_taken_in_says_so() -> None:
    check_reached(cut_of(ROWS), {0: 7, 1: 20})
    with pytest.raises(CutNotReached, match=r"offset 12 of partition 1.* below 11 .*hepledger project"):
        check_reached(cut_of(ROWS), {0: 7, 1: 11})
    with pytest.raises(CutNotReached):
        check_reached(cut_of(ROWS), {})


@pytest.mark.parametrize("name", ["dsmb-1", "2024-final", "Paper_2.rev3", "x", "a" * 64, "Q1-2024"])
def test_a_name_is_letters_digits_dots_underscores_and_hyphens(name: str) -> None:
    check_name(name)


@pytest.mark.parametrize("name", ["", "a b", "a/b", "a" * 65, "é", "a\n", "a@1"])
def test_another_name_is_wrong_usage(name: str) -> None:
    with pytest.raises(WrongUsage, match="no name for a data cut"):
        check_name(name)


@pytest.mark.parametrize("name", ["2024-03-01", "20240301", "2024", "2024-03", "2024-W10", "1.0"])
def test_a_name_that_reads_as_a_date_is_wrong_usage(name: str) -> None:
    with pytest.raises(WrongUsage, match="reads as a date"):
        check_name(name)


def test_a_cut_is_told_in_words() -> None:
    text = "\n".join(cut_lines(cut_of(ROWS)))
    assert "partition 0: below offset 7, partition 1: below offset 12" in text
    assert "up to 2024-03-31" in text
    assert "1 patients, each only up to where it was parked" in text
    assert Part(3, sealed(ROWS).whole.sha256).sha256 in text
