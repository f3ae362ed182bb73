"""Data cuts are known from the log of the registry, each by its name."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest

from hepledger.log.memory import MemoryLog
from hepledger.log.port import NewEntry, Outcome
from hepledger.reporting.columns import What
from hepledger.reporting.data_cut import DataCut, cut_from
from hepledger.reporting.data_cut_event import CutTaken, announce
from hepledger.reporting.data_cut_seal import Seal
from hepledger.state import catalogue, cuts
from hepledger.state.cuts import CutUnknown
from hepledger_events.streams import REGISTRY
from tests.support.projecting import shipped, state_with

HEGADE = shipped("hegade-2011")
CUT = DataCut(
    name="dsmb-1",
    criteria="hegade-2011",
    version=1,
    fingerprint="ab" * 32,
    offsets={0: 7},
    until=None,
    parked={},
    code_version="0.2.0",
    created_at=datetime(2024, 4, 1, 12, tzinfo=UTC),
    tables={what: Seal(what).table() for what in What},
)


def again(log: MemoryLog, name: str) -> None:
    """The same event once more under another id, as a log may hold it that does not know what it holds."""
    (entry,) = log.read(0, 0, 1)
    payload = entry.payload.replace(b'"next_offset":7', b'"next_offset":9')
    log.append([NewEntry(sha256(name.encode()).digest()[:16], entry.key, sha256(payload).digest(), payload)])


def test_a_cut_is_known_once_the_log_was_read() -> None:
    state, log = state_with([HEGADE]), MemoryLog(REGISTRY)
    announce(log, CUT)
    with state.begin() as uow:
        with pytest.raises(CutUnknown, match="dsmb-1"):
            cuts.get_cut(uow, "dsmb-1")
        assert catalogue.taken_in(uow, log) == 0
        catalogue.catch_up(uow, log)
        assert cut_from(cuts.get_cut(uow, "dsmb-1").document) == CUT
        assert catalogue.taken_in(uow, log) == 1


def test_of_two_cuts_of_one_name_the_earlier_in_the_log_stands() -> None:
    state, log = state_with([HEGADE]), MemoryLog(REGISTRY)
    announce(log, CUT)
    again(log, "a second one")
    with state.begin() as uow:
        assert catalogue.catch_up(uow, log) == 2
        (known,) = cuts.known_cuts(uow)
        assert cut_from(known.document).offsets == {0: 7}


def test_the_log_refuses_another_cut_of_a_name_and_takes_the_same_one_again() -> None:
    log = MemoryLog(REGISTRY)
    announce(log, CUT)
    announce(log, CUT)
    with pytest.raises(CutTaken, match="choose another name"):
        announce(log, replace(CUT, offsets={0: 8}))
    assert log.heads() == {0: 1}


def test_cuts_are_listed_from_the_oldest_on() -> None:
    state, log = state_with([HEGADE]), MemoryLog(REGISTRY)
    announce(log, replace(CUT, name="b"))
    announce(log, replace(CUT, name="a", created_at=CUT.created_at + timedelta(hours=1)))
    announce(log, replace(CUT, name="c", created_at=CUT.created_at - timedelta(hours=1)))
    with state.begin() as uow:
        catalogue.catch_up(uow, log)
        assert [known.name for known in cuts.known_cuts(uow)] == ["c", "b", "a"]


def test_what_a_cut_is_told_with_is_an_event_of_the_registry() -> None:
    log = MemoryLog(REGISTRY)
    announce(log, CUT)
    (entry,) = log.read(0, 0, 10)
    receipts = log.append([NewEntry(entry.event_id, entry.key, bytes(32), b"")])
    assert [receipt.outcome for receipt in receipts] == [Outcome.CONFLICT]


def test_what_was_the_answer_at_a_time_is_what_was_activated_last_before_it() -> None:
    state = state_with([HEGADE, shipped("iaihg-2022")])
    with state.begin() as uow:
        first, second = (catalogue.get_criteria(uow, name) for name in ("hegade-2011", "iaihg-2022"))
        uow.connection.exec_driver_sql("DELETE FROM activation")
        assert catalogue.find_active_at(uow, 5) is None
        catalogue.make_active(uow, first, 10)
        catalogue.make_active(uow, second, 20)
        catalogue.make_active(uow, first, 30)
        known = {first.fingerprint: 1, second.fingerprint: 2}
        found = [known[catalogue.find_active_at(uow, at) or ""] for at in (5, 10, 19, 20, 29, 30, 99)]
    assert found == [1, 1, 1, 2, 2, 1, 1]
