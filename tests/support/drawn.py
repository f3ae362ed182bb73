"""Drawn examples: a small table of facts as a reader would draw it, and what the registry must answer to it.

The same text is run as a test and printed in the spec book. A row is one event, in the order of the log. Day 0 is 1 March 2024;
tacrolimus is started on it unless the table says otherwise.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

DAY_0 = date(2024, 3, 1)
FIRST_RECORDED = datetime(2025, 3, 1, tzinfo=UTC)
PATIENT = {"centre": "LEE", "patient": "LEE-001"}

UNITS = {
    "ALT": "U/L", "AST": "U/L", "ALP": "U/L", "GGT": "U/L", "BILI": "umol/L", "ALB": "g/L", "IGG": "g/L", "INR": "1",
    "PLT": "10*9/L", "CREA": "umol/L", "TAC": "ug/L",
}  # fmt: skip
LIMITS = {"ALT": "≤40", "AST": "≤40", "IGG": "≤16"}
"""Upper limits of a table that has no column for them."""

BASE = """
id = "drawn"
version = 1
title = "Drawn for the spec book"
citation = "none"
index = { drugs = ["tacrolimus"] }
baseline = { window = [-28, 0], choose = "last" }
"""
"""What a criteria fragment need not repeat."""

VALUE = re.compile(r"(?P<comparator>[<>≤≥]?)\s*(?P<value>-?[\d.]+)(?:\s+(?P<unit>\S+))?")
LIMIT = re.compile(r"(?P<comparator>[<≤]?)\s*(?P<value>-?[\d.]+)")
COMPARATORS = {"": "=", "≤": "<=", "≥": ">=", "<": "<", ">": ">"}

RESULTS = {
    "": ("lab_result_recorded", "final"),
    "result": ("lab_result_recorded", "final"),
    "preliminary": ("lab_result_recorded", "preliminary"),
    "amended": ("lab_result_recorded", "amended"),
    "correction": ("lab_result_corrected", "final"),
}
WORDS_ON_RESULTS = {"retraction": "lab_result_retracted", "finalisation": "lab_result_finalised"}
COLUMNS = frozenset(
    {"day", "result", "what", "reported", "flags", "limit", "drug", "until", "state", "onset", "unknown"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A rule as a sentence, the drawn facts, and answers to questions such as "refractory" or "baseline ALT".

    ``criteria`` is a fragment of a criteria document, or the name of a set that ships; empty: the chapter's.
    """

    rule: str
    facts: str
    criteria: str = ""
    answers: Mapping[str, str] = field(default_factory=dict)
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """Examples of one topic. ``text`` is what a reader should know before them, in Markdown."""

    title: str
    text: str
    examples: tuple[Example, ...]
    criteria: str = ""

    def criteria_of(self, example: Example) -> str:
        """The fragment or name that holds for an example."""
        return example.criteria or self.criteria


@dataclass(frozen=True, slots=True)
class Assessed:
    """What a row says of the course on its day; None: the table does not say."""

    on: date
    state: str
    onset_on: date | None
    unknown: str | None


Row = Mapping[str, str]


def rows_of(table: str) -> list[Row]:
    """The rows of a drawn table by the names of their columns. Raises ValueError on a column that means nothing."""
    lines = [line for line in table.splitlines() if line.strip()]
    header, *body = ([cell.strip() for cell in line.split("|")] for line in lines)
    for name in header:
        if name not in COLUMNS and name.removesuffix(" limit") not in UNITS:
            raise ValueError(f"no such column: {name}")
    return [dict(zip(header, cells, strict=True)) for cells in body]


def events_of(example: Example) -> list[dict[str, Any]]:
    """The submissions that a table draws, each with "event_id" (its row), "offset" and "recorded_at"."""
    said = [
        submission for number, row in enumerate(rows_of(example.facts), 1) for submission in _submissions(row, number)
    ]
    if not any(submission["data"].get("drug") == "tacrolimus" for _, submission in said):
        said.insert(0, ("00", _prescription({"day": "0", "drug": "tacrolimus"}, 0)))
    return [
        {
            **PATIENT,
            **submission,
            "event_id": event_id,
            "offset": offset,
            "recorded_at": FIRST_RECORDED + timedelta(minutes=offset),
        }
        for offset, (event_id, submission) in enumerate(said)
    ]


def expected_of(example: Example) -> list[Assessed] | None:
    """The assessments that a table draws, in day order; None if it has no column ``state``."""
    rows = rows_of(example.facts)
    if "state" not in rows[0]:
        return None
    assessed = [
        Assessed(
            on=date.fromisoformat(_written(row["day"])[:10]),
            state=row["state"],
            onset_on=DAY_0 + timedelta(days=int(row["onset"])) if row.get("onset") else None,
            unknown=row["unknown"].replace("/", "|") if "unknown" in row else None,
        )
        for row in rows
        if row["state"]
    ]
    return sorted(assessed, key=lambda each: each.on)


def document_of(fragment: str) -> dict[str, Any]:
    """The whole criteria document that a fragment stands for."""
    return tomllib.loads(BASE) | tomllib.loads(fragment, parse_float=Decimal)


def _submissions(row: Row, number: int) -> Iterator[tuple[str, dict[str, Any]]]:
    event_id, what = f"{number:02}", row.get("what", "")
    if row.get("drug"):
        yield event_id, _prescription(row, number)
    if what in ("death", "transplant"):
        yield event_id, {"type": f"{what}_recorded", "data": {"on": _written(row["day"])}}
    elif what == "enrolment":
        yield event_id, {"type": "patient_enrolled", "data": {"enrolled_on": _written(row["day"])}}
    elif what in WORDS_ON_RESULTS:
        reason = {"reason": "entered_in_error"} if what == "retraction" else {}
        data = {"result_id": row["result"], **reason, **_reported(row)}
        yield event_id, {"type": WORDS_ON_RESULTS[what], "data": data}
    else:
        for analyte in UNITS:
            if row.get(analyte):
                alone = sum(bool(row.get(name)) for name in ("drug", *UNITS)) == 1
                yield event_id if alone else event_id + analyte, _result(row, number, analyte)


def _result(row: Row, number: int, analyte: str) -> dict[str, Any]:
    type_, status = RESULTS[row.get("what", "")]
    stated = VALUE.fullmatch(row[analyte])
    if stated is None:
        raise ValueError(f"not a value: {row[analyte]}")
    data: dict[str, Any] = {
        "result_id": row.get("result") or f"{analyte}-{number}",
        "analyte": analyte,
        "value": stated["value"],
        "comparator": COMPARATORS[stated["comparator"]],
        "unit": stated["unit"] or UNITS[analyte],
        "status": status,
        "flags": row.get("flags", "").split(),
        **_limit(row, analyte),
        **_reported(row),
    }
    return {"type": type_, "occurred_at": _written(row["day"]), "data": data}


def _limit(row: Row, analyte: str) -> dict[str, Any]:
    columns = {"limit", f"{analyte} limit"} & row.keys()
    text = row[columns.pop()] if columns else LIMITS.get(analyte, "")
    stated = LIMIT.fullmatch(text)
    if stated is None:
        return {}
    return {"reference_high": {"value": stated["value"], "comparator": "<" if stated["comparator"] == "<" else "<="}}


def _prescription(row: Row, number: int) -> dict[str, Any]:
    data: dict[str, Any] = {
        "prescription_id": f"p{number}",
        "drug": row["drug"],
        "started_on": _written(row["day"]),
        "stopped_on": _written(row["until"]) if row.get("until") else None,
    }
    return {"type": "prescription_recorded", "occurred_at": _written(row["day"]), "data": data}


def _reported(row: Row) -> dict[str, str]:
    """``reported`` is a day, counted like the others; the hour is noon, UTC."""
    if not row.get("reported"):
        return {}
    return {"reported_at": f"{DAY_0 + timedelta(days=int(row['reported']))}T12:00:00+00:00"}


def _written(day: str) -> str:
    """A day as a source would write it; what is no number of days is taken as written."""
    return str(DAY_0 + timedelta(days=int(day))) if re.fullmatch(r"-?\d{1,3}", day) else day
