"""The chain seals an entry with its place and everything before it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hepledger.log.chain import Head, Link, genesis, seal, verify_chain
from hepledger.log.memory import MemoryLog
from tests.support.log_contract import entry


class Opened(MemoryLog):
    """A log whose storage a test may edit behind its back."""

    def edit(self, at: int, **changes: object) -> None:
        self._links[0][at] = replace(self._links[0][at], **changes)  # type: ignore[arg-type]

    def links(self) -> list[Link]:
        return self._links[0]

    def set_head(self, head: Head) -> None:
        self._heads[0] = head


def log_of_five() -> Opened:
    log = Opened("trial")
    log.append([entry(name) for name in "abcde"])
    return log


def test_a_log_as_it_was_appended_has_no_fault() -> None:
    assert verify_chain(log_of_five(), 0) is None


@pytest.mark.parametrize(
    "change",
    [
        {"payload": b"c says 214"},
        {"payload": "c says 412"},
        {"key": "LEE/LEE-002"},
        {"event_id": bytes(16)},
        {"content_hash": bytes(32)},
        {"chain_hash": bytes(32)},
        {"offset": 7},
    ],
    ids=lambda change: next(iter(change)),
)
def test_an_edited_entry_is_named(change: dict[str, object]) -> None:
    log = log_of_five()
    log.edit(2, **change)
    assert verify_chain(log, 0) == 2


def test_swapped_entries_are_named_by_the_first_of_them() -> None:
    log = log_of_five()
    first, second = log.links()[1], log.links()[2]
    log.edit(1, event_id=second.event_id, content_hash=second.content_hash, payload=second.payload)
    log.edit(2, event_id=first.event_id, content_hash=first.content_hash, payload=first.payload)
    assert verify_chain(log, 0) == 1


@pytest.mark.parametrize("offset", [0, 3, 4], ids=["first", "middle", "last"])
def test_a_missing_entry_is_named(offset: int) -> None:
    log = log_of_five()
    del log.links()[offset]
    assert verify_chain(log, 0) == offset


def test_a_head_that_was_put_back_names_the_first_entry_above_it() -> None:
    log = log_of_five()
    log.set_head(Head(3, log.links()[2].chain_hash))
    assert verify_chain(log, 0) == 3


def test_a_head_with_another_hash_names_the_last_entry() -> None:
    log = log_of_five()
    log.set_head(Head(5, bytes(32)))
    assert verify_chain(log, 0) == 4


def test_an_empty_log_with_a_wrong_head_is_noticed() -> None:
    log = Opened("trial")
    log.set_head(Head(0, bytes(32)))
    assert verify_chain(log, 0) == 0


def test_a_chain_belongs_to_its_partition_and_stream() -> None:
    assert len({genesis("a", 0), genesis("a", 1), genesis("b", 0)}) == 3


def test_key_and_payload_cannot_be_shifted_into_each_other() -> None:
    assert seal(bytes(16), bytes(32), "LEE", b"/1{}") != seal(bytes(16), bytes(32), "LEE/1", b"{}")


def test_long_chains_are_told_page_by_page() -> None:
    log, told = MemoryLog("trial"), list[int]()
    log.append([entry(str(number)) for number in range(2_500)])
    assert verify_chain(log, 0, told.append) is None
    assert told == [1_000, 2_000, 2_500]
