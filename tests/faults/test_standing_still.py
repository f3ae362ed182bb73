"""A process that stands still in the middle of a transaction keeps its locks: the server ends it, wherever it stopped."""

from __future__ import annotations

import time
from typing import Any

import pytest
from sqlalchemy import Engine, text

from hepledger.database import DatabaseUnavailable, reading
from hepledger.state import parked
from hepledger.state.bulk_postgresql import FEW
from hepledger.state.parked import Parked
from hepledger.state.unit_of_work import begin_on
from tests.support.databases import opened

LOCK_SECONDS = 1.5
PATIENCE = 10.0
CONNECTED = text("SELECT count(*) FROM pg_stat_activity WHERE pid = :pid")


def is_ended(engine: Engine, pid: int) -> bool:
    """Whether the server has ended a session, or does so before long."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with reading(engine) as snapshot:
            if not snapshot.execute(CONNECTED, {"pid": pid}).scalar_one():
                return True
        time.sleep(0.05)
    return False


def stand_still_after(waiting: list[Parked], engine: Engine, onlooker: Engine) -> None:
    """Write, do nothing until the server has had enough of it, and then commit."""
    with begin_on(engine)() as uow:
        session: Any = uow.connection.connection.dbapi_connection
        parked.add(uow, waiting)
        assert is_ended(onlooker, session.info.backend_pid)
        uow.commit()


@pytest.mark.parametrize("rows", [1, 3, FEW + 1], ids=["after one row", "after a few rows", "after many rows"])
def test_who_stands_still_after_a_write_is_ended_before_others_give_up_waiting(rows: int, postgresql_url: str) -> None:
    waiting = [Parked(1, 0, number, "LEE/LEE-001", number.to_bytes(16), b"{}", "", 0) for number in range(rows)]
    with opened(postgresql_url, busy_seconds=LOCK_SECONDS) as engine, opened(postgresql_url, tables=False) as onlooker:
        with pytest.raises(DatabaseUnavailable):
            stand_still_after(waiting, engine, onlooker)
        with begin_on(onlooker)() as uow:
            assert parked.keys(uow, [1]) == set()


def test_who_only_reads_may_take_its_time(postgresql_url: str) -> None:
    with opened(postgresql_url, busy_seconds=LOCK_SECONDS) as engine, reading(engine) as snapshot:
        assert snapshot.execute(text("SELECT 1")).scalar_one() == 1
        time.sleep(LOCK_SECONDS)
        assert snapshot.execute(text("SELECT 2")).scalar_one() == 2
