"""A registry on PostgreSQL whose log is in the database or on Kafka, as the commands of a test find it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from hepledger.bootstrap import Registry, open_registry
from hepledger.config import config_from
from hepledger.log.port import NewEntry


@contextmanager
def opened_at(url: str) -> Iterator[Registry]:
    """The registry, as the environment says."""
    with open_registry(config_from(os.environ, database_url=url), lambda: datetime.now(UTC)) as registry:
        yield registry


def append_to(url: str, entries: Sequence[NewEntry]) -> None:
    """Put entries into the log of a registry."""
    with opened_at(url) as registry:
        registry.reported.append(entries)


def log_on(log: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Say to the commands that the log is on ``kafka``, or in the database (``sql``); whether it is to be created first."""
    if log == "sql":
        return False
    server, prefix = request.getfixturevalue("kafka_server"), request.getfixturevalue("kafka_prefix")
    monkeypatch.setenv("HEPLEDGER_LOG_URL", f"{server.url}/{prefix}")
    return True
