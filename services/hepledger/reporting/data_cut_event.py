"""A data cut becomes an event in the registry's own stream: whoever has the log knows every cut that was ever made."""

from __future__ import annotations

import re
from datetime import UTC
from hashlib import sha256
from typing import Final
from uuid import UUID, uuid5

from hepledger.errors import InputRefused, WrongUsage
from hepledger.log.port import EventLog, NewEntry, Outcome
from hepledger.reporting.data_cut import DataCut
from hepledger_events.canonical import canonical_json
from hepledger_events.codec import encode
from hepledger_events.envelope import registry_envelope
from hepledger_events.registry import CUT_NAME

NAMESPACE: Final = UUID("6f2b7d1e-8c43-5e0f-8a15-0d5d4f0b7a24")
"""Of the ids of cuts: the name alone decides, so that the log itself refuses a second cut of one name."""

CREATED: Final = "cut_created"


class CutTaken(InputRefused):
    """A data cut is never changed: another one has another name."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"there is a data cut {name} already, and a cut is never changed: choose another name")


def check_name(name: str) -> None:
    """Raises WrongUsage for a name that cannot be one, or that `--as-of` would take for a time."""
    if re.fullmatch(CUT_NAME, name) is None:
        raise WrongUsage(
            f"{name!r} is no name for a data cut: take 1 to 64 letters, digits, dots, underscores and hyphens"
        )
    if reads_as_time(name):
        raise WrongUsage(f"{name} reads as a date, and `--as-of {name}` would mean a time: begin the name with a word")


def reads_as_time(name: str) -> bool:
    """Whether a name is made of what dates are made of."""
    return re.fullmatch("[0-9][0-9.TZW-]*", name) is not None


def announce(log: EventLog, cut: DataCut) -> None:
    """Appends the cut. Raises CutTaken if the log holds another one of its name."""
    event_id, data = uuid5(NAMESPACE, cut.name), cut.document()
    envelope = registry_envelope(event_id, CREATED, cut.name, cut.created_at.astimezone(UTC), data)
    content_hash = sha256(canonical_json(data).encode()).digest()
    (receipt,) = log.append([NewEntry(event_id.bytes, cut.name, content_hash, encode(envelope))])
    if receipt.outcome is Outcome.CONFLICT:
        raise CutTaken(cut.name)
