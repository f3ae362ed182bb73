"""What would hurt a registry on PostgreSQL, found before it hurts. The server's disk and backups are its keeper's to watch."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from hepledger.reporting.doctor import Finding, Level
from hepledger.reporting.queries_server import ServerSettings

OLDEST = 150_000
ENCODING = "UTF8"


def examine_server(found: ServerSettings) -> Iterator[Finding]:
    """The version, what is on disk when a commit returns, and what the registry needs to work."""
    said = f"PostgreSQL {found.version}, Python {sys.version.split()[0]}"
    if found.version_number < OLDEST:
        yield Finding("postgresql", Level.FAILED, said, f"{OLDEST // 10_000} or newer is needed")
    else:
        yield Finding("postgresql", Level.OK, said)
    yield _durability(found)
    if found.encoding == ENCODING:
        yield Finding("encoding", Level.OK, "every text can be stored")
    else:
        said = f"the database is encoded in {found.encoding}: some texts of centres cannot be stored"
        yield Finding("encoding", Level.FAILED, said, f"create it with ENCODING '{ENCODING}'")
    if found.read_only:
        yield Finding("standby", Level.FAILED, "this server is a standby and takes no events", "use the primary one")
    if not found.temporary_tables:
        said = "this user may not create temporary tables, through which rows are written"
        yield Finding("rights", Level.FAILED, said, "GRANT TEMPORARY ON DATABASE … TO …")
    if found.broken_indexes:
        said = f"{found.broken_indexes} indexes are not valid"
        yield Finding("integrity", Level.FAILED, said, "REINDEX them")


def _durability(found: ServerSettings) -> Finding:
    lax = {
        "synchronous_commit": found.synchronous_commit == "off",
        "fsync": found.fsync == "off",
        "full_page_writes": found.full_page_writes == "off",
    }
    off = [name for name, is_off in lax.items() if is_off]
    if off:
        said = f"{', '.join(off)} off: an acknowledged event may be lost"
        return Finding("durability", Level.FAILED, said, "set on, in the server's configuration")
    return Finding(
        "durability", Level.OK, f"a commit waits for the disk (synchronous_commit {found.synchronous_commit})"
    )
