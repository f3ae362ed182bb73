"""The composition root: the one place that says which real thing stands behind which port, and builds it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Engine

from hepledger.clinical.facts import microseconds
from hepledger.config import DATABASE_FILE, Config
from hepledger.database import make_engine, reading, sqlite_url
from hepledger.errors import RegistryMissing, WrongUsage
from hepledger.intake.criteria_files import CriteriaFile, read_criteria
from hepledger.log.chain import ChainedLog
from hepledger.log.faults import StreamMissing
from hepledger.log.port import EventLog
from hepledger.log.sql import create_stream, open_stream
from hepledger.projection.rebuild import rebuild
from hepledger.projection.sets import Projected
from hepledger.reporting.queries import Snapshot
from hepledger.state import catalogue, migrate
from hepledger.state.catalogue import KnownCriteria
from hepledger.state.quarantine import QuarantineStore
from hepledger.state.unit_of_work import Begin, UnitOfWork, begin_on
from hepledger_events.streams import DERIVED, REGISTRY, REPORTED

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """An open registry: what every use case is handed."""

    config: Config
    clock: Clock
    engine: Engine
    reported: EventLog
    derived: EventLog
    decisions: EventLog  # about the registry itself: published criteria
    chains: tuple[
        tuple[ChainedLog, int], ...
    ]  # logs whose hash chain is ours to verify, and how many partitions each has
    quarantine: QuarantineStore
    begin: Begin

    def reading(self) -> AbstractContextManager[Snapshot]:
        """One consistent view of the state, which disturbs no writer."""
        return reading(self.engine)

    def now(self) -> int:
        """The time as the state stores it: µs since 1970 UTC."""
        return microseconds(self.clock())

    def criteria_named(self, snapshot: Snapshot, name: str | None) -> KnownCriteria:
        """The set of `ID` (its newest version) or `ID@VERSION`; without a name, the active one. Raises CriteriaUnknown."""
        known = UnitOfWork(snapshot)
        return catalogue.get_active(known) if name is None else catalogue.get_criteria(known, name)


@contextmanager
def open_registry(config: Config, clock: Clock) -> Iterator[Registry]:
    """The registry of the settings. Raises RegistryMissing, SchemaOutdated, DatabaseUnavailable."""
    engine = _engine(config)
    try:
        migrate.check_current(engine)
        yield _assembled(config, clock, engine)
    finally:
        engine.dispose()


def create_registry(config: Config, clock: Clock) -> bool:
    """Creates the registry, or what an interrupted creation left out; false if it was there. Raises SchemaOutdated."""
    _make_home(config.home)
    engine = make_engine(sqlite_url(config.database))
    try:
        standing = migrate.current_revision(engine)
        if standing is not None:
            migrate.check_current(engine)
        _furnish(config, clock, engine)
        return standing is None
    finally:
        engine.dispose()


def _make_home(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except FileExistsError:
        raise WrongUsage(f"{folder} is not a folder: a registry needs one of its own") from None
    except OSError as error:
        raise WrongUsage(f"the folder {folder} cannot be made: {error.strerror or error}") from None


def migrate_registry(config: Config, clock: Clock) -> tuple[str | None, str | None]:
    """Upgrades the database; gives its revision before and after. Raises RegistryMissing."""
    engine = _engine(config)
    try:
        before = migrate.current_revision(engine)
        _furnish(config, clock, engine)
        return before, migrate.current_revision(engine)
    finally:
        engine.dispose()


def shipped_criteria() -> list[CriteriaFile]:
    """The criteria sets that travel with the program."""
    folder = resources.files("hepledger.clinical") / "criteria_sets"
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name)
    return [read_criteria(file.read_bytes(), file.name) for file in files]


def _engine(config: Config) -> Engine:
    if not config.database.exists():
        raise RegistryMissing(f"there is no registry in {config.home}: create one with `hepledger init`")
    return make_engine(sqlite_url(config.database))


def _furnish(config: Config, clock: Clock, engine: Engine) -> None:
    """Tables, streams, shipped criteria, the active set; what is there already stays as it is."""
    migrate.upgrade(engine)
    for stream, partitions in ((REPORTED, config.partitions), (DERIVED, config.partitions), (REGISTRY, 1)):
        _ensure_stream(engine, stream, partitions)
    with begin_on(engine)() as uow:
        catalogue.register(uow, [file.document for file in shipped_criteria()])
        if catalogue.find_active(uow) is None:
            catalogue.make_active(uow, catalogue.get_active(uow), microseconds(clock()))
        uow.commit()


def _ensure_stream(engine: Engine, stream: str, partitions: int) -> None:
    try:
        open_stream(engine, stream)
    except StreamMissing:
        create_stream(engine, stream, partitions)


def _assembled(config: Config, clock: Clock, engine: Engine) -> Registry:
    reported, derived, decisions = (open_stream(engine, stream) for stream in (REPORTED, DERIVED, REGISTRY))
    return Registry(
        config=config,
        clock=clock,
        engine=engine,
        reported=reported,
        derived=derived,
        decisions=decisions,
        chains=tuple((log, log.partitions) for log in (reported, derived, decisions)),
        quarantine=QuarantineStore(engine),
        begin=begin_on(engine),
    )


@contextmanager
def rebuilt(
    registry: Registry, known: Sequence[KnownCriteria], until: Mapping[int, int], tell: Callable[[int], None]
) -> Iterator[tuple[Snapshot, list[Projected]]]:
    """The projections of some sets derived from nothing, from the log below some offsets, in a database that is thrown away.

    It is made in the registry's own folder: nowhere else is sure to have the room, and to be closed to other users.
    """
    with TemporaryDirectory(prefix="verify-", dir=registry.config.home) as folder:
        engine = make_engine(sqlite_url(Path(folder) / DATABASE_FILE))
        try:
            migrate.upgrade(engine)
            sets = rebuild(registry.reported, begin_on(engine), known, until, registry.clock, tell)
            with reading(engine) as snapshot:
                yield snapshot, sets
        finally:
            engine.dispose()
