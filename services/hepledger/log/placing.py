"""What becomes of a batch, decided from the heads and from what stands already: alike in every log that counts itself.

Hashing entries needs no lock (`seal_all`). Giving out offsets and linking the chain does: `Placing` does nothing else. Both go
entry by entry, so that a log whose server works on the first rows while the later ones are made can have them so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from hepledger.log.chain import Head, link, seal
from hepledger.log.port import NewEntry, Outcome, Receipt
from hepledger_events.streams import partition_of

Row = tuple[str, int, int, bytes, bytes, str, bytes, bytes]
"""stream, partition, offset, event id, content hash, key, payload, chain hash: the columns of a stored entry."""

_APPENDED: Final = Outcome.APPENDED
_receipt: Final = tuple.__new__  # a named tuple without its own constructor, which takes twice as long

Located = tuple[NewEntry, int]
"""An entry and its partition."""

Prepared = tuple[NewEntry, int, bytes]
"""An entry, its partition and its seal."""

Standing = tuple[bytes, int, int]
"""Of an event that stands in the log: content hash, partition, offset."""


def locate(entries: Iterable[NewEntry], partitions: int) -> list[Located]:
    """The partition of each entry."""
    return [(entry, partition_of(entry.key, partitions)) for entry in entries]


def seal_all(batch: Iterable[Located]) -> Iterator[Prepared]:
    """Everything about entries that can be known before the lock is taken."""
    for entry, partition in batch:
        yield entry, partition, seal(entry.event_id, entry.content_hash, entry.key, entry.payload)


def prepare(entries: Iterable[NewEntry], partitions: int) -> list[Prepared]:
    """A whole batch, located and sealed."""
    return list(seal_all(locate(entries, partitions)))


class Placing:
    """Gives each new event the next offset of its partition, and each known one the place where it stands.

    ``receipts`` is what to answer and ``heads`` those that moved, as far as ``rows`` was gone through.
    """

    def __init__(self, stream: str, heads: Mapping[int, Head], standing: Mapping[bytes, Standing]) -> None:
        self._stream, self._seen = stream, dict(standing)
        self._ends = {partition: (head.next_offset, head.chain_hash) for partition, head in heads.items()}
        self._moved: set[int] = set()
        self.receipts: list[Receipt] = []

    def rows(self, batch: Iterable[Prepared]) -> Iterator[Row]:
        """What to write, in the order of the batch."""
        stream, seen, ends, moved = self._stream, self._seen, self._ends, self._moved
        answer = self.receipts.append
        for entry, partition, sealed in batch:
            event_id, content_hash = entry.event_id, entry.content_hash
            known = seen.get(event_id)
            if known is not None:
                answer(_receipt_of_known(known, content_hash))
                continue
            offset, chain = ends[partition]
            chain = link(chain, sealed)
            ends[partition] = offset + 1, chain
            seen[event_id] = content_hash, partition, offset
            moved.add(partition)
            answer(_receipt(Receipt, (_APPENDED, partition, offset)))
            yield stream, partition, offset, event_id, content_hash, entry.key, entry.payload, chain

    @property
    def heads(self) -> dict[int, Head]:
        """The heads that moved."""
        return {partition: Head(*self._ends[partition]) for partition in self._moved}


@dataclass(frozen=True, slots=True)
class Placement:
    """What to answer, what to write, and the heads that go with it (only those that moved)."""

    receipts: list[Receipt]
    rows: list[Row]
    heads: dict[int, Head]


def place(
    stream: str, batch: Iterable[Prepared], heads: Mapping[int, Head], standing: Mapping[bytes, Standing]
) -> Placement:
    """A whole batch, placed."""
    placing = Placing(stream, heads, standing)
    rows = list(placing.rows(batch))
    return Placement(placing.receipts, rows, placing.heads)


def _receipt_of_known(known: Standing, content_hash: bytes) -> Receipt:
    standing_hash, partition, offset = known
    return Receipt(Outcome.ALREADY if standing_hash == content_hash else Outcome.CONFLICT, partition, offset)
