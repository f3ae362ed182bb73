"""A data cut in words: what it is made of, and the hashes that it is known by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hepledger.reporting.columns import What
from hepledger.reporting.data_cut import DataCut
from hepledger.reporting.text_table import aligned

_COUNTED = (What.COURSES, What.ASSESSMENTS, What.FACTS)


def cut_lines(cut: DataCut) -> Iterator[str]:
    """The lines of one cut."""
    offsets = ", ".join(f"partition {at}: below offset {offset}" for at, offset in sorted(cut.offsets.items()))
    yield f"data cut         {cut.name}, made at {cut.created_at.isoformat(timespec='seconds')} by hepledger {cut.code_version}"
    yield f"criteria         {cut.criteria}@{cut.version}, fingerprint {cut.fingerprint}"
    yield f"events           {offsets}"
    yield f"clinical days    {'all' if cut.until is None else f'up to {cut.until}'}"
    if cut.parked:
        yield f"parked           {len(cut.parked)} patients, each only up to where it was parked"
    yield ""
    tables = ((what.value, cut.tables[what]) for what in What)
    yield from aligned(
        ("table", "rows", "centres", "SHA-256 of its CSV"),
        ((name, table.whole.rows, len(table.centres), table.whole.sha256) for name, table in tables),
    )
    yield f"all together, SHA-256 {cut.sha256}"


def cut_table(cuts: Iterable[DataCut]) -> Iterator[str]:
    """A line for each cut."""
    counted = tuple(str(what) for what in _COUNTED)
    return iter(
        aligned(
            ("name", "made", "criteria", "until", *counted, "SHA-256"),
            (
                (
                    *(cut.name, f"{cut.created_at:%Y-%m-%d %H:%M}", f"{cut.criteria}@{cut.version}", cut.until or ""),
                    *(cut.tables[what].whole.rows for what in _COUNTED),
                    cut.sha256[:12],
                )
                for cut in cuts
            ),
        )
    )
