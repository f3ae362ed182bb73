"""The door for NDJSON: one submission a line, in the registry's own words, so that a line is only taken apart here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, BinaryIO, Final

from hepledger.intake.lines import Encoding, Line, decode_line, detect_encoding, read_lines
from hepledger.intake.records import Candidate, Context, RawRecord, Reading, Rejection, Unreadable
from hepledger_events.canonical import canonical_json
from hepledger_events.faults import describe

DOOR: Final = "ndjson"


def read_ndjson(stream: BinaryIO, file: str, sample: bytes) -> Iterator[Reading]:
    """What each line of a stream that begins with ``sample`` says; blank lines say nothing."""
    encoding = detect_encoding(sample)
    context = _context(encoding)
    for line in read_lines(stream, encoding, sample):
        if not line.text.isspace():
            yield _parse(line, RawRecord(door=DOOR, file=file, row=line.number, raw=line.raw, context=context))


def reread(record: RawRecord) -> Iterator[Reading]:
    """Read a kept line again."""
    encoding = record.context.load().get("encoding", "utf-8")
    yield _parse(decode_line(record.row, record.raw, encoding), record)


def _parse(line: Line, record: RawRecord) -> Candidate | Rejection:
    if line.trouble is not None:
        return Rejection(record, (record.fault(None, line.trouble, "a JSON object in readable text"),))
    try:
        loaded = json.loads(line.text, object_pairs_hook=_object, parse_constant=_constant)
    except Unreadable as error:
        fault = record.fault(None, "JSON that another reader would understand otherwise", error.expected)
        return Candidate(record, _as_object(json.loads(line.text)), {"": fault})
    except json.JSONDecodeError as error:
        found = f"text that is not JSON ({error.msg} at position {error.pos + 1})"
        return Rejection(record, (record.fault(None, found, "a JSON object in one line"),))
    except (ValueError, RecursionError):
        return Rejection(record, (record.fault(None, "JSON beyond all measure", "a JSON object of an ordinary size"),))
    if not isinstance(loaded, dict):
        return Rejection(record, (record.fault(None, describe(loaded), "a JSON object"),))
    return Candidate(record, loaded)


def _as_object(loaded: object) -> dict[str, Any]:
    return loaded if isinstance(loaded, dict) else {}


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose keys are each there once: of two, JSON readers silently keep the last."""
    keys = dict(pairs)
    if len(keys) != len(pairs):
        names = [name for name, _ in pairs]
        repeated = next(name for name in names if names.count(name) > 1)
        raise Unreadable(f"the key {repeated!r} once")
    return keys


def _constant(name: str) -> Any:
    raise Unreadable(f"a number where {name} stands")


def _context(encoding: Encoding) -> Context:
    document = canonical_json({"encoding": encoding.name})
    return Context("" if encoding.name == "utf-8" else document, document)
