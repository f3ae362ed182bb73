"""What becomes of a batch, decided from the heads and from what stands already: alike in every log that counts itself.

Hashing entries needs no lock (`prepare`). Giving out offsets and linking the chain does: `place` does nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from hepledger.log.chain import Head, link, seal
from hepledger.log.port import NewEntry, Outcome, Receipt
from hepledger_events.streams import partition_of

Row = tuple[str, int, int, bytes, bytes, str, bytes, bytes]
"""stream, partition, offset, event id, content hash, key, payload, chain hash: the columns of a stored entry."""

_APPENDED: Final = Outcome.APPENDED

Prepared = tuple[NewEntry, int, bytes]
"""An entry, its partition and its seal."""

Standing = tuple[bytes, int, int]
"""Of an event that stands in the log: content hash, partition, offset."""


@dataclass(frozen=True, slots=True)
class Placement:
    """What to answer, what to write, and the heads that go with it (only those that moved)."""

    receipts: list[Receipt]
    rows: list[Row]
    heads: dict[int, Head]


def prepare(entries: Iterable[NewEntry], partitions: int) -> list[Prepared]:
    """Everything about a batch that can be known before the lock is taken."""
    return [
        (entry, partition_of(entry.key, partitions), seal(entry.event_id, entry.content_hash, entry.key, entry.payload))
        for entry in entries
    ]


def place(
    stream: str, batch: Sequence[Prepared], heads: Mapping[int, Head], standing: Mapping[bytes, Standing]
) -> Placement:
    """Give each new event the next offset of its partition and each known one the place where it stands."""
    receipts: list[Receipt] = []
    rows: list[Row] = []
    ends = {partition: (head.next_offset, head.chain_hash) for partition, head in heads.items()}
    seen = dict(standing)
    for entry, partition, sealed in batch:
        event_id, content_hash = entry.event_id, entry.content_hash
        known = seen.get(event_id)
        if known is not None:
            receipts.append(_receipt_of_known(known, content_hash))
            continue
        offset, chain = ends[partition]
        chain = link(chain, sealed)
        ends[partition] = offset + 1, chain
        seen[event_id] = content_hash, partition, offset
        rows.append((stream, partition, offset, event_id, content_hash, entry.key, entry.payload, chain))
        receipts.append(Receipt(_APPENDED, partition, offset))
    return Placement(receipts, rows, {partition: Head(*ends[partition]) for partition in {row[1] for row in rows}})


def _receipt_of_known(known: Standing, content_hash: bytes) -> Receipt:
    standing_hash, partition, offset = known
    return Receipt(Outcome.ALREADY if standing_hash == content_hash else Outcome.CONFLICT, partition, offset)
