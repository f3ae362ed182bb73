"""Where the log stood on a day, to be kept where nobody who can edit the log can reach.

A chain of hashes shows an edit by somebody who left it as it was. Somebody who can write the whole database can also write
the chain anew, or cut off its end; an anchor that was taken before says so.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from hepledger.errors import InputRefused
from hepledger.log.chain import ChainedLog, Head, genesis

KIND: Final = "hepledger log anchor"
VERSION: Final = 1

Chains = Iterable[tuple[ChainedLog, int]]
"""Logs with their number of partitions."""


class NotAnAnchor(InputRefused):
    """The file is no anchor of a log."""

    def __init__(self, file: str, reason: str) -> None:
        self.file, self.reason = file, reason
        super().__init__(f"{file} is not an anchor that `hepledger log anchor` wrote: {reason}")


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a partition stood."""

    stream: str
    partition: int
    head: Head


@dataclass(frozen=True, slots=True)
class Anchor:
    """Where every partition of a registry's log stood at a time."""

    taken_at: datetime
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Departure:
    """A partition that does not continue what was anchored: nothing from ``offset`` on is what it was, or something before it."""

    stream: str
    partition: int
    offset: int
    reason: str

    def __str__(self) -> str:
        return f"{self.stream}, partition {self.partition}: {self.reason}"


def take_anchor(chains: Chains, now: datetime) -> Anchor:
    """Where the logs stand now. Appending may go on meanwhile."""
    marks = (Mark(log.stream, at, log.head(at)) for log, partitions in chains for at in range(partitions))
    return Anchor(now, tuple(marks))


def departures(anchor: Anchor, chains: Chains) -> Iterator[Departure]:
    """The partitions that do not continue an anchor. Each hash is the stored one: `verify_chain` says whether it fits."""
    logs = {(log.stream, at): log for log, partitions in chains for at in range(partitions)}
    for mark in anchor.marks:
        log = logs.get((mark.stream, mark.partition))
        reason = "it was anchored, and is not there" if log is None else _departure(mark, log, anchor.taken_at)
        if reason is not None:
            offset = 0 if log is None else min(mark.head.next_offset, log.head(mark.partition).next_offset)
            yield Departure(mark.stream, mark.partition, offset, reason)


def _departure(mark: Mark, log: ChainedLog, taken_at: datetime) -> str | None:
    anchored, stands = mark.head.next_offset, log.head(mark.partition).next_offset
    day = f"{taken_at:%Y-%m-%d}"
    if stands < anchored:
        return f"ends at offset {stands}, and reached to {anchored} when it was anchored on {day}: its end was cut off"
    if _chain_before(log, mark.partition, anchored) != mark.head.chain_hash:
        return f"what is below offset {anchored} is not what was anchored on {day}: the chain was written anew"
    return None


def _chain_before(log: ChainedLog, partition: int, offset: int) -> bytes | None:
    if offset == 0:
        return genesis(log.stream, partition)
    links = log.read_links(partition, offset - 1, 1)
    return links[0].chain_hash if links and links[0].offset == offset - 1 else None


def anchor_text(anchor: Anchor) -> str:
    """The text of an anchor's file."""
    marks = [
        {
            "stream": mark.stream,
            "partition": mark.partition,
            "next_offset": mark.head.next_offset,
            "chain_hash": mark.head.chain_hash.hex(),
        }
        for mark in anchor.marks
    ]
    document = {"kind": KIND, "version": VERSION, "taken_at": anchor.taken_at.isoformat(), "partitions": marks}
    return json.dumps(document, indent=2) + "\n"


def read_anchor(text: str | bytes, file: str) -> Anchor:
    """The anchor of a file's text. Raises NotAnAnchor with the reason."""
    try:
        document = json.loads(text)
    except ValueError:
        raise NotAnAnchor(file, "it is not JSON") from None
    if not isinstance(document, dict) or document.get("kind") != KIND:
        raise NotAnAnchor(file, f'it does not say "kind": "{KIND}"')
    if document.get("version") != VERSION:
        raise NotAnAnchor(file, f"its version is {document.get('version')}, and {VERSION} is known here")
    try:
        anchor = Anchor(_moment(document["taken_at"]), tuple(map(_mark, document["partitions"])))
    except (KeyError, TypeError, ValueError, AttributeError):
        raise NotAnAnchor(file, "a part of it is missing or cannot be read") from None
    if not anchor.marks:
        raise NotAnAnchor(file, "it names no partition")
    return anchor


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment


def _mark(document: Mapping[str, Any]) -> Mark:
    head = Head(int(document["next_offset"]), bytes.fromhex(document["chain_hash"]))
    return Mark(str(document["stream"]), int(document["partition"]), head)
