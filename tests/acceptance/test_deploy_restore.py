"""What the README of `deploy/` says of backups: a database older than the log catches up, one that is ahead of it stops and says so."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.acceptance.test_exports import course_of_lee_001
from tests.support.builders import lab
from tests.support.command import write_ndjson
from tests.support.server_handle import Server
from tests.support.server_postgresql import binaries, fresh_database
from tests.support.server_program import Unavailable


def tool(name: str, url: str, *arguments: str | Path) -> None:
    """A program of PostgreSQL's, with the options of the README."""
    try:
        program = binaries() / name
    except Unavailable as reason:
        pytest.skip(str(reason))
    parts = urlsplit(url)
    where = [f"--host={parts.hostname}", f"--port={parts.port}", f"--username={parts.username}"]
    environment = {**os.environ, "PGPASSWORD": parts.password or ""}
    subprocess.run([str(program), *where, *map(str, arguments)], env=environment, check=True, capture_output=True)


def hepledger(database: str, log: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "hepledger.cli", "--database-url", database, "--log-url", log]
    return subprocess.run([*command, *map(str, arguments)], capture_output=True, check=False, text=True, timeout=60)


def done(database: str, log: str, *arguments: str | Path) -> None:
    result = hepledger(database, log, *arguments)
    assert result.returncode == 0, (arguments, result.stderr)


def test_a_database_that_was_restored_behind_its_log_catches_up_and_one_ahead_of_it_stops(
    tmp_path: Path, postgresql_server: Server, postgresql_url: str, kafka_server: Server, kafka_prefix: str
) -> None:
    log, dump, name = (
        f"{kafka_server.url}/{kafka_prefix}a",
        tmp_path / "hepledger.dump",
        urlsplit(postgresql_url).path[1:],
    )
    done(postgresql_url, log, "log", "create", "--partitions", "2")
    done(postgresql_url, log, "init")
    done(postgresql_url, log, "ingest", write_ndjson(tmp_path / "before.ndjson", course_of_lee_001()))
    done(postgresql_url, log, "project")
    tool("pg_dump", postgresql_url, "--format=custom", f"--file={dump}", name)
    later = [lab("LEE-002", f"2024-0{month}-01", "300") for month in range(1, 7)]
    done(postgresql_url, log, "ingest", write_ndjson(tmp_path / "later.ndjson", later))
    done(postgresql_url, log, "project")
    done(postgresql_url, log, "export", "transitions", "--to", tmp_path / "lost.csv")

    with fresh_database(postgresql_server) as restored:
        tool("pg_restore", restored, f"--dbname={urlsplit(restored).path[1:]}", "--clean", "--if-exists", dump)
        done(restored, log, "project")
        done(restored, log, "verify")
        done(restored, log, "export", "transitions", "--to", tmp_path / "restored.csv")
        other = f"{kafka_server.url}/{kafka_prefix}b"
        done(restored, other, "log", "create", "--partitions", "2")
        ahead = [hepledger(restored, other, *asked) for asked in (("project",), ("project", "--follow"), ("verify",))]

    assert (tmp_path / "restored.csv").read_bytes() == (tmp_path / "lost.csv").read_bytes()
    assert [each.returncode for each in ahead] == [5, 5, 5], ahead
    assert "log and reader do not belong together" in ahead[0].stderr
