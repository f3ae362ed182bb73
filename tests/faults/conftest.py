"""A registry on servers of its own for each test of faults, and the processes that work on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.fault_field import Field, field_on
from tests.support.fault_processes import Crew, crew
from tests.support.server_handle import Server
from tests.support.server_postgresql import fresh_database


@pytest.fixture
def field(postgresql_url: str, kafka_server: Server, kafka_prefix: str) -> Iterator[Field]:
    """A registry on PostgreSQL, its log on Kafka."""
    with field_on(postgresql_url, f"{kafka_server.url}/{kafka_prefix}") as registry:
        yield registry


@pytest.fixture
def durable_field(durable_postgresql_server: Server, kafka_server: Server, kafka_prefix: str) -> Iterator[Field]:
    """The same on a PostgreSQL that may be killed."""
    with (
        fresh_database(durable_postgresql_server) as url,
        field_on(url, f"{kafka_server.url}/{kafka_prefix}") as registry,
    ):
        yield registry


@pytest.fixture
def hands(field: Field, tmp_path: Path) -> Iterator[Crew]:
    """Processes on the registry; all of them are gone after the test."""
    with crew(tmp_path, field.environment) as mine:
        yield mine


@pytest.fixture
def durable_hands(durable_field: Field, tmp_path: Path) -> Iterator[Crew]:
    """The same, on the PostgreSQL that may be killed."""
    with crew(tmp_path, durable_field.environment) as mine:
        yield mine
