"""`project` leaves packs behind, alone, with workers and while it follows; a replay finds them, whatever came in between."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from hepledger.cli import packing
from hepledger.projection.crashpoint import SETTING
from hepledger.state import packs
from tests.acceptance.test_production import on
from tests.acceptance.test_replaying import killed, with_cohort
from tests.acceptance.test_workers import delivery, registry
from tests.support.cohort_of_many import new_entries
from tests.support.served import append_to, log_on, opened_at

MANY = list(new_entries(30, 40))


def is_packed(url: str) -> bool:
    """Whether all that the log holds is packed."""
    with opened_at(url) as registry, registry.begin() as uow:
        standing = packs.packed_until(uow)
        return all(standing.get(partition, 0) == head for partition, head in registry.reported.heads().items())


def test_project_leaves_packs_behind_and_goes_on_with_them_after_it_was_killed(tmp_path: Path) -> None:
    home = with_cohort(tmp_path, patients=6, events_of_each=40)
    database = home.folder / "hepledger.sqlite"
    with sqlite3.connect(database) as connection:
        assert connection.execute("SELECT count(*), min(until_offset) FROM pack").fetchone() == (6, 240)
        connection.execute("DELETE FROM pack")
        connection.execute("DELETE FROM packed")
    connection.close()
    killed(home, "project", at="before-packs")
    assert home.done("project", "--json").json["events"] == 0
    with sqlite3.connect(database) as connection:
        assert connection.execute("SELECT count(*) FROM pack").fetchone() == (6,)
    connection.close()
    killed(home, "replay", "relapse-3uln", at="before-page")
    home.done("replay", "relapse-3uln")
    assert home.done("verify").out.splitlines()[-1] == "every live projection equals the one derived from nothing"


@pytest.mark.parametrize("log", ["sql", "kafka"])
def test_on_a_server_workers_pack_what_came_since(
    log: str, request: pytest.FixtureRequest, postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEPLEDGER_PARTITIONS", "5")
    monkeypatch.setattr(packing, "FEW", 100)
    hepledger = on(postgresql_url)
    if log_on(log, request, monkeypatch):
        assert hepledger("log", "create", "--partitions", "5").code == 0
    assert hepledger("init").code == 0
    for entries in (MANY[:700], MANY[700:750], MANY[750:]):  # by workers, by one process, by workers
        append_to(postgresql_url, entries)
        assert not is_packed(postgresql_url)
        assert hepledger("project", "--workers", "2", "--json").json["events"] == len(entries)
        assert is_packed(postgresql_url)
    assert hepledger("replay", "relapse-3uln", "--workers", "2").code == 0
    assert "every live projection equals" in hepledger("verify").out


def test_workers_that_are_killed_after_every_page_of_packs_come_to_the_end(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEPLEDGER_PARTITIONS", "3")
    monkeypatch.setattr(packing, "FEW", 0)
    hepledger = on(postgresql_url)
    assert hepledger("init").code == 0
    append_to(postgresql_url, MANY)
    monkeypatch.setenv(SETTING, "after-packs")
    answer = hepledger("project", "--workers", "2")
    monkeypatch.delenv(SETTING)
    assert answer.code == 0, answer
    assert "was ended by SIGKILL: it is started again" in answer.err
    assert is_packed(postgresql_url)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_who_follows_packs_when_nothing_comes(workers: str, tmp_path: Path, postgresql_url: str) -> None:
    with registry(tmp_path, postgresql_url) as (hepledger, processes):
        followed = processes.hepledger("project", "--follow", "--workers", workers)
        for first in (0, 100):
            assert hepledger("ingest", delivery(tmp_path, first)).code == 0
            processes.until(lambda: is_packed(postgresql_url), needed=(followed,))
        followed.stop()
