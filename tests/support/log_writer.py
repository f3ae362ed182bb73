"""Another process that appends to a log: `python -m tests.support.log_writer DATABASE first|second|killed`, where DATABASE is the URL
of one.

`first` and `second` append overlapping events in small batches and print how many of them they appended; `killed` appends one
batch, and dies with the second one written and not committed.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from sqlalchemy import event

from hepledger.database import make_engine
from hepledger.log.port import Outcome
from hepledger.log.sql import open_stream
from tests.support.log_contract import entry
from tests.support.log_makers import STREAM

BATCH = 5
NAMES = {"first": range(200), "second": range(100, 300)}


def start(database: str, role: str) -> subprocess.Popen[str]:
    """Start such a process, from the root of the checkout."""
    command = [sys.executable, "-m", "tests.support.log_writer", database, role]
    return subprocess.Popen(command, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, text=True)


def append_share(database: str, role: str) -> int:
    log, appended = open_stream(make_engine(database), STREAM), 0
    names = list(NAMES[role])
    for begin in range(0, len(names), BATCH):
        receipts = log.append([entry(str(name), f"LEE/{name}") for name in names[begin : begin + BATCH]])
        appended += sum(receipt.outcome is Outcome.APPENDED for receipt in receipts)
    return appended


def die_before_commit(database: str) -> None:
    engine = make_engine(database)
    log = open_stream(engine, STREAM)
    log.append([entry("a"), entry("b")])
    event.listen(engine, "commit", lambda _: os.kill(os.getpid(), signal.SIGKILL))
    log.append([entry("c"), entry("d")])


if __name__ == "__main__":
    if sys.argv[2] == "killed":
        die_before_commit(sys.argv[1])
    else:
        print(append_share(sys.argv[1], sys.argv[2]))
