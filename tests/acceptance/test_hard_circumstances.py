"""What a data manager meets on a bad day: stopped programs, odd names, no room, places that are none."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import pytest

from tests.support.builders import lab, prescription
from tests.support.command import Home, home_in, write_ndjson


def test_the_facts_are_exported_whatever_set_was_projected(tmp_path: Path) -> None:
    home = home_in(tmp_path)
    home.done("init")
    home.done("ingest", write_ndjson(tmp_path / "d.ndjson", [lab(), prescription()]))
    home.done("project", "--criteria", "ctcae-v5-alt")
    assert home("export", "courses", "--to", tmp_path / "c.csv").code == 4
    exported = home.export("facts")
    assert len(exported.splitlines()) == 3
    home.done("project", "--criteria", "hegade-2011")
    assert home.export("facts") == home.export("facts", "--criteria", "ctcae-v5-alt") == exported
    assert home("export", "facts", "--to", tmp_path / "f.csv", "--criteria", "nobody-wrote-it").code == 4


def test_facts_that_no_projection_took_in_are_told_to_be_missing(tmp_path: Path) -> None:
    home = home_in(tmp_path).holding([lab()])
    home.done("ingest", write_ndjson(tmp_path / "more.ndjson", [lab(day="2024-05-01"), lab(day="2024-06-01")]))
    told = home.done("export", "facts", "--to", tmp_path / "f.csv")
    assert told.out.endswith("f.csv: 1 rows of facts\n")
    assert told.err.startswith("note: 2 events wait to be projected")


def test_the_facts_of_a_time_are_those_recorded_by_then(tmp_path: Path) -> None:
    home = home_in(tmp_path).holding([lab()])
    assert len(home.export("facts", "--as-of", "2020-01-01").splitlines()) == 1
    assert len(home.export("facts", "--as-of", "9998-01-01").splitlines()) == 2


def test_a_query_shows_what_was_said_beside_what_is_wrong_with_it(tmp_path: Path) -> None:
    home = home_in(tmp_path).holding([lab(alt="60000", limit="40"), prescription()])
    (query,) = home.done("queries", "list", "--json").json
    assert query["said"] == "ALT 60000 U/L (limit <=40)"
    assert f"{query['said']}  {query['problem']}" in home.done("queries", "list").out


@pytest.mark.parametrize("place", ["a file", "a link to nowhere"])
def test_a_home_that_is_no_folder_is_told(tmp_path: Path, place: str) -> None:
    home = home_in(tmp_path)
    home.folder.write_text("") if place == "a file" else home.folder.symlink_to("nowhere")
    told = home("init")
    assert told.code == 2
    assert f"{home.folder} is not a folder" in told.err


def test_a_database_that_was_damaged_is_named_and_nothing_else_is_touched(tmp_path: Path) -> None:
    home = home_in(tmp_path)
    home.done("init")
    database = home.folder / "hepledger.sqlite"
    database.write_bytes(b"\x00damaged" * 5000)
    for command in (["init"], ["status"], ["project"], ["export", "facts", "--to", str(tmp_path / "f.csv")]):
        told = home(*command)
        assert (told.code, told.out) == (6, ""), command
        assert str(database) in told.err
    assert list(tmp_path.iterdir()) == [home.folder]


@pytest.mark.skipif(os.name != "posix", reason="names that are no text are a thing of POSIX")
def test_a_file_whose_name_is_no_text_goes_in_and_its_faults_are_kept(tmp_path: Path) -> None:
    home = home_in(tmp_path)
    home.done("init")
    folder = tmp_path / "delivery"
    folder.mkdir()
    write_ndjson(folder / os.fsdecode(b"lab\xff\n1.ndjson"), [lab(), {"type": "lab_result_recorded"}])
    told = home("ingest", folder, "--json")
    assert told.code == 3
    assert (told.json["appended"], told.json["quarantined"]) == (1, 1)
    assert told.json["files"][0]["file"].endswith("lab\\xff\\n1.ndjson")
    (entry,) = home.done("quarantine", "list", "--json").json
    assert entry["origin"].endswith("lab\\xff\\n1.ndjson")


def test_a_decision_about_a_record_is_not_overwritten(tmp_path: Path) -> None:
    home = home_in(tmp_path)
    home.done("init")
    assert home("ingest", write_ndjson(tmp_path / "d.ndjson", [{}]), "--centre", "LEE").code == 3
    home.done("quarantine", "resolve", "1", "--note", "the centre knows")
    again = home("quarantine", "resolve", "1", "--note", "another reason")
    assert again.code == 2
    assert "1 (resolved)" in again.err
    assert "the centre knows" in home.done("quarantine", "show", "1").out


@pytest.mark.parametrize(("stop", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_ingest_that_is_stopped_keeps_what_it_said_it_took_and_goes_on_from_there(
    tmp_path: Path, stop: signal.Signals, code: int
) -> None:
    home = home_in(tmp_path)
    home.done("init")
    program = home.program("ingest", many_results(tmp_path / "delivery.ndjson"))
    _until_it_holds_something(home)
    program.send_signal(stop)
    out, err = program.communicate(timeout=60)
    assert (program.returncode, out) == (code, "")
    assert "the same ingest again goes on from there" in err
    assert err.endswith("hepledger: stopped\n")
    home.done("verify")


@pytest.mark.parametrize("command", ["status", "quarantine"])
def test_a_closed_or_full_output_is_no_traceback(tmp_path: Path, command: str) -> None:
    home = home_in(tmp_path)
    home.done("init")
    words = [command] if command == "status" else [command, "list"]
    with Path("/dev/full").open("w") as full:
        program = home.program(*words, stdout=full)
        _, err = program.communicate(timeout=60)
    assert program.returncode == 1
    assert "No space left" in err.splitlines()[0]
    assert "Traceback" not in err


def many_results(file: Path) -> Path:
    """A delivery that takes seconds to read."""
    line = json.dumps(lab(source="m/NUMBER")) + "\n"
    file.write_text("".join(line.replace("NUMBER", str(number)) for number in range(60_000)), "utf-8")
    return file


def _until_it_holds_something(home: Home) -> None:
    for _ in range(600):
        if home.done("status", "--json").json["reported"][0]["next_offset"]:
            return
        time.sleep(0.05)
    raise AssertionError("nothing was taken in")
