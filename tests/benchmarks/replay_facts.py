"""The facts as a rival takes them out of the database: narrow columns of whole numbers, by two COPYs in binary form at once.

Every field has its width, so the answer is an array as it stands, and nothing is parsed. PostgreSQL's own client receives it: the
driver hands over row by row, which takes three times as long.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple

import numpy as np
import psycopg
from numpy.typing import NDArray

from tests.support.server_postgresql import binaries
from tests.support.server_program import Unavailable

Numbers = NDArray[Any]

START, CR, PR, NR, UD, RP = range(6)
STATES: Final = ("start", "CR", "PR", "NR", "UD", "RP")


NO_BEST: Final = 7


class States(NamedTuple):
    """The answer: the numbers of patients who have a course; the present state of each, the day (ordinal) it is told of since, the
    best one, and how many relapses there were. Without a state ``since`` says nothing, and ``best`` is NO_BEST."""

    patient: Numbers
    state: Numbers
    since: Numbers
    best: Numbers
    relapses: Numbers


class Facts(NamedTuple):
    """A column each; ``fact`` is the same for all versions of one result or prescription.

    Of a prescription (``kind`` 2) ``value`` is 1 if it is of tacrolimus, and 0 if not.
    """

    patient: Numbers
    kind: Numbers
    fact: Numbers
    time: Numbers
    rank: Numbers
    offset: Numbers
    day: Numbers
    value: Numbers
    limit: Numbers


ON_THE_WIRE: Final = {
    "patient": ("patient_id::int4", "i4"),
    "kind": ("kind", "i2"),
    "fact": ("hashtextextended(identity, patient_id * 8 + kind)", "i8"),
    "time": ("version_time", "i8"),
    "rank": ("rank", "i2"),
    "offset": ('"offset"::int4', "i4"),
    "day": ("coalesce(day, 0)", "i4"),
    "value": ("CASE kind WHEN 1 THEN coalesce(value::int4, 0) ELSE (content::json->>'drug' = 'tacrolimus' IS TRUE)::int4 END", "i4"),
    "limit": ("coalesce(limit_value::int4, 0)", "i4"),
}  # fmt: skip
"""Expression and form. Of ten million identities two have the same number of 64 bits in three of a million such cohorts."""

QUERY: Final = f"""COPY (SELECT {", ".join(expression for expression, _ in ON_THE_WIRE.values())} FROM fact
    WHERE (kind = 2 OR kind = 1 AND (analyte = 'ALT' OR analyte IS NULL)) AND rank >= 0 AND {{part}}) TO STDOUT (FORMAT BINARY)"""  # noqa: S608 - all of it stands here

ROW: Final = np.dtype(
    [("fields", ">i2")]
    + [pair for name, (_, form) in ON_THE_WIRE.items() for pair in ((f"{name}_bytes", ">i4"), (name, f">{form}"))]
)
HEADER, END = 19, 2
"""Bytes before and after the rows of a COPY in binary form."""


def load(url: str) -> Facts:
    """All that the present states under hegade-2011-strict can depend on."""
    with psycopg.connect(url) as connection, TemporaryDirectory() as folder:
        answer = connection.execute(
            "SELECT pg_relation_size('fact') / current_setting('block_size')::int / 2"
        ).fetchone()
        assert answer is not None
        halves = [f"ctid {side} '({answer[0]},0)'" for side in ("<", ">=")]
        files = [Path(folder) / str(number) for number in range(len(halves))]
        _copy(url, [QUERY.format(part=half) for half in halves], files)
        parts = [_rows(file) for file in files]
    return Facts(*(_column(parts, name, form) for name, (_, form) in ON_THE_WIRE.items()))


def client() -> str:
    """Where PostgreSQL's client is. Raises Unavailable."""
    beside = binaries() / "psql"
    found = str(beside) if beside.exists() else shutil.which("psql")
    if found is None:
        raise Unavailable("psql is neither on PATH nor beside the server")
    return found


def _copy(url: str, queries: Sequence[str], files: Sequence[Path]) -> None:
    running = []
    for query, file in zip(queries, files, strict=True):
        with file.open("wb") as target:
            running.append(subprocess.Popen([client(), "-XqAt", "-c", query, url], stdout=target))
    if any([process.wait() for process in running]):  # noqa: C419 - all are waited for
        raise RuntimeError("psql has failed")


def _rows(file: Path) -> Numbers:
    count, left = divmod(file.stat().st_size - HEADER - END, ROW.itemsize)
    assert not left, "a row has not the width of every row"
    return np.fromfile(file, ROW, count, offset=HEADER)


def _column(parts: Sequence[Numbers], name: str, form: str) -> Numbers:
    return np.concatenate([part[name].astype(form) for part in parts])
