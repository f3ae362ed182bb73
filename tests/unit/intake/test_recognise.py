"""What a file is, is decided by what is in it."""

from __future__ import annotations

import pytest

from hepledger.intake.recognise import Format, NotOurs, recognise
from hepledger.intake.records import FileRefused


@pytest.mark.parametrize(
    ("file", "sample", "format_"),
    [
        ("export.dat", b'{"type": "lab_result_recorded"}\n', Format.NDJSON),
        ("labs.csv", b'\xef\xbb\xbf{"type": "x"}\n', Format.NDJSON),
        ("labs.ndjson", b"A,B\n1,2\n", Format.NDJSON),
        ("export.dat", b"A;B\n1;2\n", Format.CSV),
        ("export", b'"A, or so"\tB\n1\t2\n', Format.CSV),
        ("labs.csv", b"A\n1\n", Format.CSV),
        ("labs.csv", "A;B\n".encode("utf-16"), Format.CSV),
        ("bundle.ndjson", b'{\n  "resourceType": "Bundle"}', Format.FHIR),
        ("bulk.ndjson", b'\xef\xbb\xbf{"resourceType":"Observation"}\n', Format.FHIR),
        ("message.txt", b"\r\nMSH|^~\\&|LAB\r", Format.HL7),
        ("message.txt", b"\x0bMSH|^~\\&|LAB\r", Format.HL7),
    ],
)
def test_a_format_is_recognised_by_content(file: str, sample: bytes, format_: Format) -> None:
    assert recognise(file, sample) is format_


@pytest.mark.parametrize(
    ("sample", "found"),
    [
        (b"", "an empty file"),
        (b"\n \r\n", "a file of blanks"),
        (b"PK\x03\x04rest", "a ZIP archive"),
        (b"\x1f\x8b\x08", "a gzip archive"),
        (bytes(range(256)) * 10, "a binary file"),
        ("A;B\n".encode("utf-16-le"), "a binary file (UTF-16"),
        (b"A note to ourselves, about the data\n\nIt came late.\n", "'A note"),
        (b"just words", "'just words'"),
    ],
)
def test_what_is_nothing_of_ours_is_said_so(sample: bytes, found: str) -> None:
    with pytest.raises(NotOurs) as raised:
        recognise("file", sample)
    assert raised.value.faults[0].found.startswith(found)


def test_utf_16_without_a_mark_is_text_where_the_mapping_says_so() -> None:
    assert recognise("labs.csv", "A;B\n".encode("utf-16-le"), "utf-16-le") is Format.CSV


@pytest.mark.parametrize("sample", [b'[{"type": "x"}]', b'{\n  "type": "x"\n}\n'])
def test_json_that_is_not_one_object_a_line_is_refused_with_what_was_expected(sample: bytes) -> None:
    with pytest.raises(FileRefused, match="one JSON object a line") as raised:
        recognise("in.ndjson", sample)
    assert not isinstance(raised.value, NotOurs)
