"""A history comes back from its pack as it was."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hepledger.clinical.course import derive
from hepledger.clinical.facts import LabResult, Version
from hepledger.clinical.packed import FORMAT, NotAPack, pack
from hepledger.clinical.sheet import Sheet
from hepledger.clinical.sweep import sweep_over
from hepledger.clinical.walk import Plan
from tests.support.engine import columns_of, criteria_of, plain, version_of, versions_of
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


PLAN = Plan(
    criteria_of(
        {
            "id": "walked",
            "version": 1,
            "title": "t",
            "citation": "c",
            "index": {"event": "first_result"},
            "baseline": {"window": [-28, 0], "choose": "last"},
            "state": [{"code": "N", "label": "n"}],
            "transition": [{"to": "N", "from": ["start"], "when": {"analyte": "ALT", "normal": True}}],
        }
    )
)
ID = "0b6c2f0e-54d5-5a0e-9d3c-00000000000"


def said(number: int, **changed: Any) -> dict[str, Any]:
    """A result as it is submitted, of the day after the one before."""
    data = {
        "result_id": f"r-{number}",
        "analyte": "ALT",
        "value": "80",
        "unit": "U/L",
        "reference_high": {"value": "40"},
    }
    event = {
        "type": "lab_result_recorded", "offset": number, "event_id": f"{ID}{number}", "occurred_at": f"2024-03-0{number}",
        "recorded_at": datetime(2024, 4, 1, tzinfo=UTC), "data": {**data, **changed.pop("data", {})},
    }  # fmt: skip
    return event | changed


def enrolled(number: int, day: str) -> dict[str, Any]:
    """An enrolment."""
    return said(number) | {"type": "patient_enrolled", "data": {"enrolled_on": day}}


ORDINARY: dict[str, dict[str, Any]] = {
    "a whole number": said(1),
    "decimals": said(1, data={"value": "0.050"}),
    "a censored value": said(1, data={"comparator": "<"}),
    "a large number": said(1, data={"value": "70000"}),
    "a date to the month": said(1, occurred_at="2024-03"),
    "a moment": said(1, occurred_at="2024-03-01T06:00:00+09:00"),
    "reported": said(1, data={"reported_at": "2024-03-02T00:00:00.5+01:00"}),
    "an enrolment": enrolled(1, "2024-03-01"),
}
ODD: dict[str, dict[str, Any]] = {
    "zeros in front": said(1, data={"value": "007"}),
    "a sign": said(1, data={"value": "+7"}),
    "a point at the end": said(1, data={"value": "7."}),
    "too large a number": said(1, data={"value": "5000000000"}),
    "another kind of id": said(1, event_id="first"),
    "a long name": said(1, data={"result_id": "r" * 256}),
    "a long name in other letters": said(1, data={"result_id": "ω" * 128}),
    "a sign that stands for another text": said(1, occurred_at="\x1c"),
    "centuries later": said(1, occurred_at="2224-03-01"),
    "an enrolment dated on another day": enrolled(1, "2024-02-01"),
}


@pytest.mark.parametrize("event", ORDINARY.values(), ids=ORDINARY.keys())
def test_what_fits_stands_in_columns(event: dict[str, Any]) -> None:
    versions = versions_of([event, said(2)])
    sheet = Sheet(pack(versions))
    assert not sheet.is_odd
    assert [told(version) for version in sheet.versions()] == [told(version) for version in versions]


@pytest.mark.parametrize("event", ODD.values(), ids=ODD.keys())
def test_what_does_not_fit_is_read_back_as_well_and_not_swept_over(event: dict[str, Any]) -> None:
    versions = versions_of([event, said(2)])
    sheet = Sheet(pack(versions))
    assert sheet.is_odd
    assert [told(version) for version in sheet.versions()] == [told(version) for version in versions]
    assert sweep_over(PLAN, sheet) is None
    assert sweep_over(PLAN, Sheet(pack(versions[1:]))) is not None


def test_more_manners_than_a_byte_can_tell_apart_are_read_back() -> None:
    versions = [
        version_of(said(1) | {"offset": at, "event_id": f"0b6c2f0e-54d5-5a0e-9d3c-{at:012}"} | {"data": each})
        for at in range(300)
        for each in [said(1)["data"] | {"result_id": f"r-{at}", "reference_high": {"value": f"40.{at:03}"}}]
    ]
    sheet = Sheet(pack(versions))
    assert sheet.is_odd
    assert [told(version) for version in sheet.versions()] == [told(version) for version in versions]
