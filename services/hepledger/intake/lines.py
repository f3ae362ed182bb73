"""A file as numbered lines of text beside their exact bytes, read as a stream: memory does not grow with the file.

Lines are cut as bytes, in the width of the encoding's unit, so that a line that cannot be decoded is one bad line and not a bad file.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final, NamedTuple

CHUNK: Final = 1 << 18
LINE_LIMIT: Final = 1 << 20
"""A longer line is no record of ours: it is cut here, told, and its rest passed over."""

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SAME: Final = {"utf-8-sig": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}


@dataclass(frozen=True, slots=True)
class Encoding:
    """A codec and how many bytes of byte-order mark stand before the text."""

    name: str
    mark: int = 0


class Line(NamedTuple):
    """One line: its number from 1, its bytes and its text (both with their line end), and why it cannot be trusted, if so."""

    number: int
    raw: bytes
    text: str
    trouble: str | None


def detect_encoding(sample: bytes, stated: str | None = None) -> Encoding:
    """The encoding of a file that begins with the sample: that of its byte-order mark, else the one stated, else UTF-8."""
    for mark, name in _MARKS:
        if sample.startswith(mark):
            return Encoding(name, len(mark))
    return Encoding(_plain(stated) if stated else "utf-8")


def read_lines(stream: BinaryIO, encoding: Encoding, sample: bytes) -> Iterator[Line]:
    """The lines of a stream that stands at its beginning; ``sample`` shows how its lines end (CR, where there is no LF)."""
    stream.seek(encoding.mark)
    end = "\n".encode(encoding.name)
    if end not in sample and "\r".encode(encoding.name) in sample:
        end = "\r".encode(encoding.name)
    for number, raw in enumerate(split_lines(stream, end), start=1):
        yield decode_line(number, raw, encoding.name)


def decode_line(number: int, raw: bytes, encoding: str) -> Line:
    """The text of one line; what cannot be decoded is replaced and told."""
    trouble = None
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        text = raw.decode(encoding, errors="replace")
        trouble = f"byte 0x{raw[error.start]:02x} at position {error.start + 1} of the line, which is not {encoding}"
    if "\0" in text:
        trouble = trouble or "a NUL character"
    if len(raw) >= LINE_LIMIT:
        trouble = f"a line of {LINE_LIMIT} bytes or more"
    return Line(number, raw, text, trouble)


def split_lines(stream: BinaryIO, end: bytes) -> Iterator[bytes]:
    """The bytes of each line with its end; of a line beyond LINE_LIMIT only the beginning."""
    held, skipping = b"", False
    while chunk := stream.read(CHUNK):
        held += chunk
        start = 0
        while (stop := _find_end(held, end, start)) > 0:
            if not skipping:
                yield held[start:stop][:LINE_LIMIT]
            start, skipping = stop, False
        held = held[start:]
        if len(held) >= LINE_LIMIT + CHUNK:
            if not skipping:
                yield held[:LINE_LIMIT]
            held, skipping = held[len(held) - len(held) % len(end) :], True
    if held and not skipping:
        yield held[:LINE_LIMIT]


def _find_end(held: bytes, end: bytes, start: int) -> int:
    """The index behind the next line end at or after ``start`` that lies on a unit of the encoding; 0 if there is none."""
    width = len(end)
    found = held.find(end, start)
    while found >= 0 and (found - start) % width:
        found = held.find(end, found + 1)
    return found + width if found >= 0 else 0


def _plain(name: str) -> str:
    canonical = codecs.lookup(name).name
    return _SAME.get(canonical, canonical)
