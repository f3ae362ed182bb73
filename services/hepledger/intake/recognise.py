"""What a file is, by what is in it: names lie, and a centre's export is called what its export is called."""

from __future__ import annotations

import csv
import io
from enum import StrEnum
from itertools import islice
from pathlib import PurePath
from typing import Final

from hepledger.intake.lines import detect_encoding
from hepledger.intake.records import FileRefused, RowFault
from hepledger_events.faults import describe

SAMPLE: Final = 1 << 16
DELIMITERS: Final = (",", ";", "\t", "|")
_KINDS: Final = "NDJSON or CSV"
_ONE_A_LINE: Final = "NDJSON: one JSON object a line"

_MAGIC: Final = (
    (b"PK\x03\x04", "a ZIP archive or an Office document"),
    (b"\xd0\xcf\x11\xe0", "an old Office document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"%PDF", "a PDF document"),
    (b"SQLite format 3", "a SQLite database"),
    (b"PAR1", "a Parquet file"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive"),
)
_CONTROLS: Final = "".join(map(chr, range(32))).translate(str.maketrans("", "", "\t\n\r\x0b\x0c\x1c\x1d\x1e"))
_TOO_MANY: Final = 0.01


class Format(StrEnum):
    """The formats that a file may come in."""

    NDJSON = "ndjson"
    CSV = "csv"
    FHIR = "fhir"
    HL7 = "hl7"


class NotOurs(FileRefused):
    """A file that is nothing we know: in a folder it is passed over."""


def recognise(file: str, sample: bytes, encoding: str | None = None) -> Format:
    """The format of a file that begins with ``sample``; ``encoding`` is what the mapping says of it, if it does.

    Raises NotOurs for an empty or binary file and for text without any structure, FileRefused for a JSON document that is
    not one object a line.
    """
    text = readable(file, sample, encoding).lstrip()
    if text.startswith(("MSH|", "FHS|", "BHS|")):
        return Format.HL7
    if text.startswith(("{", "[")):
        return _json_format(file, text)
    return _table_format(file, text)


def readable(file: str, sample: bytes, encoding: str | None = None) -> str:
    """The text of a sample. Raises NotOurs for an empty file and a binary one."""
    for magic, meaning in _MAGIC:
        if sample.startswith(magic):
            raise NotOurs(RowFault(file, None, None, meaning, f"{_KINDS}, as text"))
    detected = detect_encoding(sample, encoding)
    text = sample[detected.mark :].decode(detected.name, errors="replace")
    if not text.strip():
        raise NotOurs(RowFault(file, None, None, "a file of blanks" if text else "an empty file", _KINDS))
    if sum(text.count(control) for control in _CONTROLS) > len(text) * _TOO_MANY:
        hint = " (UTF-16 needs its byte-order mark, or `encoding` in the mapping)" if _is_wide(sample) else ""
        raise NotOurs(RowFault(file, None, None, f"a binary file{hint}", f"{_KINDS}, as text"))
    return text


def _is_wide(sample: bytes) -> bool:
    """Whether nearly every second byte is a zero, as in Latin text of two bytes a letter."""
    return max(sample[::2].count(0), sample[1::2].count(0)) > 0.4 * len(sample)


def _json_format(file: str, text: str) -> Format:
    if '"resourceType"' in text:
        return Format.FHIR
    if text.startswith("["):
        raise FileRefused(RowFault(file, 1, None, "a JSON list", _ONE_A_LINE))
    if text.splitlines()[0].strip() == "{":
        raise FileRefused(RowFault(file, 1, None, "a JSON document over several lines", _ONE_A_LINE))
    return Format.NDJSON


def _table_format(file: str, text: str) -> Format:
    match PurePath(file).suffix.lower():
        case ".csv" | ".tsv":
            return Format.CSV
        case ".ndjson" | ".jsonl":
            return Format.NDJSON
        case ".toml" | ".md":  # a mapping or a note that lies beside the data
            raise NotOurs(RowFault(file, 1, None, describe(text.splitlines()[0]), _KINDS))
    if any(_is_table(text, delimiter) for delimiter in DELIMITERS):
        return Format.CSV
    raise NotOurs(RowFault(file, 1, None, describe(text.splitlines()[0]), _KINDS))


def _is_table(text: str, delimiter: str) -> bool:
    """Whether the first two rows have the same cells, more than one: prose seldom does."""
    try:
        first, second = (
            len(cells) for cells in islice(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), 2)
        )
    except (csv.Error, ValueError):
        return False
    return first == second > 1
