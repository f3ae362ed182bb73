"""Files go in: the counts add up, good records go to the log and bad ones to the quarantine, and nothing is done twice."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hepledger.errors import NotFound, WrongUsage
from hepledger.intake.doors import IngestRequest
from hepledger.intake.files import PathsNotFound
from hepledger.intake.recognise import Format
from hepledger.intake.report import COUNTS, FileOutcome, IngestReport
from tests.support.builders import lab
from tests.support.intake import HEADER, LABS, Desk, desk_in, mapping, ndjson

GOOD = "LEE-001,1,2024-03-01,412,40\nLEE-001,2,2024-03-02,<5,10-40\n"
BAD = "LEE-001,3,01.03.2024,high,40\n"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with desk_in(tmp_path) as desk:
        yield desk


def counts(report: IngestReport) -> dict[str, int]:
    """The counts that are not zero, after they were seen to add up, file by file."""
    for file in report.files:
        assert file.records == sum(getattr(file, name) for name in COUNTS)
    return {name: report.total(name) for name in ("rows", "records", *COUNTS, "stored") if report.total(name)}


def file(folder: Path, name: str, written: str | bytes) -> Path:
    path = folder / "in" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(written.encode() if isinstance(written, str) else written)
    return path


def test_good_rows_go_in_and_bad_ones_to_the_quarantine_with_their_bytes(desk: Desk, tmp_path: Path) -> None:
    path = file(tmp_path, "labs.csv", HEADER + GOOD + BAD)
    report = desk.ingest(path, mapping=mapping())
    assert counts(report) == {"rows": 3, "records": 3, "appended": 2, "quarantined": 1, "stored": 1}
    assert report.refused
    assert [(fault.file, fault.row, fault.column) for fault in report.faults] == [
        (str(path), 4, "DAY"),
        (str(path), 4, "ALT"),
    ]
    (entry,) = desk.quarantine.list()
    assert (entry.raw, entry.centre, entry.row) == (BAD.encode(), "LEE", 4)
    assert [reason.column for reason in entry.reasons] == ["DAY", "ALT"]


def test_the_same_file_twice_appends_nothing_and_keeps_a_bad_row_once(desk: Desk, tmp_path: Path) -> None:
    path = file(tmp_path, "labs.csv", HEADER + GOOD + BAD)
    desk.ingest(path, mapping=mapping())
    again = desk.ingest(path, mapping=mapping())
    assert counts(again) == {"rows": 3, "records": 3, "already": 2, "quarantined": 1}
    assert (len(desk.events()), len(desk.quarantine.list(state=None))) == (2, 1)


def test_a_mended_file_puts_in_what_is_new(desk: Desk, tmp_path: Path) -> None:
    desk.ingest(file(tmp_path, "labs.csv", HEADER + GOOD + BAD), mapping=mapping())
    mended = desk.ingest(file(tmp_path, "labs.csv", HEADER + GOOD + "LEE-001,3,2024-03-03,77,40\n"), mapping=mapping())
    assert counts(mended) == {"rows": 3, "records": 3, "appended": 1, "already": 2}
    assert not mended.refused


def test_one_reading_of_the_clock_serves_a_whole_file(desk: Desk, tmp_path: Path) -> None:
    many = ndjson(lab(day=f"2024-01-{day:02}", result_id=str(number)) for number in range(100) for day in range(1, 29))
    desk.ingest(file(tmp_path, "labs.ndjson", many))
    assert len({event.recorded_at for event in desk.events()}) == 1


def test_a_conflict_is_quarantined_and_the_log_keeps_the_first(desk: Desk, tmp_path: Path) -> None:
    report = desk.ingest(file(tmp_path, "labs.ndjson", ndjson([lab(source="m1"), lab(alt="9", source="m1")])))
    assert counts(report) == {"rows": 2, "records": 2, "appended": 1, "conflict": 1, "stored": 1}
    assert report.refused
    (event,) = desk.events()
    assert isinstance(event.data, dict)
    assert event.data["value"] == "412"
    assert "m1" in desk.quarantine.list()[0].reasons[0].found


def test_two_rows_of_one_identity_that_differ_are_two_versions_and_both_go_in(desk: Desk, tmp_path: Path) -> None:
    rows = "P,1,2024-03-01,412,40\nP,1,2024-03-01,413,40\nP,1,2024-03-01,412,40\n"
    assert counts(desk.ingest(file(tmp_path, "labs.csv", HEADER + rows), mapping=mapping())) == {
        "rows": 3,
        "records": 3,
        "appended": 2,
        "already": 1,
    }


def test_a_dry_run_says_what_would_happen_and_writes_nothing(desk: Desk, tmp_path: Path) -> None:
    path = file(tmp_path, "labs.csv", HEADER + GOOD + GOOD + BAD)
    rehearsed = desk.ingest(path, mapping=mapping(), dry_run=True)
    assert (desk.events(), desk.quarantine.list()) == ([], [])
    assert rehearsed.dry_run
    real = desk.ingest(path, mapping=mapping())
    assert [rehearsed.total(name) for name in COUNTS] == [real.total(name) for name in COUNTS]
    assert rehearsed.faults == real.faults


def test_what_a_mapping_leaves_out_is_counted_by_reason(desk: Desk, tmp_path: Path) -> None:
    toml = LABS + '[file.ignore]\nvalue = ["not done"]\n'
    report = desk.ingest(file(tmp_path, "labs.csv", f"{HEADER}P,1,,not done,\n{GOOD}"), mapping=mapping(toml))
    assert counts(report) == {"rows": 3, "records": 3, "appended": 2, "ignored": 1}
    assert report.files[0].reasons_ignored == {"ALT is 'not done'": 1}
    assert not report.refused


def test_a_folder_is_read_in_order_and_what_is_not_ours_is_passed_over(desk: Desk, tmp_path: Path) -> None:
    file(tmp_path, "b/labs.csv", HEADER + GOOD)
    file(tmp_path, "a/labs.ndjson", ndjson([lab()]))
    file(tmp_path, "notes.txt", "About the data\n")
    file(tmp_path, "scan.pdf", b"%PDF-1.4")
    file(tmp_path, "empty.csv", "")
    file(tmp_path, ".hidden.csv", HEADER + GOOD)
    report = desk.ingest(tmp_path / "in", mapping=mapping())
    outcomes = {Path(each.file).name: each.outcome for each in report.files}
    assert list(outcomes.items()) == [
        ("empty.csv", FileOutcome.SKIPPED),
        ("notes.txt", FileOutcome.SKIPPED),
        ("scan.pdf", FileOutcome.SKIPPED),
        ("labs.ndjson", FileOutcome.READ),
        ("labs.csv", FileOutcome.READ),
    ]
    assert len(desk.events()) == 3
    assert not report.refused


def test_a_file_left_out_by_the_mapping_is_skipped(desk: Desk, tmp_path: Path) -> None:
    left_out = mapping('ignore_files = ["visits*"]\n' + LABS)
    report = desk.ingest(file(tmp_path, "visits-2024.csv", "A,B\n1,2\n"), mapping=left_out)
    assert [(each.outcome, each.faults) for each in report.files] == [(FileOutcome.SKIPPED, ())]


@pytest.mark.parametrize(
    ("name", "written", "wanted", "said"),
    [
        ("labs.csv", "", {}, "an empty file"),
        ("labs.csv", bytes(range(256)), {}, "a binary file"),
        ("labs.xlsx", b"PK\x03\x04", {}, "Office document"),
        ("labs.csv", HEADER, {"mapping": None}, "--mapping"),
        ("labs.csv", HEADER, {"centre": None}, "--centre"),
        ("visits.csv", "A,B\n1,2\n", {}, "no such column"),
        ("notes.txt", "just words", {}, "NDJSON or CSV"),
        ("bundle.json", '{"resourceType": "Bundle"}', {}, "FHIR resources, which are not yet supported"),
        ("lab.hl7", "MSH|^~\\&|", {}, "HL7 messages, which are not yet supported"),
        ("lab.hl7", "MSH|^~\\&|", {"format": Format.FHIR}, "not yet supported"),
    ],
)
def test_a_named_file_that_cannot_be_read_is_refused_with_the_reason(
    desk: Desk, tmp_path: Path, name: str, written: str | bytes, wanted: dict[str, Any], said: str
) -> None:
    report = desk.ingest(file(tmp_path, name, written), **{"mapping": mapping(), **wanted})
    assert [each.outcome for each in report.files] == [FileOutcome.REFUSED]
    assert any(said in str(fault) for fault in report.faults)
    assert report.refused
    assert counts(report) == {}


def test_a_header_without_rows_is_read_and_says_nothing(desk: Desk, tmp_path: Path) -> None:
    report = desk.ingest(file(tmp_path, "labs.csv", HEADER), mapping=mapping())
    assert ([each.outcome for each in report.files], report.refused) == ([FileOutcome.READ], False)


def test_a_format_that_is_said_is_not_recognised(desk: Desk, tmp_path: Path) -> None:
    report = desk.ingest(file(tmp_path, "labs.csv", HEADER + GOOD), format=Format.NDJSON)
    assert counts(report) == {"rows": 3, "records": 3, "quarantined": 3, "stored": 3}


def test_a_folder_with_nothing_of_use_is_refused(desk: Desk, tmp_path: Path) -> None:
    file(tmp_path, "some/notes.txt", "About the data\n")
    (tmp_path / "in" / "none").mkdir()
    report = desk.ingest(tmp_path / "in" / "some", tmp_path / "in" / "none")
    told = [fault.found for each in report.files if each.outcome is FileOutcome.REFUSED for fault in each.faults]
    assert told == ["no file of use among 1", "an empty folder"]
    assert report.refused


def test_every_missing_path_is_told_before_anything_is_read(desk: Desk, tmp_path: Path) -> None:
    good = file(tmp_path, "labs.ndjson", ndjson([lab()]))
    with pytest.raises(PathsNotFound) as raised:
        desk.ingest(good, tmp_path / "no.csv", tmp_path / "neither", tmp_path / ("x" * 400))
    assert isinstance(raised.value, NotFound)
    assert len(raised.value.faults) == 3
    assert desk.events() == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_refused_and_the_others_go_in(desk: Desk, tmp_path: Path) -> None:
    file(tmp_path, "a.ndjson", ndjson([lab()])).chmod(0)
    file(tmp_path, "b.ndjson", ndjson([lab()]))
    report = desk.ingest(tmp_path / "in")
    assert [each.outcome for each in report.files] == [FileOutcome.REFUSED, FileOutcome.READ]


def test_a_centre_that_is_no_code_is_wrong_usage() -> None:
    with pytest.raises(WrongUsage, match="LEE/1"):
        IngestRequest(centre="LEE/1")


def test_progress_is_told_in_bytes_and_ends_at_all_of_them(desk: Desk, tmp_path: Path) -> None:
    from hepledger.intake.ingest import ingest  # noqa: PLC0415

    paths = [file(tmp_path, f"{n}.ndjson", ndjson([lab(result_id=str(n))])) for n in range(3)]
    told: list[tuple[int, int]] = []
    ingest(desk.intake, paths, IngestRequest(), lambda done, total: told.append((done, total)))
    total = sum(path.stat().st_size for path in paths)
    assert told[-1] == (total, total)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_a_file_that_is_bad_throughout_lists_only_so_many_faults_and_counts_the_rest(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hepledger.intake.tally.FAULTS_LISTED", 10)
    bad = "".join(f"P,{number},2024-03-01,high,40\n" for number in range(25))
    report = desk.ingest(file(tmp_path, "labs.csv", HEADER + bad), mapping=mapping())
    assert (len(report.faults), report.files[0].faults_beyond) == (10, 15)
    assert counts(report)["stored"] == 25


def test_the_report_is_json_ready(desk: Desk, tmp_path: Path) -> None:
    report = desk.ingest(file(tmp_path, "labs.csv", HEADER + GOOD + BAD), mapping=mapping()).to_dict()
    assert (report["records"], report["appended"], report["dry_run"]) == (3, 2, False)
    assert report["files"][0]["faults"][0]["row"] == 4
    assert report["files"][0]["outcome"] == "read"
