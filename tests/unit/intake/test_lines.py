"""Lines are cut as bytes, so that nothing of a file is lost or read at once."""

from __future__ import annotations

import codecs
from io import BytesIO
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hepledger.intake.lines import CHUNK, LINE_LIMIT, Encoding, Line, detect_encoding, read_lines, split_lines


def lines_of(raw: bytes, stated: str | None = None) -> list[Line]:
    return list(read_lines(BytesIO(raw), detect_encoding(raw, stated), raw))


@pytest.mark.parametrize(
    ("mark", "name"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
    ],
)
def test_a_byte_order_mark_says_the_encoding_and_is_no_part_of_the_text(mark: bytes, name: str) -> None:
    text = "Größe;ALT\nÄ;Ċ\n"  # U+010A has the byte of a line feed in it
    lines = lines_of(mark + text.encode(name))
    assert [line.text for line in lines] == text.splitlines(keepends=True)
    assert mark + b"".join(line.raw for line in lines) == mark + text.encode(name)


def test_without_a_mark_a_file_is_utf_8_unless_the_mapping_says_otherwise() -> None:
    assert detect_encoding(b"a").name == "utf-8"
    assert detect_encoding(b"a", "cp1252") == Encoding("cp1252")
    assert detect_encoding(codecs.BOM_UTF8 + b"a", "cp1252") == Encoding("utf-8", 3)


def test_a_line_that_cannot_be_decoded_is_one_bad_line() -> None:
    first, second, third = lines_of(b"good\nb\xe4d\nfine\n")
    assert (first.trouble, third.trouble) == (None, None)
    assert second.trouble == "byte 0xe4 at position 2 of the line, which is not utf-8"
    assert (second.number, second.raw) == (2, b"b\xe4d\n")


def test_the_same_line_is_good_in_its_own_encoding() -> None:
    assert lines_of(b"b\xe4d\n", "cp1252")[0].text == "bäd\n"


def test_a_nul_is_trouble() -> None:
    assert lines_of(b"a\0b\n")[0].trouble == "a NUL character"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_as_they_end(end: str) -> None:
    raw = f"a{end}b{end}c".encode()
    assert [line.raw for line in lines_of(raw)] == [f"a{end}".encode(), f"b{end}".encode(), b"c"]


def test_of_a_line_beyond_measure_only_the_beginning_is_kept() -> None:
    raw = b"short\n" + b"x" * (3 * LINE_LIMIT) + b"\nagain\n"
    first, long, last = lines_of(raw)
    assert (first.raw, last.raw, last.number) == (b"short\n", b"again\n", 3)
    assert len(long.raw) == LINE_LIMIT
    assert long.trouble == f"a line of {LINE_LIMIT} bytes or more"


def test_a_file_is_read_only_as_far_as_its_lines_are_wanted() -> None:
    stream = BytesIO(b"0123456789\n" * CHUNK)
    list(islice(split_lines(stream, b"\n"), 3))
    assert stream.tell() == CHUNK


@given(st.binary(max_size=200).map(lambda raw: raw.replace(b"z", b"\n")), st.sampled_from([b"\n", b"\n\0", b"\0\n"]))
def test_no_byte_is_lost(raw: bytes, end: bytes) -> None:
    lines = list(split_lines(BytesIO(raw), end))
    assert b"".join(lines) == raw
    assert all(line.endswith(end) and len(line) % len(end) == 0 for line in lines[:-1])
