"""PostgreSQL from the machine's own binaries, and a database of its own for every test.

The cluster sorts text as a language does, not by bytes: a query that leans on the order of one database shows here.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from tests.support.server_handle import Server, started
from tests.support.server_program import Program, Unavailable, free_port, own_folder, run_once, unprivileged

USER = "hepledger"
USUAL_PLACES = ("/usr/lib/postgresql", "/usr/pgsql-*")
OLDEST = 15

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
}
CARELESS = {"fsync": "off", "full_page_writes": "off"}
"""A process that is killed loses nothing by these, only a machine would; and tests are faster."""


def binaries() -> Path:
    """The folder of the newest initdb and postgres that are at hand. Raises Unavailable."""
    found = {
        _version(folder): folder
        for folder in _folders()
        if (folder / "initdb").exists() and (folder / "postgres").exists()
    }
    newest = max(found, default=0)
    if newest < OLDEST:
        raise Unavailable(f"initdb and postgres {OLDEST} or newer are neither on PATH nor in their usual places")
    return found[newest]


def start_postgresql(*, durable: bool = False) -> Server:
    """A PostgreSQL of our own with a random password. Raises Unavailable with the reason."""
    programs, account, port, password = binaries(), unprivileged(), free_port(), secrets.token_hex(12)
    folder = own_folder("postgresql", account)
    settings = {**SETTINGS, "port": str(port), **({} if durable else CARELESS)}
    machine = Program(
        command=[
            programs / "postgres",
            "-D",
            folder / "data",
            *(f"--{name}={value}" for name, value in settings.items()),
        ],
        folder=folder,
        account=account,
        stop_signal=signal.SIGINT,  # the fast way: open transactions are rolled back, connections closed
    )
    url = f"postgresql://{USER}:{password}@127.0.0.1:{port}/postgres"
    server = Server(url=url, address=f"127.0.0.1:{port}", answers=lambda: ask(url), machine=machine)
    try:
        secret = folder / "secret"
        secret.write_text(password, "utf-8")
        if account:
            os.chown(secret, account.uid, account.gid)
        run_once(_initdb(programs, folder, secret), account)
    except BaseException:
        server.close()
        raise
    return started(server)


def elsewhere(url: str) -> Server:
    """Somebody else's PostgreSQL. Raises Unavailable if it does not answer."""
    parts = urlsplit(url)
    address = f"{parts.hostname}:{parts.port or 5432}"
    return started(Server(url=url, address=address, answers=lambda: ask(url)))


def ask(url: str) -> None:
    """Raises unless the server takes a statement."""
    execute(url, "SELECT 1")


def execute(url: str, statement: str) -> None:
    """Runs a statement of its own, outside any transaction."""
    with closing(psycopg.connect(url, autocommit=True, connect_timeout=5)) as connection:
        connection.execute(statement.encode())


@contextmanager
def fresh_database(server: Server) -> Iterator[str]:
    """The URL of a new, empty database; it is dropped at the end, whoever is still connected."""
    name = f"t_{secrets.token_hex(6)}"
    server.start()
    execute(server.url, f"CREATE DATABASE {name}")
    try:
        yield urlsplit(server.url)._replace(path=f"/{name}").geturl()
    finally:
        server.start()
        execute(server.url, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def _initdb(programs: Path, folder: Path, secret: Path) -> list[str | Path]:
    return [
        programs / "initdb", "-D", folder / "data", "--username", USER, "--pwfile", secret, "--auth", "scram-sha-256",
        "--encoding", "UTF8", "--locale", "C", "--locale-provider", "icu", "--icu-locale", "en-US", "--no-sync", "--no-instructions",
    ]  # fmt: skip


def _folders() -> Iterator[Path]:
    if on_path := shutil.which("initdb"):
        yield Path(on_path).resolve().parent
    for place in USUAL_PLACES:
        yield from Path("/").glob(f"{place[1:]}/*/bin")
        yield from Path("/").glob(f"{place[1:]}/bin")


def _version(folder: Path) -> int:
    answer = subprocess.run([folder / "initdb", "--version"], capture_output=True, check=False, text=True).stdout
    found = re.search(r"\) (\d+)", answer)
    return int(found[1]) if found else 0
