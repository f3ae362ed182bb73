"""The worked examples: courses under `hegade-2011`, kept as data so that other programs can be held to them too."""

from __future__ import annotations

import csv
from itertools import groupby
from pathlib import Path

from tests.support.drawn import Chapter, Example

FILE = Path(__file__).with_name("worked_examples.csv")
COLUMNS = ("day", "ALT", "limit", "state", "onset")


def _examples() -> tuple[Example, ...]:
    with FILE.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    return tuple(_example(name, list(members)) for name, members in groupby(rows, key=lambda row: row["example"]))


def _example(name: str, rows: list[dict[str, str]]) -> Example:
    drawn = [" | ".join(COLUMNS)]
    for row in rows:
        onset = row["note"].removeprefix("onset day ") if row["note"].startswith("onset day ") else ""
        drawn.append(" | ".join((row["day"], row["alt"], row["uln"].replace("<=", "≤"), row["state"], onset)))
    return Example(rule=f"{name}: {rows[0]['note']}", facts="\n".join(drawn))


CHAPTER = Chapter(
    title="Worked examples",
    text="""
Whole courses under the definitions of the published series. The same rows stand in `tests/spec/worked_examples.csv`.
""",
    criteria="hegade-2011",
    examples=_examples(),
)
