"""Which criteria sets there are: those that ship, and those that were published as events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid5

import pytest

from hepledger.log.memory import MemoryLog
from hepledger.log.port import NewEntry
from hepledger.projection.sets import set_up
from hepledger.state import catalogue
from hepledger.state.catalogue import CriteriaClash, CriteriaUnknown
from hepledger_events.codec import encode
from hepledger_events.criteria import canonical_document, fingerprint, parse_criteria
from hepledger_events.envelope import REGISTRY_SOURCE, Envelope
from hepledger_events.streams import REGISTRY
from tests.support.projecting import FIRST_CLOCK, shipped, state_with

HEGADE = shipped("hegade-2011")


def published(document: Mapping[str, Any], name: str) -> NewEntry:
    event_id, parsed = uuid5(UUID(int=0), name), parse_criteria(document)
    said = {"id": parsed.id, "version": parsed.version, "fingerprint": fingerprint(parsed)}
    envelope = Envelope(
        id=str(event_id),
        type="criteria_published",
        version=1,
        source=REGISTRY_SOURCE,
        key=document["id"],
        centre="",
        patient="",
        recorded_at=FIRST_CLOCK,
        data={**said, "document": canonical_document(parsed)},
    )
    return NewEntry(event_id.bytes, document["id"], bytes(32), encode(envelope))


def test_a_set_that_was_published_is_known_once_the_stream_is_read() -> None:
    state, log = state_with([HEGADE]), MemoryLog(REGISTRY)
    log.append([published({**HEGADE, "id": "ours"}, "ours")])
    with state.begin() as uow:
        assert catalogue.find_criteria(uow, "ours") is None
        assert catalogue.catch_up(uow, log) == 1
        known = catalogue.get_criteria(uow, "ours@1")
    assert known.published_at is not None
    assert known.document["id"] == "ours"


def test_the_stream_is_read_on_from_where_it_was_left() -> None:
    state, log = state_with([HEGADE]), MemoryLog(REGISTRY)
    log.append([published({**HEGADE, "id": "ours"}, "one")])
    with state.begin() as uow:
        catalogue.catch_up(uow, log)
        log.append([published({**HEGADE, "id": "ours", "version": 2}, "two")])
        assert [catalogue.catch_up(uow, log) for _ in range(2)] == [1, 0]
        assert catalogue.get_criteria(uow, "ours").version == 2


def test_of_two_publications_of_one_version_the_earlier_stands() -> None:
    state, log = state_with([HEGADE]), MemoryLog(REGISTRY)
    log.append(
        [published({**HEGADE, "id": "ours"}, "one"), published({**HEGADE, "id": "ours", "title": "Other"}, "two")]
    )
    with state.begin() as uow:
        catalogue.catch_up(uow, log)
        assert catalogue.get_criteria(uow, "ours").title == HEGADE["title"]


def test_a_set_that_ships_again_changes_nothing() -> None:
    state = state_with([HEGADE])
    with state.begin() as uow:
        catalogue.register(uow, [HEGADE])
        assert len(catalogue.known_criteria(uow)) == 1


def test_a_set_that_ships_with_other_content_under_a_known_version_is_refused() -> None:
    state = state_with([HEGADE])
    with state.begin() as uow, pytest.raises(CriteriaClash):
        catalogue.register(uow, [{**HEGADE, "title": "Other"}])


def test_what_nobody_knows_is_an_error_that_names_it() -> None:
    with state_with([HEGADE]).begin() as uow, pytest.raises(CriteriaUnknown, match="nobody-1999"):
        catalogue.get_criteria(uow, "nobody-1999")


def test_the_sets_that_were_ever_projected_are_known_in_their_order() -> None:
    state = state_with([HEGADE])
    with state.begin() as uow:
        catalogue.register(uow, [shipped("relapse-3uln"), shipped("iaihg-2022")])
        set_up(uow, catalogue.get_criteria(uow, "iaihg-2022"))
        set_up(uow, catalogue.get_criteria(uow, "iaihg-2022"))
        assert [known.id for known in catalogue.projected(uow)] == ["hegade-2011", "iaihg-2022"]


def test_the_first_set_to_answer_is_the_published_series_own() -> None:
    state = state_with([shipped("iaihg-2022"), HEGADE])
    with state.begin() as uow:
        uow.connection.exec_driver_sql("DELETE FROM active_criteria")
        assert catalogue.get_active(uow).id == "hegade-2011"
        catalogue.make_active(uow, catalogue.get_criteria(uow, "iaihg-2022"), 0)
        assert catalogue.get_active(uow).id == "iaihg-2022"
