"""Other criteria are tried on all history, become the registry's answer and cease to be: by the commands, embedded and on a server."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from hepledger.database import make_engine, sqlite_url
from hepledger.log.sql import open_stream
from hepledger.projection.crashpoint import SETTING
from hepledger_events.streams import REPORTED
from tests.acceptance.test_exports import course_of_lee_001
from tests.acceptance.test_production import on
from tests.support.cohort_of_many import new_entries
from tests.support.command import Home, edited, home_in
from tests.support.served import append_to, log_on


def with_cohort(folder: Path, patients: int = 6, events_of_each: int = 40) -> Home:
    """A registry that holds a cohort and has projected it under the active set."""
    home = home_in(folder)
    home.done("init")
    engine = make_engine(sqlite_url(home.folder / "hepledger.sqlite"))
    open_stream(engine, REPORTED).append(list(new_entries(patients, events_of_each)))
    engine.dispose()
    home.done("project")
    return home


def killed(home: Home, *arguments: str, at: str) -> None:
    """The program ends at a crash point, without a word."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv(SETTING, at)
        program = home.program(*arguments)
    program.communicate(timeout=60)
    assert program.returncode == -signal.SIGKILL


def test_what_a_replay_makes_is_what_projecting_makes(tmp_path: Path) -> None:
    home, other = with_cohort(tmp_path / "one"), with_cohort(tmp_path / "two")
    answer = home.done("replay", "relapse-3uln", "ctcae-v5-alt")
    assert answer.out == (
        "12 courses derived from the histories under relapse-3uln, ctcae-v5-alt; 0 events taken in from the log since\n"
    )
    for name in ("relapse-3uln", "ctcae-v5-alt"):
        other.done("project", "--criteria", name)
        for what in ("courses", "transitions", "assessments", "landmarks"):
            assert home.export(what, "--criteria", name) == other.export(what, "--criteria", name)
    assert home.done("verify").out.splitlines()[-1] == "every live projection equals the one derived from nothing"


def test_a_replay_that_was_killed_is_shown_is_no_projection_yet_and_goes_on(tmp_path: Path) -> None:
    home = with_cohort(tmp_path, patients=2_100, events_of_each=8)
    killed(home, "replay", "relapse-3uln", at="after-page")
    status = home.done("status").out
    assert "being replayed     relapse-3uln@1: 2000 of 2100 patients on partition 0" in status
    sets = home.done("criteria", "list", "--json").json
    assert [each["id"] for each in sets if each["projected"]] == ["hegade-2011"]
    assert (
        home.done("project", "--json").json["sets"]
        == home.done("project", "--criteria", "hegade-2011", "--json").json["sets"]
    )
    for refused in (("project", "--criteria", "relapse-3uln"), ("activate", "relapse-3uln"), ("rebuild",)):
        answer = home(*refused)
        assert (answer.code, "`hepledger replay relapse-3uln` goes on with it" in answer.err) == (2, True), refused
    assert home("report", "--criteria", "relapse-3uln").code == 4
    assert home.done("replay", "relapse-3uln", "--json").json["courses"] == 100
    assert home.done("status", "--json").json["replays"] == []
    assert home.done("replay", "relapse-3uln").out.startswith("projected before: relapse-3uln; 0 events")


def test_other_criteria_become_the_answer_and_cease_to_be(tmp_path: Path) -> None:
    home = home_in(tmp_path).holding(course_of_lee_001())
    home.done("replay", "relapse-3uln")
    before = home.export("courses")
    answer = home.done("activate", "relapse-3uln")
    assert answer.out.splitlines()[0] == "relapse-3uln@1 is the registry's answer now; before it was hegade-2011@1"
    assert home.export("courses") == home.export("courses", "--criteria", "relapse-3uln") != before
    assert home("activate", "relapse-3uln@1").code == 2
    back = home.done("rollback", "--json").json
    assert (back["active"], back["previous"], back["activation"]) == ("hegade-2011@1", "relapse-3uln@1", 3)
    assert home.export("courses") == before
    assert home.done("rollback").out.startswith(
        "relapse-3uln@1 is the registry's answer now; before it was hegade-2011@1"
    )


def test_what_cannot_become_the_answer_is_refused_with_what_to_do(tmp_path: Path) -> None:
    home = with_cohort(tmp_path)
    for arguments, code, said in (
        (("activate", "relapse-3uln"), 5, "`hepledger replay relapse-3uln` does"),
        (("activate", "nothing"), 4, "`hepledger criteria list`"),
        (("rollback",), 4, "one answer only"),
        (("replay", "nothing"), 4, "`hepledger criteria list`"),
        (("replay", "relapse-3uln", "--workers", "2"), 2, "an embedded registry has one writer"),
    ):
        answer = home(*arguments)
        assert (answer.code, said in answer.err) == (code, True), (arguments, answer)


def test_the_answer_itself_is_not_replayed(tmp_path: Path) -> None:
    home = home_in(tmp_path)
    home.done("init")
    answer = home("replay", "hegade-2011")
    assert (answer.code, "`hepledger project` makes it" in answer.err) == (2, True)
    assert home.done("status", "--json").json["replays"] == []


def test_a_rebuild_mends_what_was_edited(tmp_path: Path) -> None:
    home = with_cohort(tmp_path)
    edited(home, "UPDATE course SET state = 'UD'")
    assert home("verify").code == 5
    assert home.done("rebuild").out == "240 events taken in anew under hegade-2011@1; the state was exchanged\n"
    assert home("verify").code == 0
    assert sorted(each.name for each in home.folder.iterdir() if each.is_dir()) == []


@pytest.mark.parametrize("log", ["sql", "kafka"])
def test_on_a_server_two_workers_replay_and_what_they_make_becomes_the_answer(
    log: str, request: pytest.FixtureRequest, postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEPLEDGER_PARTITIONS", "5")
    hepledger = on(postgresql_url)
    if log_on(log, request, monkeypatch):
        assert hepledger("log", "create", "--partitions", "5").code == 0
    assert hepledger("init").code == 0
    append_to(postgresql_url, list(new_entries(30, 40)))
    assert hepledger("project", "--workers", "2").code == 0
    answer = hepledger("replay", "relapse-3uln", "ctcae-v5-alt", "--workers", "2", "--json")
    assert (answer.code, answer.json["courses"], answer.json["events"]) == (0, 60, 0), answer
    done = hepledger("activate", "relapse-3uln", "--json").json
    assert done["published"] == done["differences"] + 1
    assert hepledger("rebuild").code == 0
    verified = hepledger("verify")
    assert (verified.code, "every live projection equals" in verified.out) == (0, True), verified


def test_workers_that_are_killed_after_every_page_are_started_again_and_come_to_the_end(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEPLEDGER_PARTITIONS", "3")
    hepledger = on(postgresql_url)
    assert hepledger("init").code == 0
    append_to(postgresql_url, list(new_entries(12, 40)))
    assert hepledger("project").code == 0
    monkeypatch.setenv(SETTING, "after-page")
    answer = hepledger("replay", "relapse-3uln", "--workers", "2")
    monkeypatch.delenv(SETTING)
    assert (answer.code, answer.out.startswith("12 courses derived")) == (0, True), answer
    assert "was ended by SIGKILL: it is started again" in answer.err
    assert "every live projection equals" in hepledger("verify").out
