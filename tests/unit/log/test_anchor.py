"""An anchor finds what the chain alone cannot: an end that was cut off, a chain that was written anew."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from hepledger.log.anchor import Anchor, NotAnAnchor, anchor_text, departures, read_anchor, take_anchor
from hepledger.log.chain import verify_chain
from hepledger.log.memory import MemoryLog
from tests.support.log_contract import entry

DAY = datetime(2024, 3, 9, 10, 15, tzinfo=UTC)


def log_of(names: str, stream: str = "trial") -> MemoryLog:
    log = MemoryLog(stream)
    if names:
        log.append([entry(name) for name in names])
    return log


def anchored(log: MemoryLog) -> Anchor:
    return read_anchor(anchor_text(take_anchor([(log, log.partitions)], DAY)), "anchor.json")


def told(anchor: Anchor, log: MemoryLog) -> list[str]:
    return [str(each) for each in departures(anchor, [(log, log.partitions)])]


@pytest.mark.parametrize("now", ["abcde", "abcdefg"])
def test_a_log_that_went_on_or_stood_still_continues_its_anchor(now: str) -> None:
    assert told(anchored(log_of("abcde")), log_of(now)) == []


def test_an_empty_log_can_be_anchored_too() -> None:
    assert told(anchored(log_of("")), log_of("abc")) == []


@pytest.mark.parametrize("left", ["abcd", "a", ""])
def test_an_end_that_was_cut_off_is_found_though_the_chain_fits(left: str) -> None:
    cut = log_of(left)
    assert verify_chain(cut, 0) is None
    (said,) = told(anchored(log_of("abcde")), cut)
    assert f"partition 0: ends at offset {len(left)}, and reached to 5 when it was anchored on 2024-03-09" in said


@pytest.mark.parametrize("now", ["abXde", "bacde", "abcdXfgh", "Xbcde"])
def test_a_chain_that_was_written_anew_is_found_though_it_fits(now: str) -> None:
    rewritten = log_of(now)
    assert verify_chain(rewritten, 0) is None
    (said,) = told(anchored(log_of("abcde")), rewritten)
    assert "what is below offset 5 is not what was anchored on 2024-03-09" in said


def test_another_log_is_not_the_one_that_was_anchored() -> None:
    assert told(anchored(log_of("abc")), log_of("abc", "other")) == [
        "trial, partition 0: it was anchored, and is not there"
    ]


def _without(name: str) -> Callable[[dict[str, Any]], object]:
    return lambda document: document.pop(name)


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (_without("kind"), 'does not say "kind"'),
        (lambda document: document.update(version=2), "its version is 2, and 1 is known here"),
        (_without("taken_at"), "a part of it is missing"),
        (_without("partitions"), "a part of it is missing"),
        (lambda document: document.update(taken_at="2024-03-09T10:15:00"), "cannot be read"),
        (lambda document: document.update(partitions=[]), "it names no partition"),
        (lambda document: document["partitions"][0].update(chain_hash="xyz"), "cannot be read"),
        (lambda document: document["partitions"][0].update(next_offset=None), "cannot be read"),
    ],
)
def test_what_is_no_anchor_is_refused_with_the_reason(damage: Callable[[dict[str, Any]], object], reason: str) -> None:
    document = json.loads(anchor_text(take_anchor([(log_of("abc"), 1)], DAY)))
    damage(document)
    with pytest.raises(NotAnAnchor, match=reason):
        read_anchor(json.dumps(document), "anchor.json")


@pytest.mark.parametrize("text", ["", "# Title", "[]", "null", b"\xff\xfe"])
def test_another_file_is_no_anchor(text: str | bytes) -> None:
    with pytest.raises(NotAnAnchor, match=r"anchor\.json"):
        read_anchor(text, "anchor.json")
