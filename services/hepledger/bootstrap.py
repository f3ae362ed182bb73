"""The composition root: the one place that says which real thing stands behind which port, and builds it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from hashlib import sha256
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
from hepledger.log.sql import SqlLog, create_stream, open_stream
from hepledger.projection.rebuild import rebuild
from hepledger.projection.rebuild_swap import Progress, Rebuild, Rebuilt
from hepledger.projection.sets import Projected
from hepledger.projection.sharing import FixedShare, GroupShare, Share
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
    """The registry of the settings. Raises RegistryMissing, SchemaOutdated, StreamMissing, DatabaseUnavailable, KafkaUnreachable."""
    engine = _engine(config)
    try:
        migrate.check_current(engine)
        with _logs(config, engine) as logs:
            yield _assembled(config, clock, engine, logs)
    finally:
        engine.dispose()


def create_registry(config: Config, clock: Clock) -> bool:
    """Creates the registry, or what an interrupted creation left out; false if it was there. Raises SchemaOutdated."""
    if config.server is None:
        _make_home(config.home)
    engine = make_engine(config.server or sqlite_url(config.database))
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


def create_log(config: Config, partitions: int, replication: int) -> list[tuple[str, int, bool]]:
    """Creates the topics of a log on Kafka: name, partitions, and whether it was made just now. Raises KafkaUnreachable."""
    if config.kafka is None:
        raise WrongUsage(
            "this log is in the database, where `hepledger init` creates it: --log-url kafka://… names a Kafka"
        )
    from hepledger.log import kafka_topics  # noqa: PLC0415 - as in _open_log

    topics = kafka_topics.create_log(config.kafka, partitions, replication)
    return [(topic.name, topic.partitions, topic.created) for topic in topics]


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
    if config.server is not None:
        return make_engine(config.server)
    if not config.database.exists():
        raise RegistryMissing(f"there is no registry in {config.home}: create one with `hepledger init`")
    return make_engine(sqlite_url(config.database))


def _furnish(config: Config, clock: Clock, engine: Engine) -> None:
    """Tables, streams, shipped criteria, the active set; what is there already stays as it is.

    The streams of a log on Kafka are topics, which are created by somebody with the right to do so.
    """
    migrate.upgrade(engine)
    if config.kafka is None:
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


@contextmanager
def _logs(config: Config, engine: Engine) -> Iterator[tuple[EventLog, EventLog, EventLog]]:
    with ExitStack() as opened:
        reported, derived, decisions = (
            opened.enter_context(closing(_open_log(config, engine, stream))) for stream in (REPORTED, DERIVED, REGISTRY)
        )
        yield reported, derived, decisions


def _open_log(config: Config, engine: Engine, stream: str) -> EventLog:
    if config.kafka is None:
        return open_stream(engine, stream)
    from hepledger.log.kafka import open_kafka_log  # noqa: PLC0415 - the client is not there for whoever has no Kafka

    return open_kafka_log(config.kafka, stream)


def _assembled(config: Config, clock: Clock, engine: Engine, logs: tuple[EventLog, EventLog, EventLog]) -> Registry:
    reported, derived, decisions = logs
    return Registry(
        config=config,
        clock=clock,
        engine=engine,
        reported=reported,
        derived=derived,
        decisions=decisions,
        chains=tuple((log, log.partitions) for log in logs if isinstance(log, SqlLog)),
        quarantine=QuarantineStore(engine),
        begin=begin_on(engine),
    )


def share_of(registry: Registry, sets: Sequence[Projected], member_id: str, partitions: Iterable[int]) -> Share:
    """What a worker is to read under some sets: on Kafka the group decides, one for each choice of sets; else some partitions."""
    log = registry.reported
    if registry.config.kafka is None:
        return FixedShare(log, partitions)
    from hepledger.log.kafka import KafkaLog  # noqa: PLC0415 - as in _open_log

    if not isinstance(log, KafkaLog):
        raise TypeError("the log of a registry with Kafka's address is on Kafka")
    choice = sha256(" ".join(sorted(projected.fingerprint for projected in sets)).encode()).hexdigest()[:16]
    seconds = registry.config.session_seconds
    return GroupShare(partial(log.join, f"hepledger.projectors.{choice}", member_id, session_seconds=seconds))


@contextmanager
def rebuilt(
    registry: Registry, known: Sequence[KnownCriteria], until: Mapping[int, int], tell: Callable[[int], None]
) -> Iterator[tuple[Snapshot, list[Projected]]]:
    """The projections of some sets derived from nothing, from the log below some offsets, in a database that is thrown away.

    It is a SQLite file in the registry's own folder, since nowhere else is sure to have the room and to be closed to other
    users; of a registry on a server, in a closed folder among the temporary files, TMPDIR says where.
    """
    with _aside(registry, "verify-") as engine:
        sets = rebuild(registry.reported, begin_on(engine), known, until, registry.clock, tell)
        with reading(engine) as snapshot:
            yield snapshot, sets


def rebuild_registry(registry: Registry, progress: Progress) -> Rebuilt:
    """Exchanges the state for one derived from nothing. Raises BeingReplayed, LogTooShort; then nothing was changed."""
    with _aside(registry, "rebuild-") as engine:
        live, aside = registry.begin, begin_on(engine)
        return Rebuild(registry.reported, live, aside, clock=registry.clock, progress=progress).run()


@contextmanager
def _aside(registry: Registry, prefix: str) -> Iterator[Engine]:
    """An empty database that is thrown away."""
    home = registry.config.home if registry.config.server is None else None
    with TemporaryDirectory(prefix=prefix, dir=home) as folder:
        engine = make_engine(sqlite_url(Path(folder) / DATABASE_FILE))
        try:
            migrate.upgrade(engine)
            yield engine
        finally:
            engine.dispose()
