"""Worker processes that share the partitions of a log, on Kafka or in the database, and take it into PostgreSQL.

`python -m tests.benchmarks.share_workers --url URL [--kafka URL] --partitions 0 2 4` is the job of one: it says when it is ready, waits
for the word, and tells what it took. So the clock runs from the word, when all are connected, to the end of the last.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from typing import Any, Final

from hepledger.log.kafka import open_kafka_log
from hepledger.log.sql import open_stream
from hepledger.projection.consumer import Consumer
from hepledger.projection.sets import set_up
from hepledger.state import catalogue
from hepledger.state.unit_of_work import begin_on
from hepledger_events.streams import REPORTED
from tests.support.databases import opened

PARTITIONS: Final = 24
CRITERIA: Final = "hegade-2011"


def work(url: str, address: str | None, partitions: Sequence[int]) -> dict[str, Any]:
    """Stand ready, wait for the word, take in what the partitions hold."""
    with (
        opened(url) as engine,
        closing(open_stream(engine, REPORTED) if address is None else open_kafka_log(address, REPORTED)) as log,
    ):
        begin = begin_on(engine)
        with begin() as uow:
            projected = set_up(uow, catalogue.get_criteria(uow, CRITERIA))
            uow.commit()
        consumer = Consumer(log, begin, [projected], clock=lambda: datetime.now(UTC), owner=str(partitions[0]))
        consumer.claim(partitions)
        print("ready", flush=True)
        sys.stdin.readline()
        begun, spent = time.perf_counter(), time.process_time()
        events = consumer.drain()
        seconds, processor = time.perf_counter() - begun, time.process_time() - spent
        consumer.close()
    return {"events": events, "seconds": seconds, "processor_seconds": processor}


def together(url: str, address: str | None, workers: int) -> list[dict[str, Any]]:
    """Some workers at once: what each says of itself."""
    command = [sys.executable, "-m", __spec__.name, "--url", url, *([] if address is None else ["--kafka", address])]
    shares = [[str(at) for at in range(PARTITIONS) if at % workers == number] for number in range(workers)]
    started = [
        subprocess.Popen([*command, "--partitions", *share], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for share in shares
    ]
    for worker in started:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
    for worker in started:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    return [json.loads(worker.communicate()[0]) for worker in started]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--kafka")
    parser.add_argument("--partitions", type=int, nargs="+", required=True)
    asked = parser.parse_args()
    print(json.dumps(work(asked.url, asked.kafka, asked.partitions)))


if __name__ == "__main__":
    main()
