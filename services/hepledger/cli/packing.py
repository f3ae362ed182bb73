"""Histories are packed by as many processes as are worth it: when `project` is done, and what is left of it before a `replay`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from hepledger.bootstrap import Registry
from hepledger.cli.output import paced
from hepledger.cli.supervising import Workers, wait_to_be_told
from hepledger.cli.working import GoingOn, Place, Tell
from hepledger.projection.packing import Packer
from hepledger.state import packs
from hepledger.state.unit_of_work import look_on

FEW: Final = 10_000
"""Events that one process has packed before others have begun."""


def pack_histories(registry: Registry, places: Sequence[Place]) -> None:
    """Pack what some projection has taken in by now. Raises WorkerFailed, and what the log and the database raise."""
    with look_on(registry.engine)() as view:
        stretches = packs.unpacked(view)
    events = sum(end - first for first, end in stretches.values())
    with paced("packing", events, "events") as tell:
        if len(places) == 1 or events <= FEW:
            _pack(registry, list(stretches), lambda: True, tell)
            return
        ends = {partition: end for partition, (_, end) in stretches.items()}
        with Workers(registry.config, [], places, tell, pack_share) as workers:
            workers.wait_until(lambda: _is_packed(registry, ends))


def pack_share(registry: Registry, _sets: Sequence[str], place: Place, going_on: GoingOn, tell: Tell) -> None:
    """What a worker does: its part of the partitions, and then it waits to be told that everybody is done."""
    _pack(registry, place.partitions_of(registry), going_on, tell)
    wait_to_be_told(going_on)


def _pack(registry: Registry, partitions: Collection[int], going_on: GoingOn, tell: Tell) -> None:
    packer = Packer(registry.reported, look_on(registry.engine), registry.begin, partitions)
    while going_on() and not packer.is_done:
        tell(packer.step())


def _is_packed(registry: Registry, ends: dict[int, int]) -> bool:
    with look_on(registry.engine)() as view:
        standing = packs.packed_until(view)
    return all(standing.get(partition, 0) >= end for partition, end in ends.items())
