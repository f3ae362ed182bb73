"""What a PostgreSQL server says of itself: the settings on which the promises of the registry rest, and who is at work."""

from __future__ import annotations

from dataclasses import dataclass

from hepledger.reporting.queries import Snapshot

_ASKED = """SELECT current_setting('server_version'), current_setting('server_version_num')::int,
    current_setting('synchronous_commit'), current_setting('fsync'), current_setting('full_page_writes'),
    pg_encoding_to_char(encoding), pg_is_in_recovery(), has_database_privilege(datname, 'TEMPORARY'),
    (SELECT count(*) FROM pg_index WHERE NOT indisvalid)
FROM pg_database WHERE datname = current_database()"""


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """The settings of a server, as our sessions have them."""

    version: str
    version_number: int  # 150004 is 15.4
    synchronous_commit: str
    fsync: str
    full_page_writes: str
    encoding: str
    read_only: bool  # a standby takes no events
    temporary_tables: bool  # this user may create them
    broken_indexes: int


def engine_version(snapshot: Snapshot) -> tuple[str, str]:
    """The name and the version of the database engine."""
    name = snapshot.dialect.name
    asked = "SELECT sqlite_version()" if name == "sqlite" else "SELECT current_setting('server_version')"
    return name, str(snapshot.exec_driver_sql(asked).scalar_one()).partition(" ")[0]


def server_settings(snapshot: Snapshot) -> ServerSettings:
    """What the server says."""
    return ServerSettings(*snapshot.exec_driver_sql(_ASKED).one())
