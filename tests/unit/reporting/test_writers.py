"""The files that exports become."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from hepledger.errors import WrongUsage
from hepledger.reporting.columns import Column, Kind, Row
from hepledger.reporting.writers import NotWritten, write_table

COLUMNS = (
    Column("patient"),
    Column("day", Kind.WHOLE),
    Column("date", Kind.DATE),
    Column("entered", Kind.TRUTH),
    Column("times_uln", Kind.DECIMAL),
    Column("recorded_at", Kind.MOMENT),
)
MOMENT = datetime(2024, 3, 1, 12, tzinfo=UTC)
ROWS: list[Row] = [
    ('LEE-"001", ü', 7, date(2024, 3, 1), True, Decimal("6.0000"), MOMENT),
    ("LEE-002", None, None, None, None, None),
]


def test_csv_has_a_header_line_feeds_and_empty_cells_for_what_is_not_there(tmp_path: Path) -> None:
    assert write_table(tmp_path / "t.csv", COLUMNS, ROWS) == 2
    assert (tmp_path / "t.csv").read_bytes().decode() == (
        "patient,day,date,entered,times_uln,recorded_at\n"
        '"LEE-""001"", ü",7,2024-03-01,true,6.0000,2024-03-01T12:00:00+00:00\n'
        "LEE-002,,,,,\n"
    )


def test_ndjson_has_one_object_a_line_with_null_for_what_is_not_there(tmp_path: Path) -> None:
    write_table(tmp_path / "t.ndjson", COLUMNS, ROWS)
    first, second = map(json.loads, (tmp_path / "t.ndjson").read_text("utf-8").splitlines())
    assert first == {
        "patient": 'LEE-"001", ü',
        "day": 7,
        "date": "2024-03-01",
        "entered": True,
        "times_uln": "6.0000",
        "recorded_at": "2024-03-01T12:00:00+00:00",
    }
    assert second["entered"] is None


def test_parquet_has_typed_columns(tmp_path: Path) -> None:
    write_table(tmp_path / "t.parquet", COLUMNS, ROWS)
    table = pq.read_table(tmp_path / "t.parquet")
    assert [tuple(row.values()) for row in table.to_pylist()] == ROWS


@pytest.mark.parametrize("name", ["t.csv", "t.ndjson", "t.parquet"])
def test_no_row_is_a_file_too(tmp_path: Path, name: str) -> None:
    assert write_table(tmp_path / name, COLUMNS, []) == 0
    assert (tmp_path / name).exists()


@pytest.mark.parametrize("name", ["t.xlsx", "t", "t.csv.gz"])
def test_an_unknown_extension_is_refused_with_the_list(tmp_path: Path, name: str) -> None:
    with pytest.raises(WrongUsage, match=r"\.csv, \.parquet, \.ndjson"):
        write_table(tmp_path / name, COLUMNS, ROWS)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(WrongUsage, match="no folder"):
        write_table(tmp_path / "missing" / "t.csv", COLUMNS, ROWS)


@pytest.mark.parametrize("name", ["t.csv", "t.ndjson", "t.parquet"])
def test_a_failure_on_the_way_leaves_the_earlier_file_and_nothing_else(tmp_path: Path, name: str) -> None:
    target = tmp_path / name
    target.write_text("what was there")
    with pytest.raises(RuntimeError):
        write_table(target, COLUMNS, _breaking_off())
    assert target.read_text() == "what was there"
    assert [path.name for path in tmp_path.iterdir()] == [name]


def _breaking_off() -> Iterator[Row]:
    yield ROWS[0]
    raise RuntimeError("the database went away")


def test_a_place_that_cannot_be_written_to_is_told_by_the_name_the_user_gave(tmp_path: Path) -> None:
    name = "x" * 250 + ".csv"  # longer than a file system takes, once the marks of a half-made file are added
    with pytest.raises(NotWritten) as refused:
        write_table(tmp_path / name, COLUMNS, ROWS)
    assert str(refused.value).startswith(f"{tmp_path / name} could not be written: ")
    assert ".part" not in str(refused.value)


def test_a_name_without_a_file_in_it_is_refused_as_it_was_given() -> None:
    with pytest.raises(WrongUsage, match=r"^\.: the end of the file"):
        write_table(Path(), COLUMNS, ROWS)
