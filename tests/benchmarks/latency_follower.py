"""The follower that the latency is measured of: it notes when it read and when it had committed, up to where.

`python -m tests.benchmarks.latency_follower DATABASE [KAFKA]`; it goes on until its input ends. Its clock is the machine's
monotonic one, which all processes share.
"""

from __future__ import annotations

import json
import select
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from typing import NamedTuple

from hepledger.log.kafka import open_kafka_log
from hepledger.log.port import Entry, EventLog
from hepledger.log.sql import open_stream
from hepledger.projection import consumer
from hepledger.projection.arrivals import Arrival, read_entries
from hepledger.projection.sets import set_up
from hepledger.state import catalogue
from hepledger.state.unit_of_work import begin_on
from hepledger_events.streams import REPORTED
from tests.support.databases import opened

IDLE_SECONDS = 0.2


class Seen(NamedTuple):
    """A batch: below ``next_offset`` of a partition everything was read and committed at these moments (monotonic seconds)."""

    partition: int
    next_offset: int
    read: float
    committed: float


def follow(follower: consumer.Consumer) -> list[Seen]:
    """Goes on until the input ends and nothing waits; gives what was seen, in order."""
    last_read = [0.0]

    def noted(entries: Sequence[Entry]) -> list[Arrival]:
        last_read[0] = time.monotonic()
        return read_entries(entries)

    vars(consumer)["read_entries"] = noted
    seen: list[Seen] = []
    standing: dict[int, int] = {}
    while (taken := follower.step(IDLE_SECONDS)) or not select.select([sys.stdin], [], [], 0)[0]:
        if taken:
            committed = time.monotonic()
            now = {claim.partition: claim.next_offset for claim in follower._claims.values()}
            moved = {at: offset for at, offset in now.items() if standing.get(at) != offset}
            seen += [Seen(at, offset, last_read[0], committed) for at, offset in moved.items()]
            standing = now
    return seen


def main() -> None:
    database, kafka = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else ""
    with opened(database) as engine:
        log: EventLog = open_kafka_log(kafka, REPORTED) if kafka else open_stream(engine, REPORTED)
        begin = begin_on(engine)
        with begin() as uow:
            projected = set_up(uow, catalogue.get_criteria(uow, "hegade-2011"))
            uow.commit()
        with closing(log):
            follower = consumer.Consumer(log, begin, [projected], clock=lambda: datetime.now(UTC), owner="follower")
            follower.claim()
            print("ready", flush=True)
            print(json.dumps(follow(follower)))
            follower.close()


if __name__ == "__main__":
    main()
