"""The commands as an operator meets them: what they say, what they end with, what they leave alone."""

from __future__ import annotations

import signal
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hepledger.bootstrap import open_registry
from hepledger.config import config_from
from hepledger.log.port import NewEntry
from tests.support.builders import lab, prescription
from tests.support.command import Home, edited, home_in, write_ndjson

STRICTER = """
id = "house-rules"
version = 1
title = "ALT within its limit, once"
citation = "made up for a test"
[index]
event = "first_result"
[baseline]
window = [0, 0]
[[state]]
code = "N"
label = "Normal"
[[transition]]
to = "N"
from = ["start"]
when = { analyte = "ALT", normal = true }
"""


def test_init_creates_a_registry_once_and_leaves_it_alone_then(tmp_path: Path) -> None:
    home = home_in(tmp_path)
    assert home.done("init").out.startswith("created")
    before = (home.folder / "hepledger.sqlite").read_bytes()
    assert home.done("init").out.startswith("already there")
    assert (home.folder / "hepledger.sqlite").read_bytes() == before


@pytest.mark.parametrize(
    "command",
    [
        ("status",),
        ("project",),
        ("report",),
        ("course", "LEE-001"),
        ("criteria", "list"),
        ("verify",),
        ("migrate",),
        ("queries", "list"),
        ("parked", "list"),
        ("quarantine", "list"),
        ("export", "facts", "--to", "x.csv"),
    ],
)
def test_a_command_says_that_the_registry_is_missing_and_makes_none(tmp_path: Path, command: tuple[str, ...]) -> None:
    home = home_in(tmp_path)
    answer = home(*command)
    assert (answer.code, answer.out) == (2, "")
    assert "hepledger init" in answer.err
    assert not home.folder.exists()


def test_a_database_without_our_schema_is_said_to_be_no_registry(tmp_path: Path) -> None:
    home = home_in(tmp_path)
    home.folder.mkdir()
    (home.folder / "hepledger.sqlite").touch()
    assert home("status").code == 2
    assert home.done("init").out.startswith("created")
    home.done("status")


def test_a_file_that_is_no_database_is_a_service_out_of_reach(tmp_path: Path) -> None:
    home = home_in(tmp_path)
    home.folder.mkdir()
    (home.folder / "hepledger.sqlite").write_text("no database at all, but long enough to be looked at\n" * 100)
    answer = home("status")
    assert answer.code == 6
    assert "not a database" in answer.err


def test_migrating_a_current_registry_changes_nothing(tmp_path: Path) -> None:
    home = home_in(tmp_path).holding([lab()])
    before = home.export("facts")
    home.done("migrate")
    assert home.export("facts") == before


def test_a_refused_line_is_told_kept_resolved_and_the_good_ones_go_in(tmp_path: Path) -> None:
    home = home_in(tmp_path)
    home.done("init")
    file = write_ndjson(tmp_path / "d.ndjson", [lab(), lab(day="2024-03-02", unit="furlong"), lab(day="2024-03-03")])
    answer = home("ingest", file, "--json")
    assert answer.code == 3
    counts = {name: answer.json[name] for name in ("records", "appended", "already", "conflict", "quarantined")}
    assert counts == {"records": 3, "appended": 2, "already": 0, "conflict": 0, "quarantined": 1}
    (entry,) = home.done("quarantine", "list", "--json").json
    assert "furlong" in home.done("quarantine", "show", str(entry["entry"])).out
    assert home("quarantine", "redrive", str(entry["entry"])).code == 3
    home.done("quarantine", "resolve", str(entry["entry"]), "--note", "the centre knows")
    assert home.done("quarantine", "list", "--json").json == []
    assert home("quarantine", "redrive", str(entry["entry"])).code == 2
    assert home("quarantine", "show", "99").code == 4


def test_the_same_file_twice_appends_nothing(tmp_path: Path) -> None:
    home = home_in(tmp_path).holding([lab(), prescription()])
    again = home.done("ingest", tmp_path / "delivery.ndjson", "--json").json
    assert (again["appended"], again["already"]) == (0, 2)
    assert "0 events taken in" in home.done("project").out


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    home = home_in(tmp_path)
    home.done("init")
    file = write_ndjson(tmp_path / "d.ndjson", [lab()])
    assert "dry run" in home.done("ingest", file, "--dry-run").out
    assert home.done("status", "--json").json["reported"] == [{"partition": 0, "next_offset": 0}]


def test_a_patient_is_named_alone_while_one_centre_has_it(tmp_path: Path) -> None:
    home = home_in(tmp_path).holding([lab("P1"), lab("P2"), lab("P2", centre="UPS")])
    assert home.done("course", "P1", "--json").json["centre"] == "LEE"
    both = home("course", "P2")
    assert both.code == 2
    assert "LEE/P2" in both.err
    assert "UPS/P2" in both.err
    assert home.done("course", "UPS/P2", "--json").json["centre"] == "UPS"
    assert home("course", "UPS/P1").code == 4


def test_a_set_that_was_published_is_projected_and_exported_like_one_that_ships(tmp_path: Path) -> None:
    home = home_in(tmp_path).holding([lab(alt="30"), lab(day="2024-04-01", alt="30")])
    file = tmp_path / "house-rules.toml"
    file.write_text(STRICTER)
    assert home.done("criteria", "validate", file, "--json").json["valid"] is True
    assert "published" in home.done("criteria", "publish", file).out
    assert "already" in home.done("criteria", "publish", file).out
    file.write_text(STRICTER.replace("once", "for once"))
    assert home("criteria", "publish", file).code == 3
    file.write_text(STRICTER.replace("version = 1", "version = 2"))
    home.done("criteria", "publish", file)
    listed = home.done("criteria", "list", "--json").json
    assert [(each["version"], each["projected"]) for each in listed if each["id"] == "house-rules"] == [
        (1, False),
        (2, False),
    ]
    home.done("project", "--criteria", "house-rules@1", "--criteria", "house-rules")
    assert home.export("courses", "--criteria", "house-rules@1").splitlines()[1].startswith("house-rules,LEE,LEE-001,")
    assert home.done("criteria", "show", "house-rules").out.count("version = 2") == 1


def test_every_fault_of_a_criteria_document_is_told_at_once(tmp_path: Path) -> None:
    file = tmp_path / "bad.toml"
    file.write_text(STRICTER.replace("version = 1", "version = 0").replace('to = "N"', 'to = "M"') + "colour = 1\n")
    told = home_in(tmp_path)("criteria", "validate", file)
    assert told.code == 3
    assert all(place in told.err for place in ("version", "transition[0].to", "colour"))


def test_a_fault_in_the_toml_itself_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "bad.toml"
    file.write_text(STRICTER.replace('code = "N"', "code = N"))
    told = home_in(tmp_path)("criteria", "validate", file)
    assert told.code == 3
    assert "line 11" in told.err
    assert home_in(tmp_path)("criteria", "validate", tmp_path / "missing.toml").code == 4


def test_projecting_without_a_name_means_the_active_set_and_all_ever_projected(tmp_path: Path) -> None:
    home = home_in(tmp_path).holding([lab()])
    home.done("project", "--criteria", "ctcae-v5-alt")
    home.done("ingest", write_ndjson(tmp_path / "more.ndjson", [lab(day="2024-05-01")]))
    home.done("project")
    projections = home.done("status", "--json").json["projections"]
    assert {each["criteria"]: each["partitions"][0]["next_offset"] for each in projections} == {
        "hegade-2011": 2,
        "ctcae-v5-alt": 2,
    }
    assert home("project", "--criteria", "nobody-wrote-it").code == 4
    assert home("project", "--workers", "2").code == 2


def test_an_event_nobody_can_read_parks_its_patient_and_nobody_else(tmp_path: Path) -> None:
    home = home_in(tmp_path)
    home.done("init")
    with open_registry(config_from({}, home=str(home.folder)), lambda: datetime.now(UTC)) as registry:
        registry.reported.append([NewEntry(b"0" * 16, "LEE/LEE-001", b"0" * 32, b"not an event")])
    home.holding([lab("LEE-001"), lab("LEE-002")])
    (parked,) = home.done("parked", "list", "--json").json
    assert (parked["patient"], parked["events"], parked["offset"]) == ("LEE/LEE-001", 2, 0)
    assert "not an event" in home.done("parked", "show", "LEE-001").out
    assert home("parked", "retry", "LEE-001").code == 3
    assert home("parked", "retry").code == 2
    assert home("parked", "retry", "LEE-002").code == 4
    assert "1 patients are parked" in home.done("course", "LEE-002").err
    home.done("verify")
    edited(home, "DELETE FROM parked")
    answer = home("verify")
    assert answer.code == 5
    assert "LEE/LEE-001 under hegade-2011@1: the live projection differs from the log in parked" in answer.out


@pytest.mark.parametrize("command", [["--help"], ["criteria", "show", "ctcae-v5-alt"], ["status"], ["queries", "list"]])
def test_a_reader_that_goes_away_ends_a_command_quietly(tmp_path: Path, command: list[str]) -> None:
    home = home_in(tmp_path).holding([lab()])
    program = home.program(*command)
    assert program.stdout is not None
    assert program.stderr is not None
    program.stdout.close()
    said = program.stderr.read()
    program.stderr.close()
    assert (program.wait(timeout=60), said) == (0, "")


def test_a_reader_that_goes_away_does_not_change_what_a_check_found(tmp_path: Path) -> None:
    home = home_in(tmp_path).holding([lab()])
    edited(home, "UPDATE course SET state = 'CR'")
    program = home.program("verify")
    assert program.stdout is not None
    assert program.stderr is not None
    program.stdout.close()
    program.stderr.close()
    assert program.wait(timeout=60) == 5


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_a_follower_takes_in_what_comes_and_stops_when_told(tmp_path: Path, stop: signal.Signals) -> None:
    home = home_in(tmp_path).holding([lab()])
    follower = home.program("project", "--follow")
    try:
        home.done("ingest", write_ndjson(tmp_path / "more.ndjson", [lab(day="2024-05-01")]))
        _until_drained(home)
        follower.send_signal(stop)
        out, err = follower.communicate(timeout=60)
    finally:
        follower.kill()
    assert (follower.returncode, err) == (0, "")
    assert out.startswith("1 events taken in")


def _until_drained(home: Home) -> None:
    for _ in range(300):
        (projection,) = home.done("status", "--json").json["projections"]
        if projection["partitions"][0]["lag_events"] == 0:
            return
        subprocess.run(["sleep", "0.1"], check=True)
    raise AssertionError("the follower took nothing in")
