"""An engine of a test's own, given back at the end: a connection to a server that nobody closes is a warning, and so an error."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine

from hepledger.database import make_engine
from hepledger.tables import METADATA


@contextmanager
def opened(url: str, *, tables: bool = True, busy_seconds: float = 30.0) -> Iterator[Engine]:
    """An engine on a database, which gets our tables unless it is to be left as it is."""
    engine = make_engine(url, busy_seconds=busy_seconds)
    try:
        if tables:
            METADATA.create_all(engine)
        yield engine
    finally:
        engine.dispose()
