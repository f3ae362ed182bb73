"""Tables for a terminal."""

from __future__ import annotations

from hepledger.reporting.text_table import aligned


def test_columns_are_aligned_and_numbers_stand_to_the_right() -> None:
    assert list(aligned(("state", "now"), [("CR", 12), ("start", 3)])) == ["state  now", "CR      12", "start    3"]


def test_a_cell_is_one_line_and_nothing_is_an_empty_one() -> None:
    assert list(aligned(("a", "b"), [("x\ny", None)])) == ["a    b", "x y"]


def test_a_table_without_rows_has_its_header() -> None:
    assert list(aligned(("a", "b"), [])) == ["a  b"]
