"""The door for criteria documents: a TOML file is read whole, and all its faults are told at once with their places."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from hepledger.clinical.criteria_checks import faults_of
from hepledger.errors import InputRefused
from hepledger_events.criteria import InvalidCriteria, canonical_document, fingerprint, parse_criteria

LINE = re.compile(r"(.*) \(at line (\d+), column (\d+)\)")


@dataclass(frozen=True, slots=True)
class DocumentFault:
    """One thing to mend: its place in the file, what stands there, what was expected."""

    place: str
    found: str
    expected: str

    def __str__(self) -> str:
        return f"{self.place}: found {self.found}; expected {self.expected}"


class CriteriaRefused(InputRefused):
    """The criteria document cannot be used."""

    def __init__(self, name: str, faults: tuple[DocumentFault, ...]) -> None:
        self.name, self.faults = name, faults
        number = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
        super().__init__(f"{name} has {number}\n" + "\n".join(f"  {fault}" for fault in faults))


@dataclass(frozen=True, slots=True, kw_only=True)
class CriteriaFile:
    """A valid document: ``document`` is the canonical form that the fingerprint proves."""

    id: str
    version: int
    title: str
    fingerprint: str
    document: dict[str, Any]


def read_criteria(raw: bytes, name: str) -> CriteriaFile:
    """The document of a TOML file. Raises CriteriaRefused with every fault; ``name`` is what the file is called in it."""
    table = _table(raw, name)
    faults = {(fault.place, fault.expected): fault for fault in _faults(table)}
    if faults:
        raise CriteriaRefused(name, tuple(faults.values()))
    parsed = parse_criteria(table)
    document = canonical_document(parsed)
    return CriteriaFile(
        id=parsed.id,
        version=parsed.version,
        title=document.get("title", ""),
        fingerprint=fingerprint(parsed),
        document=document,
    )


def _table(raw: bytes, name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(raw.decode("utf-8-sig"), parse_float=Decimal)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        fault = DocumentFault(f"line {line}", f"byte 0x{raw[error.start]:02x}", "text in UTF-8")
    except tomllib.TOMLDecodeError as error:
        match = LINE.fullmatch(str(error))
        place = f"line {match[2]}, column {match[3]}" if match else "the end of the file"
        fault = DocumentFault(place, (match[1] if match else str(error)), "TOML")
    raise CriteriaRefused(name, (fault,))


def _faults(table: dict[str, Any]) -> Iterator[DocumentFault]:
    try:
        parse_criteria(table)
    except InvalidCriteria as refused:
        yield from (DocumentFault(fault.place, fault.found, fault.expected) for fault in refused.faults)
    yield from (DocumentFault(fault.place, fault.found, fault.expected) for fault in faults_of(table))
