"""Files that nobody here wrote: every row of every file is accounted for."""

from __future__ import annotations

import csv
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from hepledger.intake.mapping import load_mapping
from hepledger.intake.report import COUNTS, FileOutcome, IngestReport
from hepledger_events.envelope import Envelope
from tests.support.intake import Desk, desk_in

HERE = Path(__file__).parent
SHARED = Path(os.environ.get("HEPLEDGER_SHARED_DATA", HERE.parents[2] / "shared" / "data"))
SITES = SHARED / "cdisc-pilot"
REDI = SHARED / "redi" / "synthetic-lab-data.csv"

needs_sites = pytest.mark.skipif(not SITES.is_dir(), reason="HEPLEDGER_SHARED_DATA has no cdisc-pilot")
needs_redi = pytest.mark.skipif(not REDI.is_file(), reason="HEPLEDGER_SHARED_DATA has no redi")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with desk_in(tmp_path) as desk:
        yield desk


def ingest_sites(desk: Desk) -> dict[str, IngestReport]:
    mapping = load_mapping(HERE / "mappings" / "cdisc.toml")
    sites = sorted(SITES.glob("site-*"))
    return {site.name: desk.ingest(site, centre=site.name.removeprefix("site-"), mapping=mapping) for site in sites}


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def data_of(event: Envelope) -> dict[str, object]:
    assert isinstance(event.data, dict)
    return event.data


@needs_sites
def test_every_row_of_the_seventeen_sites_goes_in(desk: Desk) -> None:
    reports = ingest_sites(desk)
    assert len(reports) == 17
    for site, report in reports.items():
        assert [file.outcome for file in report.files] == [FileOutcome.READ] * 3
        for file in report.files:
            rows = rows_of(SITES / site / Path(file.file).name)
            deaths = sum(bool(row.get("DTHDTC")) for row in rows)
            assert (file.rows, file.records) == (len(rows), len(rows) + deaths)
            assert file.records == file.appended
        assert not report.faults
    kinds = Counter(event.type for event in desk.events())
    assert kinds == {
        "lab_result_recorded": 14_524,
        "prescription_recorded": 591,
        "patient_enrolled": 306,
        "death_recorded": 3,
    }


@needs_sites
def test_the_sites_sent_twice_append_nothing(desk: Desk) -> None:
    ingest_sites(desk)
    before = len(desk.events())
    again = ingest_sites(desk)
    assert sum(report.total("already") for report in again.values()) == before == len(desk.events())
    assert sum(report.total("records") for report in again.values()) == before


@needs_sites
def test_a_result_keeps_what_was_printed(desk: Desk) -> None:
    ingest_sites(desk)
    results = {
        data_of(event)["result_id"]: (event.occurred_at, data_of(event))
        for event in desk.events()
        if event.type == "lab_result_recorded"
    }
    for site in sorted(SITES.glob("site-*")):
        for row in rows_of(site / "labs.csv"):
            occurred_at, data = results[f"{row['USUBJID']}/{row['LBSEQ']}"]
            comparator = "" if data["comparator"] == "=" else str(data["comparator"])
            assert f"{comparator}{data['value']}" == row["LBORRES"]
            assert data["reference_high"] == {"value": row["LBORNRHI"], "comparator": "<="}
            assert occurred_at == row["LBDTC"] + ("+00:00" if "T" in row["LBDTC"] else "")


@needs_redi
def test_every_row_of_the_flat_extract_goes_in_or_waits_with_a_reason(desk: Desk) -> None:
    report = desk.ingest(REDI, centre="UF", mapping=load_mapping(HERE / "mappings" / "redi.toml"))
    codes = Counter(row["loinc_code"] for row in rows_of(REDI))
    ours = {"1742-6": "ALT", "1920-8": "AST", "1975-2": "BILI", "1751-7": "ALB", "2160-0": "CREA", "26515-7": "PLT"}
    assert {name: report.total(name) for name in ("rows", "records", *COUNTS)} == {
        "rows": 647,
        "records": 647,
        "appended": 283,
        "already": 0,
        "conflict": 0,
        "quarantined": 364,
        "ignored": 0,
    }
    assert Counter(data_of(event)["analyte"] for event in desk.events()) == {
        analyte: codes[code] for code, analyte in ours.items()
    }
    told = Counter(fault.found.strip("'") for fault in report.faults if fault.column == "loinc_code")
    assert told == {code: number for code, number in codes.items() if code not in ours}
    assert len(desk.quarantine.list()) == 364


@needs_redi
def test_platelets_go_in_with_the_limit_that_was_printed_wrong_as_it_is(desk: Desk) -> None:
    desk.ingest(REDI, centre="UF", mapping=load_mapping(HERE / "mappings" / "redi.toml"))
    platelets = [data_of(event) for event in desk.events() if data_of(event)["analyte"] == "PLT"]
    assert {str(result["reference_high"]) for result in platelets} == {str({"value": "0.45", "comparator": "<="})}
