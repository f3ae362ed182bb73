"""Rows under a header as aligned text: for whoever reads answers at a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence


def aligned(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """The lines of a table; columns that hold only numbers stand to the right."""
    texts = [[_text(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(header, *texts, strict=True)]
    right = [bool(texts) and all(_numeric(row[at]) for row in texts) for at in range(len(header))]
    for row in [list(header), *texts]:
        cells = zip(row, widths, right, strict=True)
        yield "  ".join(cell.rjust(width) if aside else cell.ljust(width) for cell, width, aside in cells).rstrip()


def _text(cell: object) -> str:
    return "" if cell is None else " ".join(str(cell).split())


def _numeric(text: str) -> bool:
    return not text or text.replace(".", "", 1).isdigit()
