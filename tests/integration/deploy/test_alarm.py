"""What watches the registry: quiet where nothing is wrong, and a line for each thing that a person should look at."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.test_exports import course_of_lee_001
from tests.support.command import home_in, write_ndjson
from tests.support.words import ROOT

PROGRAM = ROOT / "deploy" / "examples" / "alarm.py"


def alarm(status: object, *options: str) -> tuple[int, list[str]]:
    """Whether it rings, and why."""
    command = [sys.executable, "-I", str(PROGRAM), *options]
    result = subprocess.run(command, input=json.dumps(status), capture_output=True, check=False, text=True)
    assert result.stderr == ""
    return result.returncode, result.stdout.splitlines()


def status_of(**different: Any) -> dict[str, Any]:
    """A registry that has taken everything in, but for what is said."""
    place = {"partition": 0, "next_offset": 7, "lag_events": 0, "lag_seconds": 0.0}
    projection = {"criteria": "hegade-2011", "parked_patients": 0, "partitions": [place]}
    quiet = {
        "reported": [{"partition": 0, "next_offset": 7}],
        "projections": [projection],
        "waiting_to_be_relayed": 0,
        "quarantined": 0,
    }
    return {**quiet, **different}


def projection(next_offset: int = 7, seconds: float = 0.0, parked: int = 0) -> list[dict[str, Any]]:
    place = {"partition": 0, "next_offset": next_offset, "lag_seconds": seconds}
    return [{"criteria": "hegade-2011", "parked_patients": parked, "partitions": [place]}]


def test_it_is_quiet_where_everything_was_taken_in() -> None:
    assert alarm(status_of(), "--lag-seconds", "0", "--lag-events", "0", "--unpublished", "0") == (0, [])


@pytest.mark.parametrize(
    ("status", "options", "reason"),
    [
        (status_of(projections=projection(5, 301)), (), "hegade-2011 is 2 events behind, the oldest for 301 seconds"),
        (status_of(projections=projection(5, 1)), ("--lag-events", "1"), "hegade-2011 is 2 events behind, the oldest for 1 seconds"),
        (status_of(projections=projection(parked=3)), (), "3 patients are parked under hegade-2011"),
        (status_of(waiting_to_be_relayed=1), ("--unpublished", "0"), "1 derived events wait to be published"),
        (status_of(quarantined=2), ("--quarantined", "1"), "2 refused records are open"),
        (status_of(projections=projection(8)), (), "hegade-2011 stands where the log does not reach: was one of them restored from a backup?"),
        (status_of(projections=[]), (), "events are in the log, and nothing was projected"),
    ],
)  # fmt: skip
def test_it_says_what_a_person_should_look_at(status: object, options: tuple[str, ...], reason: str) -> None:
    assert alarm(status, *options) == (1, [reason])


def test_what_is_within_the_limits_is_no_reason() -> None:
    assert alarm(status_of(projections=projection(5, 299), waiting_to_be_relayed=9, quarantined=4)) == (0, [])


def test_a_partition_that_no_worker_has_begun_counts_as_behind() -> None:
    heads = [{"partition": 0, "next_offset": 7}, {"partition": 1, "next_offset": 4}]
    code, (reason,) = alarm(status_of(reported=heads), "--lag-events", "0")

    assert (code, reason.startswith("hegade-2011 is 4 events behind")) == (1, True)


def test_it_reads_the_status_of_a_registry(tmp_path: Path) -> None:
    home = home_in(tmp_path)
    home.done("init")
    assert alarm(home("status", "--json").json, "--lag-events", "0")[0] == 0
    home.done("ingest", write_ndjson(tmp_path / "delivery.ndjson", course_of_lee_001()))
    assert alarm(home("status", "--json").json, "--lag-events", "0")[0] == 1
    home.done("project")
    assert alarm(home("status", "--json").json, "--lag-events", "0", "--unpublished", "0", "--quarantined", "0") == (
        0,
        [],
    )
