"""An intake to send files to, on a database of its own, and mappings written in the test."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from hepledger.database import make_engine, sqlite_url, writing
from hepledger.intake.csv import open_table
from hepledger.intake.doors import IngestRequest
from hepledger.intake.ingest import ingest
from hepledger.intake.mapping import CentreMapping, parse_mapping
from hepledger.intake.normalise import Accepted, Normal, normalise
from hepledger.intake.records import Reading, Rejection
from hepledger.intake.report import IngestReport
from hepledger.intake.submit import Intake
from hepledger.log.memory import MemoryLog
from hepledger.state.quarantine import QuarantineStore
from hepledger.tables import METADATA
from hepledger_events.codec import decode
from hepledger_events.envelope import Envelope
from hepledger_events.streams import REPORTED

NOON = datetime(2024, 6, 1, 12, tzinfo=UTC)

LABS = """
[[file]]
type = "lab_result_recorded"
[file.columns]
patient = "PAT"
result_id = "ID"
occurred_at = "DAY"
value = "ALT"
reference_high = "LIMIT"
[file.fixed]
analyte = "ALT"
unit = "U/L"
"""
HEADER = "PAT,ID,DAY,ALT,LIMIT\n"


def mapping(toml: str = LABS) -> CentreMapping:
    """The mapping that a TOML text states."""
    return parse_mapping(tomllib.loads(toml))


def readings(table: str | bytes, toml: str = LABS, file: str = "labs.csv") -> list[Reading]:
    """What the door for CSV makes of a table."""
    raw = table.encode() if isinstance(table, str) else table
    return list(open_table(BytesIO(raw), file, raw, mapping(toml)).read())


def normal(table: str | bytes, toml: str = LABS, file: str = "labs.csv") -> list[Normal]:
    """What becomes of each record of a table of centre LEE."""
    return [normalise(reading, "LEE") for reading in readings(table, toml, file)]


def content(item: Normal) -> dict[str, Any]:
    """What an accepted record says."""
    assert isinstance(item, Accepted), item
    return item.submission.content()


def faults(item: Normal) -> list[tuple[str | None, str, str]]:
    """The faults of a refused record: column, found, expected."""
    assert isinstance(item, Rejection), item
    return [(fault.column, fault.found, fault.expected) for fault in item.faults]


def ndjson(submissions: Iterable[Mapping[str, Any]]) -> bytes:
    """Submissions as a file, a line each."""
    return b"".join(json.dumps(submission, ensure_ascii=False).encode() + b"\n" for submission in submissions)


@dataclass(frozen=True, slots=True)
class Desk:
    """An intake at hand: its log in memory, its quarantine on disk, its clock at noon."""

    log: MemoryLog
    quarantine: QuarantineStore
    intake: Intake

    def ingest(self, *paths: Path, **wanted: Any) -> IngestReport:
        """Files go in, by default for centre LEE."""
        return ingest(self.intake, paths, IngestRequest(**{"centre": "LEE", **wanted}))

    def events(self) -> list[Envelope]:
        """All that went in."""
        return [decode(entry.payload) for entry in self.log.read(0, 0, 1_000_000)]


@contextmanager
def desk_in(folder: Path) -> Iterator[Desk]:
    """A desk whose database is in the folder."""
    engine = make_engine(sqlite_url(folder / "registry.db"))
    with writing(engine) as connection:
        METADATA.create_all(connection)
    log, quarantine = MemoryLog(REPORTED), QuarantineStore(engine)
    yield Desk(log, quarantine, Intake(log, quarantine, lambda: NOON))
    engine.dispose()
