"""A history comes back from its pack as it was."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hepledger.clinical.course import derive
from hepledger.clinical.facts import LabResult, Version
from hepledger.clinical.packed import FORMAT, NotAPack, pack
from hepledger.clinical.sheet import Sheet
from hepledger.clinical.walk import Plan
from tests.support.engine import columns_of, criteria_of, plain, versions_of
from tests.support.strategies import criteria_documents, histories

THOROUGH = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def told(version: Version) -> list[Any]:
    """All that a version says."""
    content: Any = version.content
    if isinstance(content, LabResult):
        content = (content.measurement.numbers, content.flags, content.preliminary, content.reading)
    return [*(columns_of(version) | {"content": content}).values()]


@THOROUGH
@given(events=histories(max_results=24), document=criteria_documents())
def test_what_was_packed_is_read_back(events: list[dict[str, Any]], document: dict[str, Any]) -> None:
    versions, plan = versions_of(events), Plan(criteria_of(document))
    again = Sheet(pack(versions)).versions()
    assert [told(version) for version in again] == [told(version) for version in versions]
    assert plain(derive(again, plan)) == plain(derive(versions, plan))


def test_nothing_said_is_packed_as_well() -> None:
    assert Sheet(pack([])).versions() == []


@settings(max_examples=50, deadline=None)
@given(events=histories(max_results=3), at=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_a_damaged_pack_is_no_pack(events: list[dict[str, Any]], at: int, bit: int) -> None:
    packed = bytearray(pack(versions_of(events)))
    packed[at % len(packed)] ^= 1 << bit
    with pytest.raises(NotAPack):
        Sheet(bytes(packed))


@pytest.mark.parametrize("cut", [b"", bytes([FORMAT])])
def test_a_pack_that_is_cut_off_is_no_pack(cut: bytes) -> None:
    with pytest.raises(NotAPack):
        Sheet(cut)


def test_a_pack_of_another_release_is_no_pack() -> None:
    packed = pack([])
    with pytest.raises(NotAPack):
        Sheet(bytes([FORMAT + 1]) + packed[1:])
