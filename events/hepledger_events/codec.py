"""Bytes ↔ envelope: CloudEvents 1.0 in JSON, structured mode, upcasting on the way in.

What comes back from our own log was validated when it went in, so decoding validates no data again: it is on the path of every
replay. CloudEvents has one ``time`` and we have two, so both travel as extensions (``occurredat``, ``recordedat``).
"""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final, NamedTuple, assert_never

from pydantic_core import from_json, to_json

from hepledger_events.catalogue import CURRENT, TYPE_PREFIX
from hepledger_events.envelope import Envelope, Erased, Payload, Sealed
from hepledger_events.faults import ContractBroken
from hepledger_events.upcasters import upcast

CONTENT_TYPE: Final = "application/cloudevents+json"
SPEC_VERSION: Final = "1.0"

_OPTIONAL: Final = (
    ("occurredat", "occurred_at"),
    ("sourceid", "source_id"),
    ("causationid", "causation_id"),
    ("correlationid", "correlation_id"),
)


class UndecodableEvent(ContractBroken):
    """The bytes are not an event. ``reason`` says why, without quoting them: they may be about a patient."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"not an event: {reason}")


class UnknownEvent(ContractBroken):
    """An event of a type, or of a version, that this release does not know; ``version`` is None where the type names none."""

    def __init__(self, type: str, version: int | None) -> None:  # noqa: A002 - the field's own name
        self.type, self.version = type, version
        known = CURRENT.get(type)
        reason = f"known up to version {known}" if known else "the type is not known"
        super().__init__(f"unknown event {type} version {version} ({reason}): it needs a newer hepledger-events")


def encode(envelope: Envelope) -> bytes:
    """The event on the wire. Raises UnknownEvent rather than write what ``decode`` would refuse, ValueError on what JSON cannot say."""
    _check_known(envelope.type, envelope.version)
    fields: dict[str, Any] = {
        "specversion": SPEC_VERSION,
        "id": envelope.id,
        "source": envelope.source,
        "type": f"{TYPE_PREFIX}{envelope.type}.v{envelope.version}",
        "partitionkey": envelope.key,
        "recordedat": envelope.recorded_at.astimezone(UTC).isoformat(),
    }
    if envelope.centre:
        fields["centre"] = envelope.centre
    if envelope.patient:
        fields["patient"] = envelope.patient
    for attribute, name in _OPTIONAL:
        value = getattr(envelope, name)
        if value is not None:
            fields[attribute] = value
    return to_json(fields | _written(envelope.data))


def _written(data: Payload) -> dict[str, Any]:
    match data:
        case Sealed(ciphertext=ciphertext, key_id=key_id):
            return {
                "keyid": key_id,
                "datacontenttype": "application/octet-stream",
                "data_base64": b64encode(ciphertext).decode(),
            }
        case Erased(by=by):
            return {"erasedby": by}
        case dict():
            return {"datacontenttype": "application/json", "data": data}
        case _ as never:
            assert_never(never)


class Told(NamedTuple):
    """What an event says of whom, and when: all that a consumer of facts needs of an envelope. The fields are the envelope's."""

    id: str
    type: str
    version: int
    source: str
    key: str
    centre: str
    patient: str
    occurred_at: str | None
    recorded_at: datetime
    data: Payload


def decode(raw: bytes) -> Envelope:
    """The event in ``raw``, its data as of today's version. Raises UndecodableEvent and UnknownEvent.

    Ciphertext cannot be upcast: a sealed payload keeps the version it was written under.
    """
    fields = _fields(raw)
    told = _told(fields)
    return Envelope(
        **told._asdict(),
        source_id=_optional(fields, "sourceid"),
        causation_id=_optional(fields, "causationid"),
        correlation_id=_optional(fields, "correlationid"),
    )


def decode_told(raw: bytes) -> Told:
    """As ``decode``, without the attributes that only an auditor asks for: to make a whole envelope is felt in a replay."""
    return _told(_fields(raw))


def _fields(raw: bytes) -> dict[str, Any]:
    try:
        # Names are always the same and worth remembering; to look up each value too would cost more than to make it.
        fields = from_json(raw, allow_inf_nan=False, cache_strings="keys")
    except ValueError as error:  # its text says what the parser expected and where, and quotes nothing
        raise UndecodableEvent(f"not JSON ({error})") from None
    if not isinstance(fields, dict):
        raise UndecodableEvent("not a JSON object")
    if fields.get("specversion") != SPEC_VERSION:
        raise UndecodableEvent(f"specversion is not {SPEC_VERSION}")
    return fields


def _told(fields: dict[str, Any]) -> Told:
    """All attributes at once: to ask for each by a call of its own is felt in a replay."""
    get = fields.get
    type_, version, current = _known(wire_type if type(wire_type := get("type")) is str else _text(fields, "type"))
    data: Payload | None = get("data")
    if type(data) is not dict or "data_base64" in fields or "erasedby" in fields:
        data = _read(fields)
    if version != current and isinstance(data, dict):
        data, version = upcast(type_, version, data, current), current
    id_, source, key, recorded_at = get("id"), get("source"), get("partitionkey"), get("recordedat")
    centre, patient, occurred_at = get("centre", ""), get("patient", ""), get("occurredat")
    if not (type(id_) is type(source) is type(key) is type(recorded_at) is type(centre) is type(patient) is str):
        raise _not_text(fields)
    if occurred_at is not None and type(occurred_at) is not str:
        raise UndecodableEvent("occurredat is not text")
    return Told(id_, type_, version, source, key, centre, patient, occurred_at, recorded_moment(recorded_at), data)


def _not_text(fields: Mapping[str, Any]) -> UndecodableEvent:
    """What is wrong with the first attribute that is not as it should be."""
    for name in ("id", "source", "partitionkey", "recordedat"):
        _text(fields, name)
    return UndecodableEvent(f"{'patient' if isinstance(fields.get('centre', ''), str) else 'centre'} is not text")


def _read(fields: Mapping[str, Any]) -> Payload:
    data, ciphertext, by = fields.get("data"), fields.get("data_base64"), fields.get("erasedby")
    if (data is None) + (ciphertext is None) + (by is None) != 2:
        raise UndecodableEvent("not exactly one of data, data_base64 and erasedby")
    if isinstance(data, dict):
        return data
    if data is not None:
        raise UndecodableEvent("data is not a JSON object")
    if ciphertext is not None:
        return Sealed(_ciphertext(_text(fields, "data_base64")), _text(fields, "keyid"))
    return Erased(_text(fields, "erasedby"))


def _ciphertext(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except binascii.Error:
        raise UndecodableEvent("data_base64 is not base64") from None


def _text(fields: Mapping[str, Any], name: str, default: str | None = None) -> str:
    value = fields.get(name, default)
    if not isinstance(value, str):
        raise UndecodableEvent(f"{name} is missing" if value is None else f"{name} is not text")
    return value


def _optional(fields: Mapping[str, Any], name: str) -> str | None:
    value = fields.get(name)
    if value is None or isinstance(value, str):
        return value
    raise UndecodableEvent(f"{name} is not text")


@lru_cache(maxsize=1_024)
def recorded_moment(text: str) -> datetime:
    """A ``recordedat``, which has an offset. Raises UndecodableEvent."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UndecodableEvent("recordedat is not a date-time") from None
    if moment.tzinfo is None:
        raise UndecodableEvent("recordedat has no offset")
    return moment


@lru_cache(maxsize=1_024)
def _name_in(wire_type: str) -> tuple[str, int]:
    """``org.hepledger.response.changed.v1`` → (``response.changed``, 1)."""
    name, _, version = wire_type.removeprefix(TYPE_PREFIX).rpartition(".v")
    if not wire_type.startswith(TYPE_PREFIX) or not name or not (version.isascii() and version.isdecimal()):
        raise UnknownEvent(wire_type, None)
    return name, int(version)


@lru_cache(maxsize=1_024)
def _known(wire_type: str) -> tuple[str, int, int]:
    """Name and version of an event that this release knows, and the version that is current."""
    type_, version = _name_in(wire_type)
    _check_known(type_, version)
    return type_, version, CURRENT[type_]


def _check_known(type_: str, version: int) -> None:
    if not 1 <= version <= CURRENT.get(type_, 0):
        raise UnknownEvent(type_, version)
