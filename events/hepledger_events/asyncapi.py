"""The streams as an AsyncAPI 3.0 document: which channel carries which messages, keyed by what, sent or received by the registry."""

from __future__ import annotations

from typing import Any, Final

from hepledger_events.catalogue import CONTRACTS, Contract
from hepledger_events.streams import DERIVED, PARKED, REGISTRY, REPORTED, STREAMS, Stream

_CONTENT_TYPE: Final = "application/cloudevents+json"
_ACTIONS: Final = (
    ("recordReport", "send", REPORTED, "Intake appends what the centres report."),
    ("projectReport", "receive", REPORTED, "The projector derives from it."),
    ("announceDerivation", "send", DERIVED, "The relay publishes what was derived; reporting teams subscribe."),
    ("parkReport", "send", PARKED, "The projector puts aside the events of a patient it cannot go on with."),
    ("recordDecision", "send", REGISTRY, "The operator publishes criteria and makes data cuts."),
    ("readDecision", "receive", REGISTRY, "Every part of the registry learns of them."),
)


def asyncapi_document() -> dict[str, Any]:
    """The document; payloads are references to the JSON Schemas beside it."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "hepledger",
            "version": "1.0.0",
            "description": "An event-sourced registry of treatment response in autoimmune hepatitis.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": _CONTENT_TYPE,
        "channels": {stream.title.lower(): _channel(stream) for stream in STREAMS},
        "operations": {name: _operation(*rest) for name, *rest in _ACTIONS},
        "components": {"messages": {contract.name: _message(contract) for contract in CONTRACTS}},
    }


def _channel(stream: Stream) -> dict[str, Any]:
    kafka: dict[str, Any] = {"topic": stream.name, "bindingVersion": "0.5.0"}
    if stream.partitions is not None:
        kafka["partitions"] = stream.partitions
    return {
        "address": stream.name,
        "title": stream.title,
        "description": f"{stream.meaning} Key: {stream.key}. Kept: {stream.retention}.",
        "messages": {
            contract.name: {"$ref": f"#/components/messages/{contract.name}"} for contract in _carried_by(stream)
        },
        "bindings": {"kafka": kafka},
    }


def _carried_by(stream: Stream) -> list[Contract]:
    carried = REPORTED if stream.name == PARKED else stream.name
    return [contract for contract in CONTRACTS if contract.stream == carried]


def _operation(action: str, stream: str, summary: str) -> dict[str, Any]:
    channel = next(each.title.lower() for each in STREAMS if each.name == stream)
    return {"action": action, "channel": {"$ref": f"#/channels/{channel}"}, "summary": summary}


def _message(contract: Contract) -> dict[str, Any]:
    return {
        "name": contract.wire_type,
        "title": contract.name,
        "summary": contract.meaning,
        "contentType": _CONTENT_TYPE,
        "payload": {"$ref": f"./{contract.name}.schema.json"},
        "correlationId": {"location": "$message.payload#/correlationid"},
        "bindings": {
            "kafka": {"key": {"type": "string", "description": contract.key}, "bindingVersion": "0.5.0"},
        },
    }
