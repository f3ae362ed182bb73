"""What is written is read again; what cannot be read is refused with the reason, and never half-read."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from hepledger_events.codec import UndecodableEvent, UnknownEvent, decode, encode
from hepledger_events.envelope import Envelope, Erased, Payload, Sealed, centre_source, patient_key
from hepledger_events.reported import parse_submission
from hepledger_events.upcasters import NoUpcaster, upcast
from tests.support.builders import lab

NOON = datetime(2024, 3, 9, 12, tzinfo=UTC)


def envelope(data: Payload | None = None, **said: Any) -> Envelope:
    ordinary: dict[str, Any] = {
        "id": "17bcc540-95ff-5884-871a-5ef3ec4d7474",
        "type": "lab_result_recorded",
        "version": 1,
        "source": centre_source("LEE"),
        "key": patient_key("LEE", "LEE-001"),
        "centre": "LEE",
        "patient": "LEE-001",
        "occurred_at": "2024-03-01",
        "recorded_at": NOON,
        "data": parse_submission(lab()).content() if data is None else data,
    }
    return Envelope(**{**ordinary, **said})


def wire(**changes: Any) -> bytes:
    fields = json.loads(encode(envelope())) | changes
    return json.dumps({name: value for name, value in fields.items() if value is not None}).encode()


@pytest.mark.parametrize(
    "event",
    [
        envelope(),
        envelope(source_id="lims/4711/1", causation_id="a", correlation_id="b", occurred_at=None),
        envelope(Sealed(b"\x00\xff", "key-1")),
        envelope(Erased("17bcc540-95ff-5884-871a-5ef3ec4d7475")),
        envelope({"reason": "µ – ≤"}, type="patient.erased", source="/hepledger"),
        envelope({}, type="criteria.activated", centre="", patient="", key="hegade-2011"),
    ],
)
def test_what_is_written_is_read_again(event: Envelope) -> None:
    assert decode(encode(event)) == event


def test_an_event_is_a_cloud_event() -> None:
    written = json.loads(encode(envelope()))
    assert written["specversion"] == "1.0"
    assert written["type"] == "org.hepledger.lab_result_recorded.v1"
    assert all(name == "data_base64" or (name.isalnum() and name.islower()) for name in written)


def test_one_moment_has_one_text_whatever_its_offset() -> None:
    elsewhere = NOON.astimezone(timezone(timedelta(hours=9)))
    assert encode(envelope(recorded_at=elsewhere)) == encode(envelope(recorded_at=NOON))


def test_a_naive_time_of_recording_is_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        envelope(recorded_at=datetime(2024, 3, 9))  # noqa: DTZ001 - what is refused


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b'{"specversion": NaN}', "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "not a JSON object"),
        (wire(specversion="0.3"), "specversion is not 1.0"),
        (wire(type=None), "type is missing"),
        (wire(type=5), "type is not text"),
        (wire(id=None), "id is missing"),
        (wire(partitionkey=5), "partitionkey is not text"),
        (wire(patient=5), "patient is not text"),
        (wire(occurredat=20240301), "occurredat is not text"),
        (wire(recordedat="yesterday"), "recordedat is not a date-time"),
        (wire(recordedat="2024-03-09T12:00:00"), "recordedat has no offset"),
        (wire(data=None), "not exactly one of data, data_base64 and erasedby"),
        (wire(erasedby="x"), "not exactly one of data, data_base64 and erasedby"),
        (wire(data=[]), "data is not a JSON object"),
        (wire(data=None, data_base64="AA==", keyid=None), "keyid is missing"),
        (wire(data=None, data_base64="?", keyid="k"), "data_base64 is not base64"),
    ],
)
def test_bytes_that_are_no_event_are_refused_with_the_reason(raw: bytes, reason: str) -> None:
    with pytest.raises(UndecodableEvent) as refused:
        decode(raw)
    assert refused.value.reason.startswith(reason)


def test_the_reason_quotes_nothing_of_a_patient() -> None:
    for length in range(len(wire())):
        with pytest.raises(UndecodableEvent) as refused:
            decode(wire()[:length])
        assert "LEE" not in str(refused.value)


@pytest.mark.parametrize(
    ("type_", "said", "version"),
    [
        ("org.hepledger.lab_result_recorded.v2", "lab_result_recorded", 2),
        ("org.hepledger.lab_result_recorded.v0", "lab_result_recorded", 0),
        ("org.hepledger.lab_result_invented.v1", "lab_result_invented", 1),
        ("org.hepledger.lab_result_recorded", "org.hepledger.lab_result_recorded", None),
        ("org.hepledger.lab_result_recorded.v١", "org.hepledger.lab_result_recorded.v١", None),
        ("com.example.lab_result_recorded.v1", "com.example.lab_result_recorded.v1", None),
    ],
)
def test_an_event_from_the_future_is_refused_with_its_type_and_version(
    type_: str, said: str, version: int | None
) -> None:
    with pytest.raises(UnknownEvent) as refused:
        decode(wire(type=type_))
    assert (refused.value.type, refused.value.version) == (said, version)


def test_a_sealed_event_from_the_future_is_refused_as_well() -> None:
    future = wire(type="org.hepledger.lab_result_recorded.v2", data=None, data_base64="AA==", keyid="k")
    with pytest.raises(UnknownEvent):
        decode(future)


def test_nothing_is_written_that_could_not_be_read() -> None:
    with pytest.raises(UnknownEvent):
        encode(envelope(version=2))


def test_extensions_that_others_added_are_let_pass() -> None:
    assert decode(wire(traceparent="00-ab-cd-01")) == envelope()


def _split_name(data: dict[str, Any]) -> dict[str, Any]:
    first, last = data["name"].split(" ")
    return {"first": first, "last": last}


def _greet(data: dict[str, Any]) -> dict[str, Any]:
    return data | {"greeting": f"Dear {data['last']}"}


def test_an_old_event_is_lifted_step_after_step() -> None:
    steps = {("named", 1): _split_name, ("named", 2): _greet}
    assert upcast("named", 1, {"name": "A B"}, 3, steps) == {"first": "A", "last": "B", "greeting": "Dear B"}
    assert upcast("named", 2, {"first": "A", "last": "B"}, 3, steps)["greeting"] == "Dear B"
    assert upcast("named", 3, {"x": 1}, 3, steps) == {"x": 1}


def test_a_missing_step_is_named() -> None:
    with pytest.raises(NoUpcaster, match="no upcaster from version 2 of named"):
        upcast("named", 1, {"name": "A B"}, 3, {("named", 1): _split_name})
