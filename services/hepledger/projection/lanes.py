"""What to read next when several criteria sets stand at different places: those behind catch up first, and then go together.

Sets that stand at one place of a partition share what is read there: decoded once, facts stored once, one transaction.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from hepledger.state.checkpoints import Claim


class Lane(NamedTuple):
    """A stretch of a partition: from ``start`` to ``bound`` (excluded; None is as far as there is), for the sets that stand there."""

    partition: int
    start: int
    bound: int | None
    projections: tuple[int, ...]


def lanes_ahead(claims: Iterable[Claim]) -> list[Lane]:
    """The stretches to read next, all for the same sets: where some are behind others, theirs; else where everybody stands."""
    by_partition: dict[int, list[Claim]] = {}
    for claim in claims:
        by_partition.setdefault(claim.partition, []).append(claim)
    lanes = [_lowest(each) for _, each in sorted(by_partition.items())]
    behind = [lane for lane in lanes if lane.bound is not None]
    first = (behind or lanes)[:1]
    return [lane for lane in behind or lanes for chosen in first if lane.projections == chosen.projections]


def _lowest(claims: list[Claim]) -> Lane:
    start = min(claim.next_offset for claim in claims)
    there = tuple(sorted(claim.projection_id for claim in claims if claim.next_offset == start))
    bound = min((claim.next_offset for claim in claims if claim.next_offset > start), default=None)
    return Lane(claims[0].partition, start, bound, there)
