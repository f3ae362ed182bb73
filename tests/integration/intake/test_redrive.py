"""Refused records are tried again from their bytes, and go in when the mapping was mended."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hepledger.intake.doors import IngestRequest
from hepledger.intake.redrive import Redriven, redrive
from hepledger.state.quarantine import EntryState
from tests.support.builders import lab
from tests.support.intake import HEADER, LABS, Desk, desk_in, mapping, ndjson

GERMAN = LABS.replace("[[file]]", '[[file]]\ndates = ["%d.%m.%Y", "%Y-%m-%d"]')


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with desk_in(tmp_path) as desk:
        yield desk


def quarantined(desk: Desk, folder: Path, written: str | bytes, name: str = "labs.csv", **wanted: Any) -> None:
    path = folder / name
    path.write_bytes(written.encode() if isinstance(written, str) else written)
    desk.ingest(path, **{"mapping": mapping(), **wanted})


def redriven(desk: Desk, **wanted: Any) -> list[Redriven]:
    return list(redrive(desk.intake, desk.quarantine, desk.quarantine.list(), IngestRequest(**wanted)))


def test_under_a_mended_mapping_a_record_goes_in_and_its_entry_is_settled(desk: Desk, tmp_path: Path) -> None:
    quarantined(desk, tmp_path, HEADER + 'LEE-001,1,01.03.2024,412,40\n"P\nQ",2,01.03.2024,high,40\n')
    went, stayed = redriven(desk, mapping=mapping(GERMAN))
    assert (went.state, went.verdicts) == (EntryState.REDRIVEN, ("appended",))
    assert stayed.state is EntryState.OPEN
    assert [fault.column for fault in stayed.faults] == ["ALT", "PAT"]
    (event,) = desk.events()
    assert (event.centre, event.occurred_at) == ("LEE", "2024-03-01")
    (entry,) = desk.quarantine.list()
    assert [reason.column for reason in entry.reasons] == ["ALT", "PAT"]


def test_under_the_mapping_of_its_time_a_record_is_refused_again(desk: Desk, tmp_path: Path) -> None:
    quarantined(desk, tmp_path, HEADER + "LEE-001,1,01.03.2024,412,40\n")
    before = desk.quarantine.list()
    (stayed,) = redriven(desk)
    assert stayed.state is EntryState.OPEN
    assert desk.quarantine.list() == before


def test_a_dry_run_settles_nothing(desk: Desk, tmp_path: Path) -> None:
    quarantined(desk, tmp_path, HEADER + "LEE-001,1,01.03.2024,412,40\n")
    (result,) = redriven(desk, mapping=mapping(GERMAN), dry_run=True)
    assert (result.state, desk.events()) == (EntryState.REDRIVEN, [])
    assert len(desk.quarantine.list()) == 1


def test_what_the_mapping_now_leaves_out_is_resolved_with_a_note(desk: Desk, tmp_path: Path) -> None:
    quarantined(desk, tmp_path, HEADER + "LEE-001,1,2024-03-01,not done,40\n")
    redriven(desk, mapping=mapping(LABS + '[file.ignore]\nvalue = ["not done"]\n'))
    (entry,) = desk.quarantine.list(state=None)
    assert (entry.state, entry.note) == ("resolved", "left out by the mapping: ALT is 'not done'")


def test_of_a_wide_row_only_the_refused_record_is_tried_again(desk: Desk, tmp_path: Path) -> None:
    ast = LABS.replace('"ALT"', '"AST"').replace('result_id = "ID"', 'result_id = "{ID}/AST"')
    table = "PAT,ID,DAY,ALT,AST,LIMIT\nP,1,2024-03-01,412,n.d.,40\n"
    quarantined(desk, tmp_path, table, mapping=mapping(LABS + ast))
    (result,) = redriven(desk, mapping=mapping(LABS + ast + '[file.ignore]\nvalue = ["n.d."]\n'))
    assert (result.verdicts, len(desk.events())) == (("ignored",), 1)


def test_a_row_that_could_not_be_taken_apart_is_tried_with_every_block(desk: Desk, tmp_path: Path) -> None:
    quarantined(desk, tmp_path, f"F,{HEADER}".encode() + "ä,P,1,2024-03-01,412,40\n".encode("cp1252"))
    (result,) = redriven(desk, mapping=mapping(LABS.replace("[[file]]", '[[file]]\nencoding = "cp1252"')))
    assert (result.state, len(desk.events())) == (EntryState.REDRIVEN, 1)


def test_a_line_without_a_centre_goes_in_once_one_is_given(desk: Desk, tmp_path: Path) -> None:
    without = {key: value for key, value in lab().items() if key != "centre"}
    quarantined(desk, tmp_path, ndjson([without]), "labs.ndjson", centre=None)
    assert desk.quarantine.list()[0].centre == ""
    (result,) = redriven(desk, centre="YRK")
    assert (result.state, desk.events()[0].centre) == (EntryState.REDRIVEN, "YRK")


def test_a_conflict_stays_one(desk: Desk, tmp_path: Path) -> None:
    quarantined(desk, tmp_path, ndjson([lab(source="m1"), lab(alt="9", source="m1")]), "labs.ndjson")
    (result,) = redriven(desk)
    assert (result.state, result.verdicts) == (EntryState.OPEN, ("conflict",))


def test_a_mapping_that_does_not_know_the_file_leaves_the_entry_with_the_reason(desk: Desk, tmp_path: Path) -> None:
    quarantined(desk, tmp_path, HEADER + "LEE-001,1,01.03.2024,412,40\n")
    (result,) = redriven(desk, mapping=mapping(LABS.replace("[[file]]", '[[file]]\nmatch = "other.csv"')))
    assert result.state is EntryState.OPEN
    assert "mapping" in str(result.faults[0])
