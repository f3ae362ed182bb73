"""Processes that are begun before the program knows its command: those that are needed do their work, the others go."""

from __future__ import annotations

import os
import signal
import time
from multiprocessing.connection import Connection

import pytest

from hepledger.cli.processes import _ahead, _asked_for, begun_ahead, hire

PATIENCE = 60.0


def say_twice(word: str, held: Connection, told: Connection) -> None:
    told.send(word)
    told.send(word)
    held.poll(None)  # until the other end is closed


@pytest.mark.parametrize(
    ("words", "number"),
    [
        (["project", "--workers", "3", "--follow"], 3),
        (["replay", "x", "--workers=2"], 2),
        (["project", "--workers"], 0),
        (["project", "--workers", "two"], 0),
        (["project", "--workers=-2"], 0),
        (["status"], 0),
        (["project", "--workers-of-old", "2"], 0),
    ],
)
def test_how_many_are_asked_for_is_read_from_the_words(words: list[str], number: int) -> None:
    assert _asked_for(words) == number


def test_a_process_begun_ahead_is_hired_and_the_others_are_sent_away() -> None:
    with begun_ahead(["project", "--workers", "2"]):
        spare, chosen = _ahead
        hired = hire()
        assert hired is chosen
        hired.give(say_twice, "taken")
        assert hired.news.poll(PATIENCE)
        assert [hired.news.recv(), hired.news.recv()] == ["taken", "taken"]
    hired.line.close()
    for each in (hired, spare):
        each.process.join(PATIENCE)
        assert each.process.exitcode == 0
    assert _ahead == []


@pytest.mark.parametrize("words", [["project"], ["project", "--workers", "1"], ["project", "--workers", "1000"]])
def test_none_is_begun_where_none_or_too_many_would_be(words: list[str]) -> None:
    with begun_ahead(words):
        assert _ahead == []


def test_one_is_begun_where_none_is_left_and_an_interruption_is_not_for_it() -> None:
    hired = hire()
    hired.give(say_twice, "here")
    assert hired.news.poll(PATIENCE)
    os.kill(hired.process.pid or 0, signal.SIGINT)
    time.sleep(0.1)
    assert hired.process.is_alive()
    hired.line.close()
    hired.process.join(PATIENCE)
    assert hired.process.exitcode == 0


def test_work_for_one_that_is_gone_is_no_failure_here() -> None:
    hired = hire()
    hired.process.kill()
    hired.process.join(PATIENCE)

    hired.give(say_twice, "nobody hears it")

    assert hired.process.exitcode == -signal.SIGKILL
