"""The relay: from the outbox to the derived stream, in order, at least once.

It publishes first and forgets then, each on its own. A crash between the two publishes again, under the same ids: a log of
ours says `already`, and a reader who keeps the ids of what it has seen sees each change once.
"""

from __future__ import annotations

from hashlib import sha256

from hepledger.errors import HepledgerError
from hepledger.log.port import EventLog, NewEntry, Outcome
from hepledger.projection.crashpoint import crashpoint
from hepledger.state import outbox
from hepledger.state.outbox import Waiting
from hepledger.state.unit_of_work import Begin
from hepledger_events.canonical import canonical_json
from hepledger_events.codec import decode

PAGE = 1_000


class AnnouncedOtherwise(HepledgerError):
    """A derived event stands in the log under the same id with other content. Run `verify`."""


def relay(begin: Begin, log: EventLog, limit: int = PAGE) -> int:
    """Publish the derived events that have waited longest; gives their number, 0 if none waits.

    Raises AnnouncedOtherwise, and what the log and the database raise; what was not published waits on.
    """
    with begin() as uow:
        waiting = outbox.first(uow, limit)
    if not waiting:
        return 0
    crashpoint("before-publishing")
    receipts = log.append([_entry(each) for each in waiting])
    crashpoint("after-publishing")
    if any(receipt.outcome is Outcome.CONFLICT for receipt in receipts):
        raise AnnouncedOtherwise
    with begin() as uow:
        outbox.forget(uow, waiting)
        crashpoint("before-forgetting")
        uow.commit()
    crashpoint("after-forgetting")
    return len(waiting)


def relay_all(begin: Begin, log: EventLog) -> int:
    """Publish until nothing waits; gives the number of derived events."""
    published = 0
    while count := relay(begin, log):
        published += count
    return published


def _entry(waiting: Waiting) -> NewEntry:
    return NewEntry(waiting.event_id, waiting.key, _content_hash(waiting.payload), waiting.payload)


def _content_hash(payload: bytes) -> bytes:
    """The hash of what is said, without when: derived again, it is the same event."""
    event = decode(payload)
    return sha256(canonical_json([event.type, event.key, event.occurred_at, event.data]).encode()).digest()
