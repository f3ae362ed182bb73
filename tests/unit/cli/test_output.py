"""How answers are printed."""

from __future__ import annotations

import json
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest

from hepledger.cli.output import prepare_streams, progress, progress_to, say, say_json


def test_lines_are_printed_in_order_however_many(capsys: pytest.CaptureFixture[str]) -> None:
    say(str(number) for number in range(1_234))
    assert capsys.readouterr().out.splitlines() == [str(number) for number in range(1_234)]


def test_no_line_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    say([])
    assert capsys.readouterr().out == ""


def test_json_has_dates_in_iso_form_and_decimals_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    say_json({"on": date(2024, 3, 1), "at": datetime(2024, 3, 1, tzinfo=UTC), "x": Decimal("6.0000"), "f": Path("a")})
    told = json.loads(capsys.readouterr().out)
    assert told == {"on": "2024-03-01", "at": "2024-03-01T00:00:00+00:00", "x": "6.0000", "f": "a"}


def test_json_refuses_what_it_cannot_say() -> None:
    with pytest.raises(TypeError, match="object"):
        say_json(object())


def test_a_pipe_sees_no_progress(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("working", 10) as tell:
        tell(5)
    with progress_to("reading") as tell_of:
        tell_of(5, 10)
    assert capsys.readouterr() == ("", "")


def test_json_for_a_terminal_without_the_signs_is_still_the_same_json(monkeypatch: pytest.MonkeyPatch) -> None:
    narrow = TextIOWrapper(BytesIO(), encoding="latin-1")
    monkeypatch.setattr(sys, "stdout", narrow)
    say_json({"patient": "ü 患者"})
    narrow.seek(0)
    text = narrow.read()
    assert text.isascii()
    assert json.loads(text) == {"patient": "ü 患者"}


def test_text_for_a_terminal_without_the_signs_is_escaped_and_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    narrow = TextIOWrapper(BytesIO(), encoding="latin-1")
    monkeypatch.setattr(sys, "stdout", narrow)
    prepare_streams()
    say("≤45")
    narrow.seek(0)
    assert narrow.read() == "\\u226445\n"


def test_a_stream_that_the_shell_closed_swallows_what_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    prepare_streams()
    with sys.stdout:
        say("nobody hears this")
