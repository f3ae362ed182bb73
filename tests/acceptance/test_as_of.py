"""Questions as of a time or a data cut: under the criteria that answered then, and under any others."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from tests.acceptance.test_data_cuts import LATER, TABLES, cut_made, tables
from tests.acceptance.test_exports import course_of_lee_001
from tests.support.command import edited, home_in


def test_as_of_a_time_the_answer_is_under_the_set_that_was_active_then(tmp_path: Path) -> None:
    home = home_in(tmp_path).holding(course_of_lee_001())
    then, under_then = datetime.now(UTC), home.export("courses")
    home.done("cut", "create", "dsmb-1")
    home.done("replay", "relapse-3uln")
    home.done("activate", "relapse-3uln")
    assert home.export("courses").count("relapse-3uln,") == 3
    assert home.export("courses", "--as-of", then.isoformat()) == under_then
    asked = home.done("export", "courses", "--to", tmp_path / "x.csv", "--as-of", then.isoformat())
    assert "note: answered under hegade-2011@1, as then" in asked.err
    assert home.export("courses", "--as-of", datetime.now(UTC).isoformat()).count("relapse-3uln,") == 3
    assert home.export("courses", "--as-of", then.isoformat(), "--criteria", "relapse-3uln").count("relapse-3uln,") == 3
    assert home.export("courses", "--cut", "dsmb-1") == under_then
    told = home.done("report", "--cut", "dsmb-1").err
    assert told.endswith("as then; under another set: --as-of dsmb-1 --criteria ID\n")
    home.done("report", "--as-of", "dsmb-1", "--criteria", "relapse-3uln")


def test_a_course_says_from_which_facts_it_is_where_it_is_not_from_all(tmp_path: Path) -> None:
    home = cut_made(tmp_path)
    asked = {
        (): "",
        ("--as-of", "dsmb-1"): "from the facts of data cut dsmb-1",
        ("--as-of", "2099-01-01"): "from what was recorded by 2099-01-01T23:59:59.999999+00:00",
    }
    for options, told in asked.items():
        assert home.done("course", "LEE-001", *options).out.splitlines()[1] == told


def test_two_sets_are_compared_by_the_facts_of_a_cut(tmp_path: Path) -> None:
    home = cut_made(tmp_path)
    home.done("replay", "relapse-3uln")
    then = home.done("compare", "hegade-2011", "relapse-3uln", "--json").json
    home.holding(LATER, "later.ndjson")
    again = home.done("compare", "hegade-2011", "relapse-3uln", "--as-of", "dsmb-1", "--json").json
    assert again == {**then, "cut": "dsmb-1"}


def test_a_cut_survives_replay_activation_rebuild_and_rollback(tmp_path: Path) -> None:
    home = cut_made(tmp_path)
    then = tables(home)
    home.holding(LATER, "later.ndjson")
    for command in (
        ("replay", "relapse-3uln"),
        ("activate", "relapse-3uln"),
        ("rebuild",),
        ("rollback",),
        ("rebuild",),
    ):
        home.done(*command)
        assert tables(home, "--cut", "dsmb-1") == then, command
    assert home.done("cut", "show", "dsmb-1", "--json").json["verified"] is True
    assert home.done("verify", "--json").json["ok"] is True


def test_a_set_that_is_being_replayed_does_not_answer_yet(tmp_path: Path) -> None:
    home = cut_made(tmp_path)
    home.done("replay", "relapse-3uln")
    edited(
        home,
        "INSERT INTO replay SELECT projection_id, partition, next_offset, 1, 1, '', 0 FROM checkpoint WHERE projection_id > 1",
    )
    edited(home, "DELETE FROM checkpoint WHERE projection_id > 1")
    for asked in (("report",), ("course", "LEE-001"), ("report", "--as-of", "2099-01-01")):
        answer = home(*asked, "--criteria", "relapse-3uln")
        assert answer.code == 4
        assert "relapse-3uln@1 is being replayed: run `hepledger replay relapse-3uln@1` to the end first" in answer.err
    assert {what for what in TABLES if home.export(what, "--as-of", "dsmb-1", "--criteria", "relapse-3uln")} == {
        *TABLES
    }
