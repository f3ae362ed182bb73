"""A registry on real servers for tests of faults: where it is, what it holds by now, and whether it came through."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy import Engine, func, select

from hepledger.bootstrap import create_log, create_registry, open_registry
from hepledger.cli.working import projected_sets
from hepledger.config import Config, config_from
from hepledger.database import reading
from hepledger.log.port import NewEntry
from hepledger.state.unit_of_work import begin_on
from hepledger.tables import checkpoint, fact, outbox, parked
from hepledger_events.streams import DERIVED, REPORTED
from tests.support import derived_reader
from tests.support.databases import opened
from tests.support.fault_judge import SETS, verdict, verdict_so_far
from tests.support.fault_processes import Crew, Running
from tests.support.load_writer import open_log
from tests.support.projecting import State

PARTITIONS = 6
BATCH = 40
"""Events a transaction: many transactions, so that a fault finds one that is open."""

CRITERIA = tuple(word for name in SETS for word in ("--criteria", name))


@dataclass(frozen=True, slots=True)
class Field:
    """A registry: its settings as HEPLEDGER_… variables, and an engine of the test's own to look at its state."""

    settings: Mapping[str, str]
    engine: Engine

    @property
    def config(self) -> Config:
        """Its settings, read."""
        return config_from(self.settings)

    @property
    def environment(self) -> dict[str, str]:
        """What its processes are started with."""
        ours = {name: value for name, value in os.environ.items() if not name.startswith("HEPLEDGER_")}
        return {**ours, **self.settings, "PYTHONUNBUFFERED": "1"}

    @property
    def state(self) -> State:
        """Its state, to be read."""
        return State(self.engine, begin_on(self.engine), [])

    def fill(self, entries: Collection[NewEntry]) -> list[bytes]:
        """Append events at once; gives their ids."""
        with open_log(self.config, REPORTED) as log:
            log.append(list(entries))
        return [entry.event_id for entry in entries]

    def taken(self) -> int:
        """How many facts it holds by now."""
        with reading(self.engine) as snapshot:
            return snapshot.execute(select(func.count()).select_from(fact)).scalar_one()

    def owners(self) -> dict[int, str]:
        """Who holds which partition of the first projection."""
        with reading(self.engine) as snapshot:
            rows = snapshot.execute(select(checkpoint).where(checkpoint.c.projection_id == 1))
            return {row.partition: row.owner for row in rows}

    def settled(self) -> Settled:
        """Whether all that the log holds now is taken in under every set, and everything is told."""
        with open_log(self.config, REPORTED) as log:
            return Settled(self.engine, {partition: head for partition, head in log.heads().items() if head})

    def parked(self) -> set[str]:
        """Who is parked."""
        with reading(self.engine) as snapshot:
            return set(snapshot.execute(select(parked.c.key)).scalars())

    def assert_sound_so_far(self) -> None:
        """What was taken in by now is as projected from nothing, and all that follows from it is told or waits to be."""
        with open_log(self.config, REPORTED) as log, open_log(self.config, DERIVED) as derived:
            assert verdict_so_far(self.state, derived_reader.entries_of(derived), log) == []

    def assert_came_through(self, appended: Collection[bytes]) -> derived_reader.Told:
        """The state is the one projected from nothing, nothing is lost or doubled, every change is told once. Gives what is told."""
        with open_log(self.config, REPORTED) as log, open_log(self.config, DERIVED) as derived:
            stream = derived_reader.entries_of(derived)
            assert verdict(self.state, stream, log, appended) == []
        return derived_reader.told(stream)


@dataclass(slots=True)
class Settled:
    """A question to be asked again and again; it remembers what was still missing the last time."""

    engine: Engine
    heads: Mapping[int, int]
    missing: object = None

    def __call__(self) -> bool:
        """Whether all checkpoints have reached the heads, and the outbox is empty."""
        with reading(self.engine) as snapshot:
            rows = snapshot.execute(select(checkpoint)).all()
            waiting = snapshot.execute(select(func.count()).select_from(outbox)).scalar_one()
        at = {(row.projection_id, row.partition): row.next_offset for row in rows}
        places = [(number, partition) for number in range(1, len(SETS) + 1) for partition in self.heads]
        behind = {place: (at.get(place), self.heads[place[1]]) for place in places}
        late = {place: pair for place, pair in behind.items() if (pair[0] or 0) < pair[1]}
        self.missing = {"checkpoints behind": late, "waiting in the outbox": waiting}
        return not (late or waiting)


def project(crew: Crew, **settings: str) -> Running:
    """Takes in what there is, in one process."""
    return crew.hepledger("project", *CRITERIA, **settings)


def follow(crew: Crew, workers: int, **settings: str) -> Running:
    """Workers that go on until they are stopped, and the parent that looks after them."""
    return crew.hepledger("project", "--follow", "--workers", str(workers), *CRITERIA, **settings)


def at_work(field: Field, crew: Crew, workers: int) -> Running:
    """The same, each with its share of the partitions."""
    parent = follow(crew, workers)
    crew.until(
        lambda: len(field.owners()) == field.config.partitions and len(set(field.owners().values())) == workers,
        needed=(parent,),
    )
    return parent


@contextmanager
def field_on(database_url: str, log_url: str, partitions: int = PARTITIONS) -> Iterator[Field]:
    """A new registry."""
    settings = {
        "HEPLEDGER_DATABASE_URL": database_url,
        "HEPLEDGER_LOG_URL": log_url,
        "HEPLEDGER_PARTITIONS": str(partitions),
        "HEPLEDGER_BATCH_SIZE": str(BATCH),
        "HEPLEDGER_SESSION_SECONDS": "6",
    }
    config = config_from(settings)
    if config.kafka is not None:
        create_log(config, partitions, 1)
    create_registry(config, lambda: datetime.now(UTC))
    with open_registry(config, lambda: datetime.now(UTC)) as registry:
        projected_sets(registry, SETS)  # numbered in this order, whichever process is the first
    with opened(database_url, tables=False) as engine:
        yield Field(settings, engine)


def by_way_of(field: Field, database_url: str) -> Field:
    """The same registry, its database found at another address."""
    return replace(field, settings={**field.settings, "HEPLEDGER_DATABASE_URL": database_url})
