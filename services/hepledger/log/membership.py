"""A reader among others: a group shares the partitions of a stream out among its members, and may change its mind at any time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from hepledger.log.port import Entry


@dataclass(frozen=True, slots=True)
class Assigned:
    """Partitions that this member is to read from now on, once it has sought a position on each."""

    partitions: frozenset[int]


@dataclass(frozen=True, slots=True)
class Revoked:
    """Partitions that this member reads no more; ``lost`` if another one may be reading them already."""

    partitions: frozenset[int]
    lost: bool


Change = Assigned | Revoked
Listener = Callable[[Change], None]


class Member(Protocol):
    """One member's place in a group. Not to be shared between threads."""

    def poll(self, limit: int, timeout: float) -> list[Entry]:
        """At most ``limit`` entries of the partitions that were sought, after at most ``timeout`` seconds.

        Whoever joined is told of every change before this returns, and nothing of a partition that was revoked comes after.
        To be called at least every five minutes, paused or not: a member that does not call is taken for dead. Raises
        OffsetMissing, and ServiceUnreachable.
        """
        ...

    def seek(self, positions: Mapping[int, int]) -> None:
        """Begin, or go on, from these positions (partition to offset). A partition that is no longer this member's is left out.

        Raises OffsetMissing, PartitionMissing.
        """
        ...

    def pause(self, partitions: Iterable[int] | None = None) -> None:
        """Hand over nothing from these partitions, by default all that are read now."""
        ...

    def resume(self, partitions: Iterable[int] | None = None) -> None:
        """Go on where `pause` stopped."""
        ...

    @property
    def reading(self) -> frozenset[int]:
        """The partitions that this member was assigned and has sought."""
        ...

    def close(self, *, leave: bool = False) -> None:
        """Stop reading; with ``leave`` the place in the group is given up, and the others share its partitions at once."""
        ...
