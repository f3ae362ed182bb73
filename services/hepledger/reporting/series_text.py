"""The table of a treatment series as lines of text: what was printed on the left, what the facts give on the right."""

from __future__ import annotations

from collections.abc import Iterator

from hepledger.reporting.series import SeriesTable


def series_lines(table: SeriesTable, *, definitions: bool = True) -> Iterator[str]:
    """The table, a line at a time, with its source above it and how it was counted below."""
    label = max(len(row.label) for row in table.rows)
    published = max(len("published"), *(len(row.published) for row in table.rows))
    yield f"{table.citation}, under {table.criteria}"
    yield ""
    yield f"{'':{label}}  {'published':{published}}  computed from the log"
    for row in table.rows:
        yield f"{row.label:{label}}  {row.published:{published}}  {row.computed}"
    if definitions:
        yield ""
        yield from table.definitions
