"""The demonstration as a newcomer meets it: one command, and everything it prints and suggests is so."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from hepledger.reporting.published import NOT_AVAILABLE, TACROLIMUS_2011

ROW = re.compile(r" *(?P<label>\S.*?) {2,}(?P<published>\S.*?) {2,}(?P<computed>\S.*)")


def hepledger(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "hepledger.cli", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, encoding="utf-8", check=False, timeout=120)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the demonstration was run twice; what it said each time is beside the registry."""
    folder = tmp_path_factory.mktemp("demo")
    for name in ("first.txt", "second.txt"):
        told = hepledger("--home", str(folder / "registry"), "demo", cwd=folder)
        assert (told.returncode, told.stderr) == (0, "")
        (folder / name).write_text(told.stdout, "utf-8")
    return folder


def said(home: Path, name: str = "first.txt") -> list[str]:
    return (home / name).read_text("utf-8").splitlines()


def section(home: Path, number: int, name: str = "first.txt") -> list[str]:
    lines = said(home, name)
    start = next(n for n, line in enumerate(lines) if line.startswith(f"{number}. "))
    end = next((n for n, line in enumerate(lines) if n > start and re.match(r"\d\. |What to try", line)), len(lines))
    return lines[start:end]


def test_every_published_number_stands_beside_the_same_number_computed(home: Path) -> None:
    rows = {m["label"]: (m["published"], m["computed"]) for m in map(ROW.fullmatch, section(home, 3)) if m}
    numbers = [pair for pair in rows.values() if pair[0][0].isdigit()]
    assert len(numbers) == sum(figure[0].isdigit() for figure in TACROLIMUS_2011.figures.values())
    assert all(published == computed for published, computed in numbers)


def test_the_median_falls_are_not_available_beside_computed_ones(home: Path) -> None:
    falls = [line for line in section(home, 3) if line.startswith("Median fall")]
    assert len(falls) == 2
    assert all(re.search(rf"{NOT_AVAILABLE} +\d+\.\d %", line) for line in falls)


def test_the_relapse_is_explained_with_result_limit_dose_and_rule(home: Path) -> None:
    told = "\n".join(section(home, 4))
    assert "(day 364): Relapse (RP) entered, from CR" in told
    assert "ALT 68 U/L" in told
    assert re.search(r"2008-11-10 +364 +68 +2\.6 +2\.0 +RP", told)


def test_two_criteria_sets_are_compared_patient_by_patient(home: Path) -> None:
    lines = section(home, 5)
    moved = next(line for line in lines if "stand elsewhere" in line)
    assert int(moved.split()[0]) == sum(" -> " in line for line in lines) > 0


def test_run_again_it_appends_nothing_and_answers_the_same(home: Path) -> None:
    assert "0 events taken into" in "\n".join(section(home, 2, "second.txt"))
    for number in (3, 4, 5):
        assert section(home, number) == section(home, number, "second.txt")
    assert section(home, 2)[3:] == section(home, 2, "second.txt")[3:]


def test_the_records_of_each_centre_are_all_accounted_for(home: Path) -> None:
    for name in ("first.txt", "second.txt"):
        counts = [line.split() for line in section(home, 1, name) if re.match(r"[A-Z]{3} +\d+ +\d+", line)]
        assert len(counts) == 5
        for _, _, records, *outcomes in counts:
            assert int(records) == sum(map(int, outcomes))


def test_the_report_of_the_registry_has_the_same_table(home: Path) -> None:
    report = hepledger("--home", str(home / "registry"), "report", cwd=home)
    assert report.returncode == 0
    table = [line for line in section(home, 3) if ROW.fullmatch(line)]
    assert table
    assert [line for line in report.stdout.splitlines() if line in table] == table


def test_what_is_suggested_to_try_next_works(home: Path) -> None:
    suggested = [shlex.split(line) for line in said(home) if line.startswith("    hepledger ")]
    assert len(suggested) >= 8
    for _, *arguments in suggested:
        tried = hepledger(*arguments, cwd=home)
        assert tried.returncode == 0, (arguments, tried.stdout[-500:], tried.stderr)
        assert tried.stdout


def test_a_registry_that_holds_other_patients_is_left_alone(tmp_path: Path) -> None:
    result = {
        "type": "lab_result_recorded", "centre": "LEE", "patient": "LEE-001", "occurred_at": "2024-03-01",
        "data": {"result_id": "4711", "analyte": "ALT", "value": "412", "unit": "U/L"},
    }  # fmt: skip
    (tmp_path / "ours.ndjson").write_text(json.dumps(result) + "\n", "utf-8")
    assert hepledger("--home", "ours", "init", cwd=tmp_path).returncode == 0
    assert hepledger("--home", "ours", "ingest", "ours.ndjson", cwd=tmp_path).returncode == 0
    refused = hepledger("--home", "ours", "demo", cwd=tmp_path)
    assert refused.returncode == 2
    assert "made-up patients must not mix" in refused.stderr
    assert not (tmp_path / "ours" / "deliveries").exists()
