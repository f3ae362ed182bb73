"""What a doctor finds of a server: nothing where all is well, and each thing that would hurt by its name."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hepledger.reporting.doctor import Level
from hepledger.reporting.doctor_server import examine_server
from hepledger.reporting.queries_server import ServerSettings

SOUND = ServerSettings("15.18", 150_018, "on", "on", "on", "UTF8", False, True, 0)


def test_a_sound_server_has_nothing_to_mend() -> None:
    assert {finding.level for finding in examine_server(SOUND)} == {Level.OK}


@pytest.mark.parametrize(
    ("changed", "check", "said"),
    [
        ({"version_number": 140_009}, "postgresql", "PostgreSQL"),
        ({"synchronous_commit": "off"}, "durability", "synchronous_commit off"),
        ({"fsync": "off", "full_page_writes": "off"}, "durability", "fsync, full_page_writes off"),
        ({"encoding": "SQL_ASCII"}, "encoding", "SQL_ASCII"),
        ({"read_only": True}, "standby", "takes no events"),
        ({"temporary_tables": False}, "rights", "temporary tables"),
        ({"broken_indexes": 2}, "integrity", "2 indexes"),
    ],
)
def test_what_would_hurt_is_named(changed: dict[str, object], check: str, said: str) -> None:
    failed = [finding for finding in examine_server(replace(SOUND, **changed)) if finding.level is Level.FAILED]  # type: ignore[arg-type]
    assert [finding.check for finding in failed] == [check]
    assert said in failed[0].said
    assert failed[0].advice
