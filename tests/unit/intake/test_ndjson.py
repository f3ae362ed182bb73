"""The door for NDJSON: a line is a submission, or a refused record with all its faults."""

from __future__ import annotations

import json
from io import BytesIO

import pytest

from hepledger.intake.ndjson import read_ndjson, reread
from hepledger.intake.normalise import Accepted, Normal, normalise
from hepledger.intake.records import Rejection
from tests.support.builders import lab
from tests.support.intake import faults, ndjson


def normal(raw: bytes, centre: str | None = None) -> list[Normal]:
    """What becomes of each line."""
    return [normalise(reading, centre) for reading in read_ndjson(BytesIO(raw), "in.ndjson", raw)]


def test_a_line_is_a_submission_and_blank_lines_are_none() -> None:
    first, second = normal(ndjson([lab(day="2024-03-01")]) + b"\n  \r\n" + ndjson([lab(day="2024-03-02")]))
    assert isinstance(first, Accepted)
    assert isinstance(second, Accepted)
    assert (first.record.row, second.record.row) == (1, 4)


def test_the_centre_is_filled_in_only_where_a_line_names_none() -> None:
    without = {key: value for key, value in lab().items() if key != "centre"}
    named, filled = normal(ndjson([lab(centre="LEE"), without]), "YRK")
    assert isinstance(named, Accepted)
    assert isinstance(filled, Accepted)
    assert (named.submission.centre, filled.submission.centre) == ("LEE", "YRK")


def test_without_a_centre_the_fault_says_how_to_give_one() -> None:
    (item,) = normal(ndjson([{key: value for key, value in lab().items() if key != "centre"}]))
    ((place, _, expected),) = faults(item)
    assert place == "centre"
    assert "--centre" in expected


def test_all_faults_of_a_line_are_told_at_once() -> None:
    bad = lab()
    bad["colour"] = "blue"
    bad["patient"] = 7
    del bad["occurred_at"]
    bad["data"] |= {"value": 3.3, "unit": "u/L", "haste": True, "reference_high": {"value": "x"}}
    (item,) = normal(ndjson([bad]))
    assert {place for place, _, _ in faults(item)} == {
        "colour",
        "patient",
        "occurred_at",
        "data.value",
        "data.unit",
        "data.haste",
        "data.reference_high.value",
    }


@pytest.mark.parametrize(
    "line",
    [
        b"{",
        b"null",
        b"[]",
        b"7",
        b'"text"',
        b"{} {}",
        b'{"type": "x"',
        b"{'type': 'x'}",
        b"\xff\xfe",
        b'{"a": "\xe4"}',
        b'{"a": "b\x00"}',
        b"[" * 100_000,
        b'{"a": ' + b"9" * 5000 + b"}",
        b'{"a": "\\ud800"}',
        b'{"a": NaN}',
        b"nonsense",
    ],
)
def test_a_broken_line_is_refused_alone_with_its_bytes(line: bytes) -> None:
    good = ndjson([lab()])
    first, bad, last = normal(good + line + b"\n" + good)
    assert isinstance(first, Accepted)
    assert isinstance(last, Accepted)
    assert isinstance(bad, Rejection)
    assert bad.record.raw == line + b"\n"
    assert faults(bad)


def test_a_key_that_is_there_twice_is_refused_and_the_other_faults_are_told_with_it() -> None:
    line = json.dumps(lab(unit="u/L")).replace('"value": "412"', '"value": "412", "value": "41"').encode()
    (item,) = normal(line)
    assert faults(item)[0][::2] == (None, "the key 'value' once")
    assert "data.unit" in {place for place, _, _ in faults(item)}


def test_an_unknown_type_is_told_with_the_known_ones() -> None:
    (item,) = normal(ndjson([{**lab(), "type": "lab_result"}]))
    ((place, found, expected),) = faults(item)
    assert (place, found) == ("type", "'lab_result'")
    assert "lab_result_recorded" in expected


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_a_file_may_carry_a_byte_order_mark(encoding: str) -> None:
    text = json.dumps(lab(patient="Ä-1"), ensure_ascii=False) + "\n"
    mark = "\ufeff" if encoding == "utf-16-le" else ""
    (item,) = normal((mark + text).encode(encoding))
    assert isinstance(item, Accepted)
    assert item.submission.patient == "Ä-1"
    (again,) = reread(item.record)
    assert isinstance(normalise(again, None), Accepted)
