"""Settings come from options and from `HEPLEDGER_…` variables, are read once, and are handed on as one value.

Nobody else looks at the environment.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from hepledger.errors import WrongUsage

PREFIX = "HEPLEDGER_"
DEFAULT_HOME = "hepledger-data"
DATABASE_FILE = "hepledger.sqlite"
SQLITE = "sqlite:///"
SQL_LOG = "sql:"
KAFKA = "kafka://"
POSTGRESQL = frozenset({"postgresql", "postgres", "postgresql+psycopg"})

# From CRASHPOINT on they are read elsewhere: by the crash points of the projector and by the tests.
SETTINGS = (
    "HOME DATABASE_URL LOG_URL PARTITIONS REPLICATION BATCH_SIZE PARKED_PERCENT WORKER_NAME SESSION_SECONDS OUTAGE_SECONDS DEBUG"
    " CRASHPOINT SHARED_DATA TEST_POSTGRESQL_URL TEST_KAFKA TEST_SERVERS"
)
KNOWN_SETTINGS = frozenset(PREFIX + name for name in SETTINGS.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Where a registry lives and how it is worked."""

    database: Path  # the SQLite file: state and log, unless `server` is set
    server: str | None = None  # the URL of a PostgreSQL database: state, and log unless `kafka` is set
    kafka: str | None = None  # the URL of an Apache Kafka: the log
    partitions: int = 1  # of the reported stream; fixed when the registry is created
    partitions_set: int | None = None  # the same, if somebody set it
    replication: int = 1  # on how many brokers an event stands, of a log on Kafka; fixed when its topics are created
    batch_size: int = 10_000  # events taken at most into one transaction
    parked_percent: int = 10  # above this share of parked patients the projector stops
    worker_name: str = ""  # of this machine's workers in their group; without one, that of the host
    session_seconds: int = 45  # a worker of a group that is not heard of for so long loses its partitions
    outage_seconds: int = 300  # so long a worker that follows waits for a service that is away
    debug: bool = False  # show the traceback of an unexpected failure

    @property
    def home(self) -> Path:
        """The folder of the embedded registry."""
        return self.database.parent

    @property
    def place(self) -> str:
        """Where the registry is, as a user may read it: of a URL what names the database, never a password."""
        if self.server is None:
            return str(self.database)
        parts = urlsplit(self.server)
        return f"postgresql://{parts.netloc.rpartition('@')[2]}{parts.path}"


def config_from(
    environment: Mapping[str, str],
    *,
    home: str | None = None,
    database_url: str | None = None,
    log_url: str | None = None,
    debug: bool = False,
) -> Config:
    """Options first, then `HEPLEDGER_…` variables, then defaults. Raises WrongUsage naming all that cannot be read."""
    faults: list[str] = []
    for option, given in (("--home", home), ("--database-url", database_url), ("--log-url", log_url)):
        if given is not None and not given.strip():
            faults.append(f"{option} is empty: leave it out, or say which registry is meant")
    database, server = _database(environment, home, database_url)
    return _checked(
        faults,
        Config(
            database=database,
            server=server,
            kafka=_kafka(log_url or environment.get(PREFIX + "LOG_URL") or SQL_LOG),
            partitions=(partitions := _whole(environment, "PARTITIONS", 1, 1, 1_000, faults)),
            partitions_set=partitions if environment.get(PREFIX + "PARTITIONS") else None,
            replication=_whole(environment, "REPLICATION", 1, 1, 10, faults),
            batch_size=_whole(environment, "BATCH_SIZE", 10_000, 1, 1_000_000, faults),
            parked_percent=_whole(environment, "PARKED_PERCENT", 10, 0, 100, faults),
            worker_name=environment.get(PREFIX + "WORKER_NAME", "").strip(),
            session_seconds=_whole(environment, "SESSION_SECONDS", 45, 6, 1_800, faults),
            outage_seconds=_whole(environment, "OUTAGE_SECONDS", 300, 0, 86_400, faults),
            debug=debug or environment.get(PREFIX + "DEBUG", "").lower() in {"1", "true", "yes"},
        ),
    )


def _checked(faults: list[str], config: Config) -> Config:
    if faults:
        raise WrongUsage("; ".join(faults))
    return config


def _database(environment: Mapping[str, str], home: str | None, database_url: str | None) -> tuple[Path, str | None]:
    """The file, and the URL of a server; an option beats a variable of either kind, two of one rank contradict each other."""
    from_environment = environment.get(PREFIX + "HOME"), environment.get(PREFIX + "DATABASE_URL")
    for names, (folder, url) in (
        ("--home and --database-url", (home, database_url)),
        ("HEPLEDGER_HOME and HEPLEDGER_DATABASE_URL", from_environment),
    ):
        if folder and url:
            raise WrongUsage(f"{names} name two registries: give one of them")
        if url:
            return _file_or_server(url)
        if folder:
            return Path(folder) / DATABASE_FILE, None
    return Path(DEFAULT_HOME) / DATABASE_FILE, None


def _file_or_server(url: str) -> tuple[Path, str | None]:
    """Nothing of a URL but its scheme is repeated in a message: there may be a password in it."""
    if url.startswith(SQLITE) and len(url) > len(SQLITE):
        return Path(url.removeprefix(SQLITE)), None
    scheme, _, rest = url.partition("://")
    if scheme in POSTGRESQL and rest:
        return Path(DEFAULT_HOME) / DATABASE_FILE, f"postgresql://{rest}"
    if scheme == "sqlite" or url.startswith("sqlite:"):
        raise WrongUsage(f"{url} names no file: write sqlite:///FILE, or use --home DIR")
    known = "write sqlite:///FILE or postgresql://USER@HOST/DATABASE, or use --home DIR"
    raise WrongUsage(f"a database of the kind {url.partition(':')[0]!r} is not known: {known}")


def _kafka(log_url: str) -> str | None:
    if log_url == SQL_LOG:
        return None
    if log_url.startswith(KAFKA):
        return log_url
    known = "write sql: (in the database) or kafka://HOST:PORT"
    raise WrongUsage(f"a log of the kind {log_url.partition(':')[0]!r} is not known: {known}")


def _whole(environment: Mapping[str, str], name: str, default: int, low: int, high: int, faults: list[str]) -> int:
    text = environment.get(PREFIX + name, "").strip() or str(default)
    if text.isascii() and text.isdigit() and low <= int(text) <= high:
        return int(text)
    faults.append(f"{PREFIX}{name}={text} is not a whole number from {low} to {high}")
    return default
