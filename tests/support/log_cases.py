"""What every log must do, said once. An adapter adds only how it is made; a broken one fails the case of its fault.

A case is a function of a LogMaker. Nothing here supposes that offsets are dense: that is asked of chained logs only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from threading import Event
from typing import cast

import pytest

from hepledger.log.chain import verify_chain
from hepledger.log.faults import OffsetMissing, PartitionMissing
from hepledger.log.port import Entry, EventLog, NewEntry, Outcome, Promise, Receipt
from tests.support.log_contract import (
    GLANCE,
    PATIENCE,
    Gate,
    LogMaker,
    chained,
    drained,
    entry,
    key_on,
    outcomes,
    payloads,
    read_all,
    until,
)

APPENDED, ALREADY, CONFLICT = Outcome.APPENDED, Outcome.ALREADY, Outcome.CONFLICT

Case = Callable[[LogMaker], None]

# ---- places and order ----------------------------------------------------------------------------------------------


def an_empty_log_gives_nothing(maker: LogMaker) -> None:
    log = maker.create(partitions=2)
    assert log.heads() == {partition: log.earliest(partition) for partition in (0, 1)}
    assert log.read(0, log.earliest(0), 10) == []
    assert log.append([]) == []


def what_was_appended_is_read_in_order(maker: LogMaker) -> None:
    log = maker.create()
    said = [entry(name) for name in "abcdef"]
    log.append(said[:2])
    log.append(said[2:])
    assert [one.event_id for one in read_all(log)] == [one.event_id for one in said]
    assert [(one.key, one.payload) for one in read_all(log)] == [(one.key, one.payload) for one in said]


def reading_in_small_pages_leaves_nothing_out(maker: LogMaker) -> None:
    log = maker.create()
    log.append([entry(name) for name in "abcdefg"])
    assert len(log.read(0, log.earliest(0), 3)) == 3
    assert read_all(log, page=2) == read_all(log)


def a_receipt_tells_where_the_event_stands(maker: LogMaker) -> None:
    log = maker.create(partitions=3)
    said = [entry(name, key=key_on(number % 3, 3)) for number, name in enumerate("abcdefg")]
    for one, receipt in zip(said, log.append(said), strict=True):
        [found] = log.read(receipt.partition, receipt.offset, 1)
        assert (found.event_id, found.offset) == (one.event_id, receipt.offset)


def an_event_is_found_by_its_id(maker: LogMaker) -> None:
    log = maker.create(partitions=2)
    said = [entry(name, key=key_on(number, 2)) for number, name in enumerate("ab")]
    for one, receipt in zip(said, log.append(said), strict=True):
        assert log.read(receipt.partition, receipt.offset, 1) == [log.find(one.event_id)]


def a_key_lives_on_one_partition_in_the_order_of_the_batch(maker: LogMaker) -> None:
    log = maker.create(partitions=3)
    said = [entry(f"{name}{number}", key=key_on(number, 3)) for name in "abc" for number in range(3)]
    log.append(said)
    for partition in range(3):
        expected = [one.payload for one in said if one.key == key_on(partition, 3)]
        assert payloads(read_all(log, partition)) == expected


def heads_are_where_reading_ends(maker: LogMaker) -> None:
    log = maker.create(partitions=2)
    log.append([entry(name, key=key_on(0, 2)) for name in "abc"])
    assert log.heads() == {0: read_all(log)[-1].next_offset, 1: log.earliest(1)}
    assert log.read(0, log.heads()[0], 10) == []


def an_event_that_is_not_there_is_not_found(maker: LogMaker) -> None:
    log = maker.create()
    log.append([entry("a")])
    assert log.find(entry("b").event_id) is None


def a_partition_that_is_not_there_is_refused(maker: LogMaker) -> None:
    log = maker.create(partitions=2)
    for ask in (lambda: log.read(2, 0, 1), lambda: log.earliest(-1), lambda: log.subscribe({2: 0})):
        with pytest.raises(PartitionMissing):
            ask()


# ---- duplicates ----------------------------------------------------------------------------------------------------


def an_event_that_comes_again_is_already_there(maker: LogMaker) -> None:
    log = maker.create()
    [_, first] = log.append([entry("a"), entry("b")])
    assert log.append([entry("b")]) == [Receipt(ALREADY, first.partition, first.offset)]
    assert len(read_all(log)) == 2


def the_same_event_with_other_content_is_a_conflict(maker: LogMaker) -> None:
    log = maker.create()
    [first] = log.append([entry("a", content="412")])
    assert log.append([entry("a", content="214")]) == [Receipt(CONFLICT, first.partition, first.offset)]
    assert payloads(read_all(log)) == [b"a says 412"]


def an_event_twice_in_a_batch_stands_once(maker: LogMaker) -> None:
    log = maker.create()
    receipts = log.append([entry("a"), entry("a"), entry("a", content="other")])
    assert outcomes(receipts) == [APPENDED, ALREADY, CONFLICT]
    assert len({receipt.offset for receipt in receipts}) == 1
    assert payloads(read_all(log)) == [b"a says 412"]


def a_conflict_is_found_on_another_partition_too(maker: LogMaker) -> None:
    log = maker.create(partitions=2)
    [first] = log.append([entry("a", key=key_on(0, 2))])
    [second] = log.append([entry("a", key=key_on(1, 2), content="of another patient")])
    assert second == Receipt(CONFLICT, 0, first.offset)
    assert read_all(log, 1) == []


def a_mixed_batch_gets_a_receipt_for_each_entry_in_order(maker: LogMaker) -> None:
    log = maker.create()
    log.append([entry("a"), entry("b")])
    receipts = log.append([entry("c"), entry("a"), entry("b", content="other"), entry("c"), entry("d")])
    assert outcomes(receipts) == [APPENDED, ALREADY, CONFLICT, ALREADY, APPENDED]
    assert payloads(read_all(log)) == [f"{name} says 412".encode() for name in "abcd"]


def a_conflict_leaves_the_others_of_its_batch_alone(maker: LogMaker) -> None:
    log = maker.create()
    log.append([entry("a")])
    log.append([entry("b"), entry("a", content="other"), entry("c")])
    assert payloads(read_all(log)) == [b"a says 412", b"b says 412", b"c says 412"]


# ---- all or nothing ------------------------------------------------------------------------------------------------


def a_batch_with_an_entry_that_cannot_be_written_writes_none(maker: LogMaker) -> None:
    log = maker.create()
    log.append([entry("a")])
    broken = NewEntry(entry("c").event_id, "LEE/LEE-001", entry("c").content_hash, cast("bytes", object()))
    with pytest.raises((TypeError, ValueError)):
        log.append([entry("b"), broken, entry("d")])
    assert payloads(read_all(log)) == [b"a says 412"]
    assert outcomes(log.append([entry("b"), entry("d")])) == [APPENDED, APPENDED]


def an_acknowledged_append_is_seen_by_every_handle(maker: LogMaker) -> None:
    log = maker.create()
    log.append([entry("a")])
    assert payloads(read_all(maker.another_handle(log))) == [b"a says 412"]


def an_event_that_comes_again_through_another_handle_is_already_there(maker: LogMaker) -> None:
    log = maker.create()
    log.append([entry("a")])
    assert outcomes(maker.another_handle(log).append([entry("a")])) == [ALREADY]


def a_reader_never_passes_an_event_that_comes_later(maker: LogMaker) -> None:
    """One writer is held between writing and committing, another one tries to overtake it, a reader looks on."""
    gate, log = Gate(), maker.create()
    held, overtaking, watched = maker.held_at(gate, log), maker.another_handle(log), maker.another_handle(log)
    seen, stop = list[Entry](), Event()

    def look_on() -> None:
        done = False
        while not done:
            done = stop.is_set()  # looked at before the last reading, so that it finds everything
            seen.extend(watched.read(0, seen[-1].next_offset if seen else log.earliest(0), 10))

    with ThreadPoolExecutor(3) as threads:
        first = threads.submit(held.append, [entry("first"), entry("first, too")])
        assert gate.reached.wait(PATIENCE)
        reader = threads.submit(look_on)
        second = threads.submit(overtaking.append, [entry("second")])
        if wait([second], timeout=GLANCE).done:  # a wrong adapter: let its reader see what it must not
            until(lambda: bool(seen))
        gate.opened.set()
        wait([first, second], timeout=PATIENCE)
        stop.set()
        reader.result(PATIENCE)
    assert outcomes([*first.result(), *second.result()]) == [APPENDED] * 3
    assert seen == read_all(log)
    assert len(seen) == 3


def of_writers_at_once_one_appends_each_event(maker: LogMaker) -> None:
    log = maker.create(partitions=2)
    handles = [maker.another_handle(log) for _ in range(3)]
    names = [str(number) for number in range(40)]

    def append_all(handle: EventLog) -> list[Outcome]:
        batches = [names[start : start + 8] for start in range(0, 40, 8)]
        return outcomes(
            [one for some in batches for one in handle.append([entry(name, f"LEE/{name}") for name in some])]
        )

    with ThreadPoolExecutor(3) as threads:
        answers = list(threads.map(append_all, handles))
    assert [len(answer) for answer in answers] == [40, 40, 40]
    for per_event in zip(*answers, strict=True):
        assert sorted(per_event) == [ALREADY, ALREADY, APPENDED]
    stored = [one.event_id for partition in (0, 1) for one in read_all(log, partition)]
    assert sorted(stored) == sorted(entry(name).event_id for name in names)


# ---- subscriptions -------------------------------------------------------------------------------------------------


def a_subscription_reads_on_from_its_position(maker: LogMaker) -> None:
    log = maker.create()
    log.append([entry("a"), entry("b")])
    subscription = log.subscribe({0: read_all(log)[0].next_offset})
    assert payloads(drained(subscription.poll)) == [b"b says 412"]
    log.append([entry("c")])
    assert payloads(subscription.poll(10, PATIENCE)) == [b"c says 412"]
    subscription.close()
    subscription.close()


def a_subscription_gives_at_most_what_was_asked_for(maker: LogMaker) -> None:
    log = maker.create()
    log.append([entry(name) for name in "abcde"])
    subscription = log.subscribe({0: log.earliest(0)})
    pages = [subscription.poll(2, PATIENCE) for _ in range(3)]
    assert max(len(page) for page in pages) <= 2
    subscription.close()


def a_busy_partition_starves_no_other(maker: LogMaker) -> None:
    log = maker.create(partitions=2)
    log.append([entry(f"busy {number}", key=key_on(0, 2)) for number in range(20)])
    log.append([entry("quiet", key=key_on(1, 2))])
    subscription = log.subscribe({partition: log.earliest(partition) for partition in (0, 1)})
    first_polls = [one for _ in range(4) for one in subscription.poll(4, PATIENCE)]
    assert b"quiet says 412" in payloads(first_polls)
    rest = drained(subscription.poll)
    busy = [one for one in [*first_polls, *rest] if one.partition == 0]
    assert busy == read_all(log, 0)
    subscription.close()


def a_subscription_leaves_other_partitions_alone(maker: LogMaker) -> None:
    log = maker.create(partitions=2)
    log.append([entry(f"{number}", key=key_on(number, 2)) for number in (0, 1)])
    subscription = log.subscribe({1: log.earliest(1)})
    assert payloads(drained(subscription.poll)) == [b"1 says 412"]
    subscription.close()


def a_position_that_the_log_does_not_hold_is_refused(maker: LogMaker) -> None:
    log = maker.create()
    log.append([entry("a")])
    for position in (log.heads()[0] + 5, log.earliest(0) - 1):
        with pytest.raises(OffsetMissing):
            log.subscribe({0: position})


# ---- logs that keep a chain ----------------------------------------------------------------------------------------


def offsets_are_dense_whatever_was_refused(maker: LogMaker) -> None:
    log = maker.create()
    log.append([entry("a"), entry("a"), entry("b")])
    log.append([entry("b", content="other"), entry("c"), entry("a")])
    log.append([entry("c")])
    log.append([entry("d")])
    assert [one.offset for one in read_all(log)] == [0, 1, 2, 3]
    assert log.heads() == {0: 4}


def the_chain_holds_over_batches_and_duplicates(maker: LogMaker) -> None:
    log = maker.create(partitions=2)
    assert [verify_chain(chained(log), partition) for partition in (0, 1)] == [None, None]
    for names in ("abc", "cde", "ea", "f"):
        log.append([entry(name, key=key_on(ord(name) % 2, 2)) for name in names])
    assert [verify_chain(chained(log), partition) for partition in (0, 1)] == [None, None]


CASES: tuple[Case, ...] = (
    an_empty_log_gives_nothing,
    what_was_appended_is_read_in_order,
    reading_in_small_pages_leaves_nothing_out,
    a_receipt_tells_where_the_event_stands,
    an_event_is_found_by_its_id,
    a_key_lives_on_one_partition_in_the_order_of_the_batch,
    heads_are_where_reading_ends,
    an_event_that_is_not_there_is_not_found,
    a_partition_that_is_not_there_is_refused,
    an_event_that_comes_again_is_already_there,
    the_same_event_with_other_content_is_a_conflict,
    an_event_twice_in_a_batch_stands_once,
    a_conflict_is_found_on_another_partition_too,
    a_mixed_batch_gets_a_receipt_for_each_entry_in_order,
    a_conflict_leaves_the_others_of_its_batch_alone,
    a_batch_with_an_entry_that_cannot_be_written_writes_none,
    an_acknowledged_append_is_seen_by_every_handle,
    an_event_that_comes_again_through_another_handle_is_already_there,
    a_reader_never_passes_an_event_that_comes_later,
    of_writers_at_once_one_appends_each_event,
    a_subscription_reads_on_from_its_position,
    a_subscription_gives_at_most_what_was_asked_for,
    a_busy_partition_starves_no_other,
    a_subscription_leaves_other_partitions_alone,
    a_position_that_the_log_does_not_hold_is_refused,
)
CHAIN_CASES: tuple[Case, ...] = (offsets_are_dense_whatever_was_refused, the_chain_holds_over_batches_and_duplicates)

NEEDS: Mapping[Case, Promise] = {
    an_event_is_found_by_its_id: Promise.SEARCH,
    an_event_that_is_not_there_is_not_found: Promise.SEARCH,
    an_event_that_comes_again_is_already_there: Promise.EXACT_DUPLICATES,
    the_same_event_with_other_content_is_a_conflict: Promise.EXACT_DUPLICATES,
    a_conflict_is_found_on_another_partition_too: Promise.EXACT_DUPLICATES,
    a_mixed_batch_gets_a_receipt_for_each_entry_in_order: Promise.EXACT_DUPLICATES,
    a_conflict_leaves_the_others_of_its_batch_alone: Promise.EXACT_DUPLICATES,
    an_event_that_comes_again_through_another_handle_is_already_there: Promise.EXACT_DUPLICATES,
    of_writers_at_once_one_appends_each_event: Promise.EXACT_DUPLICATES,
    offsets_are_dense_whatever_was_refused: Promise.CHAIN,
    the_chain_holds_over_batches_and_duplicates: Promise.CHAIN,
}
"""Cases of a promise that some logs cannot keep: there the case must fail, or the log has said too little of itself."""

# ---- logs that leave the decision about duplicates to their readers ------------------------------------------------


def an_event_that_comes_again_stands_again_for_its_readers_to_recognise(maker: LogMaker) -> None:
    log = maker.create()
    [first] = log.append([entry("a")])
    [second] = log.append([entry("a")])
    assert outcomes([first, second]) == [APPENDED, APPENDED]
    assert [one.event_id for one in read_all(log)] == [entry("a").event_id] * 2
    assert [one.offset for one in read_all(log)] == [first.offset, second.offset]


def of_writers_at_once_nothing_is_lost(maker: LogMaker) -> None:
    log = maker.create(partitions=2)
    handles = [maker.another_handle(log) for _ in range(3)]
    said = [entry(str(number), f"LEE/{number}") for number in range(40)]
    with ThreadPoolExecutor(3) as threads:
        for receipts in threads.map(lambda handle: handle.append(said), handles):
            assert outcomes(receipts) == [APPENDED] * 40
    stored = [one.event_id for partition in (0, 1) for one in read_all(log, partition)]
    assert sorted(stored) == sorted([one.event_id for one in said] * 3)


CASES_WITHOUT_EXACT_DUPLICATES: tuple[Case, ...] = (
    an_event_that_comes_again_stands_again_for_its_readers_to_recognise,
    of_writers_at_once_nothing_is_lost,
)
