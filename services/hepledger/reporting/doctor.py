"""What would hurt this registry, found before it hurts: settings, the folder, the database, the clock, the consumers."""

from __future__ import annotations

import difflib
import os
import shutil
import stat
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from hepledger.config import KNOWN_SETTINGS, PREFIX

OLDEST_SQLITE = (3, 35)  # ON CONFLICT … RETURNING
LEAST_FREE_BYTES = 100_000_000
NETWORK_FILE_SYSTEMS = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "afs"})


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found, and what to do about it."""

    check: str
    level: Level
    said: str
    advice: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What is in the registry, whatever keeps it."""

    partitions: int
    newest: datetime | None  # the latest time of recording in the log
    parked: int
    quarantined: int
    held: int  # derived events that wait to be relayed


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseHealth(Contents):
    """What an embedded database says of itself."""

    sqlite: tuple[int, ...]
    journal_mode: str
    synchronous: int  # 2 is FULL
    damage: tuple[str, ...]  # lines of SQLite's quick check, empty when it is sound


def examine_settings(environment: Mapping[str, str]) -> Iterator[Finding]:
    """Variables that mean nothing, or too much."""
    unknown = sorted(name for name in environment if name.startswith(PREFIX) and name not in KNOWN_SETTINGS)
    for name in unknown:
        near = difflib.get_close_matches(name, KNOWN_SETTINGS, 1)
        yield Finding("settings", Level.WARNING, f"{name} is not a setting", f"did you mean {near[0]}?" if near else "")
    if environment.get(PREFIX + "CRASHPOINT"):
        said = "HEPLEDGER_CRASHPOINT is set: the projector will kill itself on the way"
        yield Finding("settings", Level.FAILED, said, "unset it outside of tests")
    elif not unknown:
        yield Finding("settings", Level.OK, "every HEPLEDGER_… variable is known")


def examine_folder(database: Path) -> Iterator[Finding]:
    """The place the registry lives in."""
    home = database.parent
    if not os.access(home, os.W_OK):
        yield Finding("folder", Level.FAILED, f"{home} cannot be written to", "give this user the right to write there")
    yield _privacy(database)
    yield _room(home, database.stat().st_size)
    kind = file_system_of(home)
    if kind in NETWORK_FILE_SYSTEMS:
        said = f"{home} is on a network file system ({kind}): SQLite's write-ahead log is not safe there"
        yield Finding("file system", Level.FAILED, said, "move the registry to a local disk")
    else:
        yield Finding("file system", Level.OK, f"{kind or 'local'}")


def _privacy(database: Path) -> Finding:
    open_to = stat.S_IMODE(database.stat().st_mode) & (stat.S_IROTH | stat.S_IWOTH)
    closed_above = not stat.S_IMODE(database.parent.stat().st_mode) & stat.S_IXOTH
    if open_to and not closed_above:
        said = "every user of this machine can read the patients' data"
        return Finding("privacy", Level.WARNING, said, f"chmod 700 {database.parent}")
    return Finding("privacy", Level.OK, "the data is closed to other users")


def _room(home: Path, size: int) -> Finding:
    free = shutil.disk_usage(home).free
    said = f"{free // 1_000_000} MB free, the database has {size // 1_000_000} MB"
    if free < LEAST_FREE_BYTES:
        return Finding("disk", Level.FAILED, said, "make room before the next delivery")
    if free < size:
        return Finding("disk", Level.WARNING, said, "`hepledger verify` needs as much again for a while")
    return Finding("disk", Level.OK, said)


def file_system_of(folder: Path, mounts: Path = Path("/proc/mounts")) -> str | None:
    """The kind of file system a folder is on; None where the system does not tell."""
    try:
        lines = [line.split() for line in mounts.read_text().splitlines()]
    except OSError:
        return None
    place = folder.resolve()
    holding = [(len(fields[1]), fields[2]) for fields in lines if place.is_relative_to(fields[1])]
    return max(holding)[1] if holding else None


def examine_database(health: DatabaseHealth, now: datetime, partitions: int | None) -> Iterator[Finding]:
    """What the database and the consumers say; ``partitions`` is the setting, None if nobody set it."""
    version = ".".join(map(str, health.sqlite))
    if health.sqlite < OLDEST_SQLITE:
        yield Finding("sqlite", Level.FAILED, f"SQLite {version} is too old", "3.35 or newer is needed")
    else:
        yield Finding("sqlite", Level.OK, f"SQLite {version}, Python {sys.version.split()[0]}")
    if health.journal_mode != "wal" or health.synchronous < 2:
        said = f"journal {health.journal_mode}, synchronous {health.synchronous}: an acknowledged event may be lost"
        yield Finding("durability", Level.FAILED, said, "journal_mode=WAL and synchronous=FULL are what hepledger sets")
    else:
        yield Finding("durability", Level.OK, "write-ahead log, synchronised in full")
    if health.damage:
        yield Finding("integrity", Level.FAILED, "; ".join(health.damage[:3]), "restore the last backup")
    else:
        yield Finding("integrity", Level.OK, "SQLite finds its file sound")
    yield from examine_contents(health, now, partitions)


def examine_contents(health: Contents, now: datetime, partitions: int | None) -> Iterator[Finding]:
    """What the log and the consumers say; ``partitions`` is the setting, None if nobody set it."""
    if partitions is not None and partitions != health.partitions:
        said = f"HEPLEDGER_PARTITIONS is {partitions}, the log has {health.partitions}"
        yield Finding("partitions", Level.WARNING, said, "the number is fixed when a registry is created: unset it")
    yield _clock(health.newest, now)
    yield from _waiting(health)


def _clock(newest: datetime | None, now: datetime) -> Finding:
    if newest is not None and newest > now + timedelta(seconds=1):
        said = f"the log holds an event recorded {newest - now} after now"
        return Finding("clock", Level.FAILED, said, "set this machine's clock before the next delivery")
    return Finding("clock", Level.OK, f"{now.astimezone(UTC).isoformat(timespec='seconds')}")


def _waiting(health: Contents) -> Iterator[Finding]:
    if health.parked:
        said, advice = f"{health.parked} patients are parked", "`hepledger parked list`, then `parked retry`"
        yield Finding("parked", Level.WARNING, said, advice)
    if health.quarantined:
        said, advice = f"{health.quarantined} refused inputs wait", "`hepledger quarantine list`"
        yield Finding("quarantine", Level.WARNING, said, advice)
    if health.held:
        said, advice = f"{health.held} derived events wait to be relayed", "`hepledger project`"
        yield Finding("outbox", Level.WARNING, said, advice)
