"""What the program writes to Python's logging says nothing about a patient: event id and position at most."""

from __future__ import annotations

import logging
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hepledger.bootstrap import open_registry
from hepledger.config import config_from
from hepledger.log.port import NewEntry
from tests.support.builders import lab, prescription
from tests.support.command import home_in, write_ndjson

OF_A_PATIENT = ("LEE-001", "R-17", "412.5", "2024-03-01", "tacrolimus")


def told_of_a_patient(text: str) -> list[str]:
    """What of the builders' patient stands in a text."""
    return [said for said in OF_A_PATIENT if re.search(rf"(?<![\w.-]){re.escape(said)}(?![\w.-])", text)]


def test_no_log_line_tells_of_a_patient(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    result = lab("LEE-001", "2024-03-01", "412.5", result_id="R-17")
    refused = {**result, "data": {**result["data"], "unit": "u/L"}}
    home = home_in(tmp_path)

    with caplog.at_level(logging.INFO), caplog.at_level(logging.DEBUG, "hepledger"):
        home.holding([prescription("LEE-001", drug="tacrolimus", started_on="2024-03-01"), result])
        assert home("ingest", write_ndjson(tmp_path / "bad.ndjson", [refused])).code == 3
        with open_registry(config_from({}, home=str(home.folder)), lambda: datetime.now(UTC)) as registry:
            registry.reported.append([NewEntry(b"0" * 16, "LEE/LEE-001", b"0" * 32, b"LEE-001: no event")])
        for command in (("project",), ("course", "LEE-001", "--explain"), ("verify",), ("course", "LEE-002")):
            home("--debug", *command)

    assert told_of_a_patient(caplog.text) == []


def test_a_line_that_tells_of_a_patient_is_noticed(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        logging.getLogger("hepledger").info("parked LEE/LEE-001, ALT 412.5")

    assert told_of_a_patient(caplog.text) == ["LEE-001", "412.5"]
