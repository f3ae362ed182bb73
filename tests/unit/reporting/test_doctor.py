"""What the doctor finds, and what it does not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hepledger.reporting.doctor import (
    DatabaseHealth,
    Finding,
    Level,
    examine_database,
    examine_folder,
    examine_settings,
    file_system_of,
)

NOW = datetime(2024, 3, 1, 12, tzinfo=UTC)
SOUND = DatabaseHealth(
    sqlite=(3, 45, 0),
    journal_mode="wal",
    synchronous=2,
    damage=(),
    partitions=4,
    newest=NOW - timedelta(days=1),
    parked=0,
    quarantined=0,
    held=0,
)


def worst(findings: Iterable[Finding]) -> dict[str, Level]:
    return {finding.check: finding.level for finding in findings if finding.level is not Level.OK}


def test_a_sound_registry_has_nothing_to_say() -> None:
    assert worst(examine_database(SOUND, NOW, 4)) == {}
    assert worst(examine_settings({"HEPLEDGER_HOME": "here", "PATH": "/bin"})) == {}


@pytest.mark.parametrize(
    ("sick", "check", "level"),
    [
        (replace(SOUND, sqlite=(3, 30, 1)), "sqlite", Level.FAILED),
        (replace(SOUND, journal_mode="delete"), "durability", Level.FAILED),
        (replace(SOUND, synchronous=1), "durability", Level.FAILED),
        (replace(SOUND, damage=("row 3 missing from index",)), "integrity", Level.FAILED),
        (replace(SOUND, partitions=1), "partitions", Level.WARNING),
        (replace(SOUND, newest=NOW + timedelta(hours=1)), "clock", Level.FAILED),
        (replace(SOUND, parked=2), "parked", Level.WARNING),
        (replace(SOUND, quarantined=6), "quarantine", Level.WARNING),
        (replace(SOUND, held=1), "outbox", Level.WARNING),
    ],
)
def test_each_trouble_is_found_and_no_other(sick: DatabaseHealth, check: str, level: Level) -> None:
    assert worst(examine_database(sick, NOW, 4)) == {check: level}


def test_a_setting_nobody_knows_is_a_warning_and_a_crash_point_a_failure() -> None:
    assert worst(examine_settings({"HEPLEDGER_HOUSE": "here"})) == {"settings": Level.WARNING}
    assert worst(examine_settings({"HEPLEDGER_CRASHPOINT": "after-facts"})) == {"settings": Level.FAILED}


def test_a_database_that_everybody_may_read_is_a_warning(tmp_path: Path) -> None:
    database = tmp_path / "hepledger.sqlite"
    database.touch()
    database.chmod(0o644)
    tmp_path.chmod(0o755)
    assert worst(examine_folder(database)) == {"privacy": Level.WARNING}
    tmp_path.chmod(0o700)
    assert worst(examine_folder(database)) == {}


def test_the_file_system_is_that_of_the_innermost_mount(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/a / ext4 rw 0 0\nserver:/x {tmp_path} nfs4 rw 0 0\n")
    assert file_system_of(tmp_path / "registry", mounts) == "nfs4"
    assert file_system_of(Path("/"), mounts) == "ext4"
    assert file_system_of(tmp_path, tmp_path / "missing") is None
