"""The servers tests share: each is started at most once in a session, when the first test asks for it."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from tests.support.server_handle import Server
from tests.support.server_kafka import fresh_prefix
from tests.support.server_postgresql import fresh_database
from tests.support.servers import lent, open_kafka, open_postgresql


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Server]:
    """The PostgreSQL of this session."""
    with lent(open_postgresql) as server:
        yield server


@pytest.fixture(scope="session")
def durable_postgresql_server() -> Iterator[Server]:
    """Another one, which waits for the disk as one in production does."""
    with lent(lambda: open_postgresql(durable=True)) as server:
        yield server


@pytest.fixture
def postgresql_url(postgresql_server: Server) -> Iterator[str]:
    """The URL of an empty database of this test's own. The server runs, whatever the test before did to it."""
    with fresh_database(postgresql_server) as url:
        yield url


@pytest.fixture(scope="session")
def kafka_server() -> Iterator[Server]:
    """The Apache Kafka of this session."""
    gc.collect()
    gc.freeze()  # a collection that walks through all that pytest holds stops the clients' network threads, too
    with lent(open_kafka) as server:
        yield server


@pytest.fixture
def kafka_prefix(kafka_server: Server) -> Iterator[str]:
    """How the names of this test's own topics and groups begin. The server runs, whatever the test before did to it."""
    with fresh_prefix(kafka_server) as prefix:
        yield prefix
