"""Rows keep their exact bytes, and a stray quotation mark costs one row."""

from __future__ import annotations

from io import BytesIO

import pytest

from hepledger.intake.lines import detect_encoding, read_lines
from hepledger.intake.rows import CsvRows, Row


def rows_of(raw: bytes, delimiter: str = ",") -> list[Row]:
    rows = CsvRows(read_lines(BytesIO(raw), detect_encoding(raw), raw), delimiter)
    rows.width = len(next(rows).cells)
    return list(rows)


def test_a_quoted_line_end_belongs_to_its_cell_and_to_the_bytes_of_its_row() -> None:
    first, second = rows_of(b'a,b\r\n"one\r\ntwo",1\r\nthree,2\r\n')
    assert first == Row(2, b'"one\r\ntwo",1\r\n', ["one\r\ntwo", "1"], None)
    assert (second.number, second.raw) == (4, b"three,2\r\n")


def test_blank_lines_and_lines_of_delimiters_are_no_rows() -> None:
    assert [row.number for row in rows_of(b"a,b\n\n1,2\n,\n  \n , \n3,4\n")] == [3, 7]


@pytest.mark.parametrize(("line", "cells"), [(b"1,2,3", 3), (b"1", 1)])
def test_a_row_with_more_or_fewer_cells_than_the_header_is_trouble(line: bytes, cells: int) -> None:
    ragged, good = rows_of(b"a,b\n" + line + b"\n5,6\n")
    assert ragged.trouble is not None
    assert (ragged.trouble.found, ragged.trouble.expected) == (f"{cells} cells", "2 cells, as in the header")
    assert (ragged.raw, good.cells, good.trouble) == (line + b"\n", ["5", "6"], None)


def test_delimiters_after_the_last_column_are_harmless() -> None:
    assert [row.cells for row in rows_of(b"a;b\n1;2;;\n3;4; \n", ";")] == [["1", "2"], ["3", "4"]]


def test_an_unclosed_quotation_mark_costs_only_the_row_it_stands_on() -> None:
    raw = b'a,b\n1,"x\n2,y\n3,z\n'
    bad, *good = rows_of(raw)
    assert (bad.number, bad.raw) == (2, b'1,"x\n')
    assert bad.trouble is not None
    assert [row.cells for row in good] == [["2", "y"], ["3", "z"]]


def test_two_stray_quotation_marks_do_not_swallow_the_rows_between() -> None:
    bad, middle, second, last = rows_of(b'a,b\n1,"x\n2,y\n3,"z\n4,w\n')
    assert (bad.raw, second.raw) == (b'1,"x\n', b'3,"z\n')
    assert (middle.cells, last.cells) == (["2", "y"], ["4", "w"])


def test_a_stray_mark_that_is_closed_rows_later_by_a_sound_cell_costs_one_row() -> None:
    bad, *good = rows_of(b'a,b\n1,"x\n2,y\n"3",z\n')
    assert bad.raw == b'1,"x\n'
    assert [row.cells for row in good] == [["2", "y"], ["3", "z"]]


def test_a_ragged_row_with_a_quoted_line_end_is_kept_whole() -> None:
    ragged, good = rows_of(b'a,b\n"one\ntwo",1,2\n3,4\n')
    assert ragged.raw == b'"one\ntwo",1,2\n'
    assert ragged.trouble is not None
    assert good.cells == ["3", "4"]


def test_a_file_whose_quotation_mark_is_never_closed_is_still_read_row_by_row() -> None:
    rows = rows_of(b'a,b\n1,"x\n' + b"2,y\n" * 100_000)
    assert len(rows) == 100_001
    assert sum(row.trouble is not None for row in rows) == 1


def test_every_byte_behind_the_header_is_in_some_row() -> None:
    raw = b'h,i\n1,"a\nb"\n2,"x\n3,4,5\n"6"7,8\n9,\xff\n'
    assert b"".join(row.raw for row in rows_of(raw)) == raw.removeprefix(b"h,i\n")


def test_a_quotation_mark_that_is_never_closed_is_told_as_one() -> None:
    bad, good = rows_of(b'a,b\n1,"x\n2,y\n')
    assert bad.trouble is not None
    assert (bad.raw, bad.trouble.found[:16]) == (b'1,"x\n', "a quotation mark")
    assert good.cells == ["2", "y"]


def test_a_mark_behind_a_closed_quotation_is_told_in_the_words_of_the_reader() -> None:
    bad, _ = rows_of(b'a,b\n"1"x,2\n3,4\n')
    assert bad.trouble is not None
    assert bad.trouble.found.startswith("text that is not CSV")
