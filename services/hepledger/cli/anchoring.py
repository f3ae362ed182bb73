"""Anchors of the log at the command line: one is written for keeping elsewhere, and read again to be held against the log."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from hepledger.bootstrap import Registry
from hepledger.errors import CheckFailed, NotFound, WrongUsage
from hepledger.log.anchor import Anchor, Chains, anchor_text, departures, read_anchor, take_anchor
from hepledger.reporting.writers import replacing


class AnchorDeparted(CheckFailed):
    """The log does not continue the anchor that is in the file."""

    def __init__(self, file: Path, departed: list[str]) -> None:
        self.file = file
        super().__init__(
            f"the log does not continue the anchor in {file}, which is left as it is: {'; '.join(departed)}"
            f" (`hepledger verify --anchor {file}`)"
        )


def chains_of(registry: Registry) -> Chains:
    """The logs that have a chain of hashes. Raises WrongUsage where none has."""
    if not registry.chains:
        raise WrongUsage("this log is on Kafka, which keeps no chain of hashes: an anchor is of a log in the database")
    return registry.chains


def write_anchor(registry: Registry, file: Path, now: datetime) -> Anchor:
    """Writes where the log stands. An anchor that is in the file already is replaced only if the log continues it.

    Raises AnchorDeparted, NotAnAnchor for a file that is something else, NotWritten, WrongUsage.
    """
    chains = chains_of(registry)
    if file.is_file():
        departed = [str(each) for each in departures(anchor_in(registry, file), chains)]
        if departed:
            raise AnchorDeparted(file, departed)
    anchor = take_anchor(chains, now)
    with replacing(file) as target:
        target.write(anchor_text(anchor).encode())
    return anchor


def anchor_in(registry: Registry, file: Path) -> Anchor:
    """The anchor in a file. Raises NotFound, NotAnAnchor, and WrongUsage where the log has no chain."""
    chains_of(registry)
    if not file.is_file():
        raise NotFound(f"{file}: {'not a file' if file.exists() else 'there is no such file'}")
    return read_anchor(file.read_bytes(), str(file))
