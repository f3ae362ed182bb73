"""Delivered NDJSON as the engine and the oracle want it: each patient's events, and the courses they make."""

from __future__ import annotations

import json
import tomllib
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from hepledger.clinical import criteria_checks
from hepledger.clinical.course import Course, derive
from hepledger.clinical.criteria import criteria_from
from hepledger.clinical.facts import microseconds, version_from
from hepledger_events.criteria import canonical_document, parse_criteria
from hepledger_events.reported import parse_submission

RECORDED_AT = datetime(2025, 1, 1, tzinfo=UTC)
SETS = Path(criteria_checks.__file__).parent / "criteria_sets"


def events_in(files: Iterable[bytes]) -> dict[str, list[dict[str, Any]]]:
    """Patient → events as the oracle reads them, in the order of the files; all recorded at one moment."""
    events: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for offset, line in enumerate(line for content in files for line in content.splitlines()):
        said = json.loads(line)
        event_id = f"00000000-0000-0000-0000-{offset:012d}"
        events[said["patient"]].append({**said, "offset": offset, "event_id": event_id, "recorded_at": RECORDED_AT})
    return dict(events)


def document_of_set(name: str) -> dict[str, Any]:
    """A shipped criteria document, as its TOML says it."""
    return tomllib.loads((SETS / f"{name}.toml").read_text("utf-8"), parse_float=Decimal)


def course_of(events: Iterable[dict[str, Any]], criteria: str) -> Course:
    """The course that the engine derives from one patient's events under a shipped criteria set."""
    versions = []
    for event in events:
        said = parse_submission({k: v for k, v in event.items() if k not in ("offset", "event_id", "recorded_at")})
        told = {"offset": event["offset"], "event_id": event["event_id"], "occurred_at": said.occurred_at}
        recorded_at = microseconds(event["recorded_at"])
        versions.append(version_from(said.type, said.content(), recorded_at=recorded_at, **told))
    return derive(versions, criteria_from(canonical_document(parse_criteria(document_of_set(criteria)))))
