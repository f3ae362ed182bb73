"""What an operator watches: lag, doubts, and whether what is stored is what was said."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.builders import lab, prescription
from tests.support.command import edited, home_in, write_ndjson


def test_status_tells_the_lag_in_events_and_seconds(tmp_path: Path) -> None:
    home = home_in(tmp_path).holding([lab()])
    home.done("ingest", write_ndjson(tmp_path / "more.ndjson", [lab(day="2024-05-01"), lab(day="2024-05-02")]))
    (projection,) = home.done("status", "--json").json["projections"]
    (partition,) = projection["partitions"]
    assert partition["lag_events"] == 2
    assert partition["lag_seconds"] >= 0


def test_a_sound_registry_is_verified(tmp_path: Path) -> None:
    home = home_in(tmp_path).holding([prescription(), lab(), lab(day="2024-01-01", alt="100")])
    home.done("project", "--criteria", "iaihg-2022")
    assert home.done("verify", "--json").json == {
        "ok": True,
        "broken": [],
        "altered": [],
        "projection_compared": True,
        "different": [],
    }
    assert [path.name for path in home.folder.iterdir() if path.name.startswith("verify")] == []


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("UPDATE log_entry SET payload = replace(payload, '412', '41') WHERE \"offset\" = 1", "from offset 1 on"),
        ('DELETE FROM log_entry WHERE "offset" = 1', "from offset 1 on"),
        ("DELETE FROM log_entry WHERE \"offset\" = 2 AND stream = 'hepledger.reported'", "from offset 2 on"),
        ("UPDATE fact SET value = '41' WHERE value = '412'", "LEE/LEE-001 under hegade-2011@1"),
        ("UPDATE course SET state = 'CR'", "LEE/LEE-001 under hegade-2011@1"),
        (
            "DELETE FROM course WHERE patient_id = (SELECT max(patient_id) FROM patient)",
            "LEE/LEE-002 under hegade-2011@1",
        ),
        ("UPDATE patient SET patient = 'LEE-003' WHERE patient = 'LEE-002'", "LEE/LEE-003 under hegade-2011@1"),
        ("UPDATE checkpoint SET next_offset = 1", "LEE/LEE-001 under hegade-2011@1"),
        ("UPDATE checkpoint SET next_offset = 9", "ends at offset 5"),
        ("UPDATE transition SET evidence = '' WHERE to_state = 'PR'", "differs from the log in transition"),
        ("UPDATE landmark SET answer = 'met'", "differs from the log in landmark"),
        (
            "DELETE FROM data_query",
            "LEE/LEE-001 under hegade-2011@1: the live projection differs from the log in data_",
        ),
        (
            "UPDATE criteria_set SET document = replace(document, '\"50\"', '\"51\"') WHERE id = 'hegade-2011'",
            "hegade-2011@1: its document is not the one that its fingerprint proves",
        ),
    ],
)
def test_verify_names_what_somebody_edited(tmp_path: Path, statement: str, named: str) -> None:
    odd = [lab(day="2023-12-30", alt="1000"), lab(day="2024-03-02", alt="99999")]
    home = home_in(tmp_path).holding([prescription(), lab(), lab("LEE-002"), *odd])
    edited(home, statement)
    answer = home("verify")
    assert answer.code == 5
    assert named in answer.out


def test_doctor_finds_a_setting_that_means_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = home_in(tmp_path).holding([lab()])
    monkeypatch.setenv("HEPLEDGER_BATCHSIZE", "5")
    answer = home.done("doctor", "--json")
    warned = [each for each in answer.json if each["level"] == "warning" and each["check"] == "settings"]
    assert [each["advice"] for each in warned] == ["did you mean HEPLEDGER_BATCH_SIZE?"]


def test_doctor_fails_where_there_is_no_registry(tmp_path: Path) -> None:
    assert home_in(tmp_path)("doctor").code == 5


def test_data_queries_name_the_result_in_doubt(tmp_path: Path) -> None:
    home = home_in(tmp_path).holding([lab(alt="99999"), lab(day="2024-03-02")])
    (query,) = home.done("queries", "list", "--json").json
    assert (query["patient"], query["identity"], query["problem"]) == (
        "LEE-001",
        "ALT-2024-03-01",
        "value above 50000 U/L",
    )
    assert home.done("queries", "list", "--centre", "UPS", "--json").json == []


def test_an_unexpected_failure_is_one_line_and_the_traceback_comes_with_debug(tmp_path: Path) -> None:
    home = home_in(tmp_path).holding([prescription(), lab(day="2024-01-01")])
    edited(home, "UPDATE course SET baseline_times_uln = 'nobody knows'")
    answer = home("report")
    assert answer.code == 1
    assert answer.err.count("\n") == 1
    assert "unexpected failure" in answer.err
    assert "Traceback" not in answer.err
    assert "Traceback" in home("--debug", "report").err
