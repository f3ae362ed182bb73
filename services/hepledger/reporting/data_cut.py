"""A data cut: a name for what the registry answers from certain facts under certain criteria, with the hashes of that answer.

As a value here, and as the plain document that its event carries (``cut_created`` in ``hepledger_events``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from hepledger.reporting.columns import What
from hepledger.reporting.subjects import Extent
from hepledger_events.canonical import canonical_json


@dataclass(frozen=True, slots=True)
class Part:
    """Lines of an exported table: how many, and the SHA-256 of their bytes as CSV."""

    rows: int
    sha256: str


@dataclass(frozen=True, slots=True)
class SealedTable:
    """One exported table: of the whole file, header included, and of the lines of each centre."""

    whole: Part
    centres: Mapping[str, Part]


@dataclass(frozen=True, slots=True, kw_only=True)
class DataCut:
    """What a cut holds fast.

    ``offsets`` are those of each partition that are not in it any more, ``until`` is its last clinical day, ``parked`` are
    the patients (by key) of whom nothing from that offset on is in it. ``code_version`` is the program that made it.
    """

    name: str
    criteria: str
    version: int
    fingerprint: str
    offsets: Mapping[int, int]
    until: date | None
    parked: Mapping[str, int]
    code_version: str
    created_at: datetime
    tables: Mapping[What, SealedTable]

    @property
    def extent(self) -> Extent:
        """The facts that it is made of."""
        return Extent(self.offsets, None, None if self.until is None else self.until.toordinal(), self.parked)

    @property
    def sha256(self) -> str:
        """One hash of all tables: that of their hashes."""
        return sha256(
            canonical_json({what.value: self.tables[what].whole.sha256 for what in What}).encode()
        ).hexdigest()

    def with_tables(self, tables: Mapping[What, SealedTable]) -> DataCut:
        """The same cut, with what it answers."""
        return replace(self, tables=tables)

    def is_under(self, criteria: str, version: int) -> bool:
        """Whether these are the criteria that it was made under."""
        return (self.criteria, self.version) == (criteria, version)

    def document(self) -> dict[str, Any]:
        """What the log is told."""
        return {
            "name": self.name,
            "criteria": self.criteria,
            "version": self.version,
            "fingerprint": self.fingerprint,
            "offsets": [{"partition": at, "next_offset": offset} for at, offset in sorted(self.offsets.items())],
            "until": None if self.until is None else self.until.isoformat(),
            "parked": [{"patient": key, "from_offset": offset} for key, offset in sorted(self.parked.items())],
            "code_version": self.code_version,
            "created_at": self.created_at.isoformat(),
            "tables": {what.value: _sealed_document(self.tables[what]) for what in What},
            "sha256": self.sha256,
        }


def cut_from(document: Mapping[str, Any]) -> DataCut:
    """The cut of a document that `DataCut.document` gave."""
    until = document["until"]
    return DataCut(
        name=document["name"],
        criteria=document["criteria"],
        version=document["version"],
        fingerprint=document["fingerprint"],
        offsets={each["partition"]: each["next_offset"] for each in document["offsets"]},
        until=None if until is None else date.fromisoformat(until),
        parked={each["patient"]: each["from_offset"] for each in document["parked"]},
        code_version=document["code_version"],
        created_at=datetime.fromisoformat(document["created_at"]),
        tables={What(name): _sealed(table) for name, table in document["tables"].items()},
    )


def _sealed_document(table: SealedTable) -> dict[str, Any]:
    return {**_part_document(table.whole), "centres": {name: _part_document(p) for name, p in table.centres.items()}}


def _part_document(part: Part) -> dict[str, Any]:
    return {"rows": part.rows, "sha256": part.sha256}


def _sealed(table: Mapping[str, Any]) -> SealedTable:
    return SealedTable(_part(table), {centre: _part(part) for centre, part in table["centres"].items()})


def _part(part: Mapping[str, Any]) -> Part:
    return Part(part["rows"], part["sha256"])
