"""Whatever a file or a mapping holds, the answer is a value or a refusal, and no byte is unaccounted for."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from hepledger.intake.csv import open_table
from hepledger.intake.mapping import InvalidMapping, parse_mapping
from hepledger.intake.ndjson import read_ndjson
from hepledger.intake.normalise import normalise
from hepledger.intake.recognise import recognise
from hepledger.intake.records import FileRefused
from tests.support.intake import HEADER, mapping

PIECES = [
    '"',
    ",",
    "\n",
    "\r\n",
    "\r",
    "\0",
    "P",
    "1",
    "2024-03-01",
    "<5",
    "10-45",
    " ",
    "ä",
    "\ufeff",
    "{",
    "}",
    ":",
    "[",
    "\\u0000",
]
TEXT = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)
BYTES = st.one_of(st.binary(max_size=80), TEXT.map(str.encode), TEXT.map(lambda text: text.encode("utf-16")))
MAPPING = mapping()

WORDS = st.sampled_from(
    [
        "",
        "*",
        "ALT",
        "U/L",
        "{",
        "{A}",
        "a/{B}",
        "%Y",
        "%d",
        "utf-8",
        "zip",
        "hex",
        ".",
        ",",
        "+01:00",
        "lab_result_recorded",
        "PAT",
    ]
)
KEYS = st.sampled_from(
    [
        "type",
        "name",
        "match",
        "encoding",
        "delimiter",
        "decimal",
        "thousands",
        "dates",
        "timezone",
        "list_separator",
        "columns",
        "fixed",
        "codes",
        "ignore",
        "skip_when_empty",
        "patient",
        "analyte",
        "value",
        "unit",
        "file",
        "title",
    ]
)
TOML: st.SearchStrategy[Any] = st.recursive(
    WORDS | st.integers() | st.floats() | st.booleans() | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=12,
)


@given(BYTES)
def test_every_byte_of_a_table_is_in_a_record_but_blanks_and_delimiters(rest: bytes) -> None:
    raw = HEADER.encode() + rest
    readings = list(open_table(BytesIO(raw), "labs.csv", raw, MAPPING).read())
    for reading in readings:
        normalise(reading, "LEE")
    kept = b"".join(reading.record.raw for reading in readings)
    assert _without_blanks(kept) == _without_blanks(rest)


@given(BYTES)
def test_any_bytes_are_a_table_or_refused_with_a_reason(raw: bytes) -> None:
    assert refused(lambda: list(open_table(BytesIO(raw), "labs.csv", raw, MAPPING).read())) != ()


@given(BYTES)
def test_any_bytes_are_lines_that_go_in_or_are_refused_with_a_reason(raw: bytes) -> None:
    for reading in read_ndjson(BytesIO(raw), "in.ndjson", raw):
        normalise(reading, "LEE")


@given(BYTES, st.sampled_from(["labs.csv", "labs.ndjson", "labs"]))
def test_any_bytes_are_of_a_format_or_refused_with_a_reason(raw: bytes, file: str) -> None:
    assert refused(lambda: recognise(file, raw)) != ()


@given(st.dictionaries(KEYS, TOML, max_size=4), st.dictionaries(KEYS, TOML, max_size=6))
def test_any_document_is_a_mapping_or_refused_with_all_reasons(document: dict[str, Any], block: dict[str, Any]) -> None:
    assert refused(lambda: parse_mapping(document)) != ()
    assert refused(lambda: parse_mapping({"file": [block]})) != ()
    assert refused(lambda: parse_mapping({"file": [{"type": "lab_result_recorded", **block}]})) != ()


def refused(read: Callable[[], object]) -> tuple[object, ...] | None:
    """The faults for which an input is refused; None where it is not."""
    try:
        read()
    except (FileRefused, InvalidMapping) as refusal:
        return refusal.faults
    return None


def _without_blanks(raw: bytes) -> bytes:
    """What is left when what a blank row is made of is taken away."""
    return raw.translate(None, b', "\r\n\t\x0b\x0c\x1c\x1d\x1e\x1f')
