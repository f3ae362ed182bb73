"""The same real data gives the same bytes wherever the registry is kept; and every command works on a server as it does on a file."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from pathlib import Path

import pytest

from hepledger.cli.entry import run
from hepledger.cli.working import Backlog
from hepledger.config import Config
from tests.acceptance.test_exports import course_of_lee_001
from tests.support.command import Answer, write_ndjson
from tests.support.databases import opened
from tests.support.fault_processes import crew
from tests.support.server_handle import Server
from tests.support.server_postgresql import fresh_database
from tests.support.sites import SETS, SITES, exported, exports_of, new_registry, take_in_sites

needs_sites = pytest.mark.skipif(not SITES.is_dir(), reason="HEPLEDGER_SHARED_DATA has no cdisc-pilot")

Command = Callable[..., Answer]


def on(url: str) -> Command:
    """Commands to the registry on a server."""

    def command(*arguments: str | Path) -> Answer:
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            code = run(["--database-url", url, *map(str, arguments)])
        return Answer(code, out.getvalue(), err.getvalue())

    return command


@needs_sites
@pytest.mark.parametrize("partitions", [1, 5])
def test_the_seventeen_sites_give_the_same_bytes_embedded_and_on_postgresql(
    partitions: int, tmp_path: Path, postgresql_url: str
) -> None:
    embedded = exports_of(
        Config(database=tmp_path / "home" / "hepledger.sqlite", partitions=partitions), tmp_path / "embedded"
    )
    on_server = Config(database=tmp_path / "unused", server=postgresql_url, partitions=partitions, batch_size=4_000)
    served = exports_of(on_server, tmp_path / "served")
    assert [name for name in embedded if embedded[name] != served[name]] == []
    assert sum(content.count(b"\n") for content in embedded.values()) > 40_000


@needs_sites
@pytest.mark.parametrize("log", ["sql", "kafka"])
def test_the_seventeen_sites_give_the_same_bytes_embedded_and_by_three_workers(
    log: str, request: pytest.FixtureRequest, tmp_path: Path, postgresql_url: str
) -> None:
    embedded = exports_of(Config(database=tmp_path / "home" / "hepledger.sqlite", partitions=7), tmp_path / "embedded")
    config = Config(database=tmp_path / "unused", server=postgresql_url, partitions=7, batch_size=2_000)
    if log == "kafka":
        server, prefix = request.getfixturevalue("kafka_server"), request.getfixturevalue("kafka_prefix")
        config = replace(config, kafka=f"{server.url}/{prefix}")
    served = exports_by_three_workers(config, tmp_path)
    assert [name for name in embedded if embedded[name] != served[name]] == []
    assert sum(content.count(b"\n") for content in embedded.values()) > 40_000


def exports_by_three_workers(config: Config, folder: Path) -> Mapping[str, bytes]:
    """The sites are sent while three workers follow, each with partitions of its own."""
    assert config.server is not None
    settings = {
        "HEPLEDGER_DATABASE_URL": config.server,
        "HEPLEDGER_LOG_URL": config.kafka or "sql:",
        "HEPLEDGER_BATCH_SIZE": str(config.batch_size),
        "HEPLEDGER_SESSION_SECONDS": "6",
    }
    sets = [word for name in SETS for word in ("--criteria", name)]
    url = config.server
    with new_registry(config) as (registry, projected), crew(folder, {**os.environ, **settings}) as processes:
        followed = processes.hepledger("project", "--follow", "--workers", "3", *sets)
        processes.until(lambda: len(owners(url)) == 3, needed=(followed,))
        take_in_sites(registry)
        processes.until(lambda: not Backlog(registry, projected).waits(), 120, needed=(followed,))
        assert len(owners(url)) == 3
        followed.stop()
        return exported(registry, folder / "served")


def owners(url: str) -> set[str]:
    with opened(url, tables=False) as engine, engine.connect() as connection:
        return set(connection.exec_driver_sql("SELECT owner FROM checkpoint").scalars())


def test_every_command_works_on_a_server(tmp_path: Path, postgresql_url: str) -> None:
    hepledger = on(postgresql_url)
    delivery = write_ndjson(tmp_path / "delivery.ndjson", [*course_of_lee_001(), {"type": "nonsense"}])
    assert hepledger("init").out.startswith("created postgresql://")
    assert hepledger("init").out.startswith("already there")
    assert hepledger("ingest", delivery).code == 3
    assert hepledger("ingest", delivery).code == 3
    for arguments in (
        ("project",),
        ("project", "--criteria", "iaihg-2022"),
        ("course", "LEE/LEE-001", "--explain"),
        ("export", "facts", "--to", tmp_path / "facts.csv"),
        ("report",),
        ("quarantine", "list"),
        ("queries", "list"),
        ("parked", "list"),
        ("criteria", "list"),
        ("status", "--json"),
        ("verify",),
        ("migrate",),
    ):
        answer = hepledger(*arguments)
        assert answer.code == 0, (arguments, answer)
    assert hepledger("status", "--json").json["versions"]["postgresql"]
    assert {finding["check"] for finding in hepledger("doctor", "--json").json} >= {"postgresql", "durability", "clock"}


def test_the_doctor_finds_nothing_on_a_server_that_waits_for_its_disk(durable_postgresql_server: Server) -> None:
    with fresh_database(durable_postgresql_server) as url:
        assert on(url)("init").code == 0
        answer = on(url)("doctor", "--json")
        assert (answer.code, {finding["level"] for finding in answer.json}) == (0, {"ok"})


def test_an_edited_log_and_an_edited_course_are_found_on_a_server(tmp_path: Path, postgresql_url: str) -> None:
    hepledger = on(postgresql_url)
    hepledger("init")
    hepledger("ingest", write_ndjson(tmp_path / "delivery.ndjson", course_of_lee_001()))
    hepledger("project")
    with opened(postgresql_url) as engine, engine.begin() as connection:
        connection.exec_driver_sql("UPDATE course SET state = 'CR' WHERE state = 'RP'")
    assert "LEE/LEE-001 under hegade-2011@1: the live projection differs" in hepledger("verify").out
    with opened(postgresql_url) as engine, engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE log_entry SET key = 'LEE/LEE-009' WHERE \"offset\" = 3 AND stream LIKE '%%reported'"
        )
    answer = hepledger("verify")
    assert answer.code == 5
    assert "not as it was appended from offset 3 on" in answer.out


def test_a_server_without_a_registry_and_a_server_that_is_away_are_told_apart(postgresql_url: str) -> None:
    missing = on(postgresql_url)("status")
    assert (missing.code, "hepledger init" in missing.err) == (2, True)
    away = on("postgresql://user:secret@127.0.0.1:1/registry")("status")
    assert away.code == 6
    assert "secret" not in away.err
