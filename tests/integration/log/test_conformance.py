"""Every adapter keeps every promise, and an adapter that breaks one is caught by the case that names it."""

from __future__ import annotations

from pathlib import Path

import pytest

from hepledger.log.memory import MemoryLog
from tests.support import broken_logs as broken
from tests.support import log_cases as contract
from tests.support.log_cases import CASES, CHAIN_CASES, Case
from tests.support.log_makers import MemoryMaker, sqlite_maker

ALL_CASES = pytest.mark.parametrize("case", [*CASES, *CHAIN_CASES], ids=lambda case: case.__name__)

CAUGHT: list[tuple[type[MemoryLog], Case]] = [
    (broken.NumbersBeforeCommit, contract.a_reader_never_passes_an_event_that_comes_later),
    (broken.ForgetsWhatStands, contract.an_event_that_comes_again_is_already_there),
    (broken.ForgetsWhatStands, contract.the_same_event_with_other_content_is_a_conflict),
    (broken.LooksOnlyAtTheLog, contract.an_event_twice_in_a_batch_stands_once),
    (broken.LooksOnlyAtTheLog, contract.a_mixed_batch_gets_a_receipt_for_each_entry_in_order),
    (broken.ConflictAsAlready, contract.the_same_event_with_other_content_is_a_conflict),
    (broken.ConflictAsAlready, contract.a_conflict_is_found_on_another_partition_too),
    (broken.LosesTheReceipt, contract.a_mixed_batch_gets_a_receipt_for_each_entry_in_order),
    (broken.TornBatch, contract.a_batch_with_an_entry_that_cannot_be_written_writes_none),
]


@ALL_CASES
def test_the_log_in_memory_keeps_the_promise(case: Case) -> None:
    case(MemoryMaker())


@ALL_CASES
def test_the_log_on_sqlite_keeps_the_promise(case: Case, tmp_path: Path) -> None:
    with sqlite_maker(tmp_path) as maker:
        case(maker)


@pytest.mark.parametrize(("kind", "case"), CAUGHT, ids=lambda it: it.__name__)
def test_a_broken_log_is_caught(kind: type[MemoryLog], case: Case) -> None:
    with pytest.raises(AssertionError):
        case(broken.BrokenMaker(kind))
