"""Workers that come, go and stand still: partitions change hands, and whoever lost one changes nothing."""

from __future__ import annotations

import os
import signal
import time

import pytest
from sqlalchemy import text

from hepledger.cli.entry import TERMINATED
from hepledger.database import reading
from tests.support.fault_field import Field, follow
from tests.support.fault_load import Load
from tests.support.fault_processes import GLANCE, Crew, Running

BEAT = 2.0
NAMES = ("one", "two", "three")
STANDING_STILL = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'"
    " AND clock_timestamp() - state_change > interval '0.3 seconds'"
)


def test_three_workers_that_join_and_leave_every_two_seconds_lose_nothing(field: Field, hands: Crew) -> None:
    crew, owners = dict[str, Running](), set[str]()
    load = Load.started(hands, 14.0)
    began, turn = time.monotonic(), 0
    while load.runs:
        name = NAMES[turn % 3]
        if name in crew:
            leaver = crew.pop(name)
            assert leaver.leave() in {0, TERMINATED}, leaver.last_words()  # the latter if it had not begun yet
        else:
            crew[name] = follow(hands, workers=1, WORKER_NAME=name)
        turn += 1
        while time.monotonic() < began + turn * BEAT:
            owners |= set(field.owners().values())
            time.sleep(GLANCE)
    assert len(owners) > 2
    appended = load.finished()
    last = follow(hands, workers=1, WORKER_NAME="last")
    for each in crew.values():
        each.leave()
    hands.until(lambda: set(field.owners().values()) == {name_of(last)}, needed=(last,))
    hands.until(field.settled(), needed=(last,))
    last.stop()
    field.assert_came_through(appended)


@pytest.mark.parametrize("in_transaction", [False, True], ids=["between two transactions", "within a transaction"])
def test_a_worker_that_stands_still_past_its_session_loses_its_partitions_and_changes_nothing_when_it_goes_on(
    in_transaction: bool, field: Field, hands: Crew
) -> None:
    frozen, other = (follow(hands, workers=1, WORKER_NAME=name) for name in ("frozen", "other"))
    hands.until(lambda: len(set(field.owners().values())) == 2, needed=(frozen, other))
    load = Load.started(hands, 6.0)
    hands.until(lambda: stands_still(field, frozen, in_transaction=in_transaction), needed=(load.running, other))
    mine = name_of(frozen)
    assert mine in field.owners().values()
    hands.until(lambda: mine not in field.owners().values(), needed=(other,))
    appended = load.finished()
    frozen.process.send_signal(signal.SIGCONT)
    hands.until(
        lambda: mine in field.owners().values(), needed=(frozen, other)
    )  # it has found out, and has a share again
    hands.until(field.settled(), needed=(frozen, other))
    frozen.stop()
    other.stop()
    field.assert_came_through(appended)


def name_of(running: Running) -> str:
    """A process, as a checkpoint names its owner."""
    return f"{os.uname().nodename}:{running.pid}"


def stands_still(field: Field, running: Running, *, in_transaction: bool) -> bool:
    """Freeze a worker; let it go on if it was not where it was to stand still."""
    running.process.send_signal(signal.SIGSTOP)
    time.sleep(0.4)  # until then a transaction of somebody else may look like one that stands still
    with reading(field.engine) as snapshot:
        if bool(snapshot.execute(STANDING_STILL).scalar_one()) == in_transaction:
            return True
    running.process.send_signal(signal.SIGCONT)
    return False
