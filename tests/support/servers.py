"""The one place a test or a benchmark asks for a real PostgreSQL or a real Apache Kafka.

Three ways, in this order: an address in the environment; a container, when a Docker engine answers; the programs of this machine.
Where none leads to a server, `NoServer` says why each did not: a test is then skipped with these reasons, and fails in CI.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import pytest

from tests.support import server_kafka, server_postgresql
from tests.support.server_handle import Server
from tests.support.server_program import Unavailable

POSTGRESQL_URL = "HEPLEDGER_TEST_POSTGRESQL_URL"
"""postgresql://user:secret@host:port/database of a server where databases may be created and dropped."""

KAFKA = "HEPLEDGER_TEST_KAFKA"
"""host:port of a broker where topics may be created and deleted."""

WAYS = "HEPLEDGER_TEST_SERVERS"
"""Which of `containers` and `programs` may be tried, if not both."""


class NoServer(Exception):
    """There is no such server to be had."""

    def __init__(self, kind: str, variable: str, reasons: Mapping[str, str]) -> None:
        told = "; ".join(f"{way}: {reason}" for way, reason in reasons.items())
        super().__init__(f"no {kind} at hand: {variable} is not set; {told}")


def open_postgresql(environment: Mapping[str, str] = os.environ, *, durable: bool = False) -> Server:
    """A running PostgreSQL, to be closed. ``durable``: what is committed outlives a loss of power, as in production.

    Raises NoServer; an address in the environment that does not answer is an error of its own.
    """
    if url := environment.get(POSTGRESQL_URL):
        return server_postgresql.elsewhere(url)

    def in_container() -> Server:
        from tests.support.server_containers import start_postgresql  # noqa: PLC0415 - slow to import, rarely needed

        return start_postgresql(durable=durable)

    ways = {"containers": in_container, "programs": lambda: server_postgresql.start_postgresql(durable=durable)}
    return _first("PostgreSQL", POSTGRESQL_URL, ways, environment)


def open_kafka(environment: Mapping[str, str] = os.environ) -> Server:
    """A running Apache Kafka of one broker, to be closed. Raises NoServer; see `open_postgresql`."""
    if address := environment.get(KAFKA):
        return server_kafka.elsewhere(address)

    def in_container() -> Server:
        from tests.support.server_containers import start_kafka  # noqa: PLC0415 - slow to import, rarely needed

        return start_kafka()

    return _first(
        "Apache Kafka", KAFKA, {"containers": in_container, "programs": server_kafka.start_kafka}, environment
    )


def in_ci(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether a missing server is a failure."""
    return environment.get("CI", "").lower() in {"1", "true", "yes"}


@contextmanager
def lent(open_server: Callable[[], Server]) -> Iterator[Server]:
    """A server for tests, stopped at the end; without one the tests are skipped, and fail in CI."""
    try:
        server = open_server()
    except NoServer as missing:
        if in_ci():
            pytest.fail(f"{missing} (in CI every test runs)", pytrace=False)
        pytest.skip(str(missing))
    with server:
        yield server


def _first(
    kind: str, variable: str, ways: Mapping[str, Callable[[], Server]], environment: Mapping[str, str]
) -> Server:
    allowed = environment.get(WAYS, " ".join(ways)).split()
    reasons: dict[str, str] = {}
    for way, start in ways.items():
        if way not in allowed:
            reasons[way] = f"left out by {WAYS}"
            continue
        try:
            return start()
        except Unavailable as reason:
            reasons[way] = str(reason)
    raise NoServer(kind, variable, reasons)
