"""A centre that goes on sending, whatever happens to the servers: `python -m tests.support.load_writer PATIENTS EVENTS_OF_EACH SECONDS`.

It appends a cohort in small lots, evenly over some seconds, to the log that the HEPLEDGER_… variables name. What was not
confirmed it sends again, as the log advises. After each lot it says how many events are confirmed.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager

from hepledger.config import Config, config_from
from hepledger.database import make_engine
from hepledger.errors import ServiceUnreachable
from hepledger.log.kafka import open_kafka_log
from hepledger.log.port import EventLog, NewEntry
from hepledger.log.sql import open_stream
from hepledger_events.streams import REPORTED
from tests.support.cohort_of_many import new_entries

LOTS = 80
PAUSE = 0.1


@contextmanager
def open_log(config: Config, stream: str) -> Iterator[EventLog]:
    """A stream of the registry of some settings. The database is not asked where the log is elsewhere."""
    if config.kafka is not None:
        with closing(open_kafka_log(config.kafka, stream)) as log:
            yield log
        return
    engine = make_engine(config.server or "")
    try:
        yield open_stream(engine, stream)
    finally:
        engine.dispose()


def send(log: EventLog, lot: Sequence[NewEntry]) -> None:
    """Append a lot, and again until it is confirmed."""
    while True:
        try:
            log.append(lot)
        except ServiceUnreachable as away:
            print(f"sending again: {type(away).__name__}", flush=True)
            time.sleep(PAUSE)
        else:
            return


def send_all(log: EventLog, entries: Sequence[NewEntry], seconds: float) -> None:
    """Append everything, evenly over some seconds; who was held up hurries after."""
    size = -(-len(entries) // LOTS)
    began = time.monotonic()
    for number, start in enumerate(range(0, len(entries), size)):
        time.sleep(max(0.0, began + number * seconds / LOTS - time.monotonic()))
        send(log, entries[start : start + size])
        print(f"confirmed {min(start + size, len(entries))}", flush=True)


if __name__ == "__main__":
    patients, events_of_each, seconds = sys.argv[1:]
    with open_log(config_from(os.environ), REPORTED) as reported:
        send_all(reported, list(new_entries(int(patients), int(events_of_each))), float(seconds))
