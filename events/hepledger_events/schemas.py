"""Writes what programs in other languages read of the contracts: JSON Schemas and the AsyncAPI document, made from the models.

``python -m hepledger_events.schemas --write DIR`` writes them, ``--check DIR`` says how DIR differs from what the models say.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from hepledger_events.asyncapi import asyncapi_document
from hepledger_events.catalogue import CONTRACTS, Contract
from hepledger_events.criteria import CriteriaDocument
from hepledger_events.reported import DATED, REPORTS, SubmissionHead

Schema = dict[str, Any]

DEFAULT_DIR: Final = Path(__file__).parents[1] / "schemas"
_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_DEFS: Final = "#/$defs/{model}"

_ATTRIBUTES: Final[Mapping[str, Schema]] = {
    "specversion": {"const": "1.0"},
    "id": {"type": "string", "format": "uuid"},
    "source": {"type": "string", "pattern": "^/"},
    "datacontenttype": {"enum": ["application/json", "application/octet-stream"]},
    "partitionkey": {"type": "string", "minLength": 1},
    "centre": {"type": "string", "minLength": 1},
    "patient": {"type": "string", "minLength": 1},
    "occurredat": {"type": "string", "description": "Clinical time as the source wrote it, perhaps only a month."},
    "recordedat": {"type": "string", "format": "date-time", "description": "When the registry heard of it."},
    "sourceid": {"type": "string", "description": "The sender's own identity of the message."},
    "causationid": {"type": "string", "description": "The event that this one follows from."},
    "correlationid": {"type": "string", "description": "What belongs together: a file, a request, a replay."},
    "data_base64": {"type": "string", "contentEncoding": "base64", "description": "The data as ciphertext."},
    "keyid": {"type": "string", "description": "The key that opens data_base64."},
    "erasedby": {"type": "string", "description": "The event by which the data was erased."},
}
_REQUIRED: Final = ("specversion", "id", "source", "type", "partitionkey", "recordedat")
_PAYLOADS: Final = (
    {"required": ["data"]},
    {"required": ["data_base64", "keyid"]},
    {"required": ["erasedby"]},
)


class _Plain(GenerateJsonSchema):
    """Without a title for each field, which only repeats its name."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - the signature is pydantic's
        return False


def documents() -> dict[str, Schema]:
    """File name → document, of everything that is generated."""
    generated = {f"{contract.name}.schema.json": event_schema(contract) for contract in CONTRACTS}
    generated["submission.schema.json"] = submission_schema()
    generated["criteria.schema.json"] = _headed("criteria", "A criteria document", _model_schema(CriteriaDocument))
    generated["asyncapi.json"] = asyncapi_document()
    return generated


def event_schema(contract: Contract) -> Schema:
    """The JSON Schema of one version of one event, envelope and data. Other CloudEvents extensions are let pass."""
    data, definitions = _split(_model_schema(contract.model))
    body: Schema = {
        "description": contract.meaning,
        "type": "object",
        "required": list(_REQUIRED),
        "oneOf": list(_PAYLOADS),
        "properties": {**_ATTRIBUTES, "type": {"const": contract.wire_type}, "data": data},
        "$defs": definitions,
    }
    return _headed(f"event:{contract.name}", contract.name, body)


def submission_schema() -> Schema:
    """The JSON Schema of what a centre may submit: one line of NDJSON, or the body of a request."""
    head, definitions = _split(_model_schema(SubmissionHead))
    branches = []
    for type_, model in REPORTS.items():
        data, more = _split(_model_schema(model))
        definitions |= more
        branch: Schema = {"properties": {"type": {"const": type_}, "data": data}}
        branches.append(branch | ({"required": ["occurred_at"]} if type_ in DATED else {}))
    return _headed("submission", "A submission", {**head, "oneOf": branches, "$defs": definitions})


def _model_schema(model: type[BaseModel]) -> Schema:
    return model.model_json_schema(by_alias=True, ref_template=_DEFS, schema_generator=_Plain)


def _split(schema: Schema) -> tuple[Schema, Schema]:
    definitions = schema.pop("$defs", {})
    return schema, definitions


def _headed(name: str, title: str, schema: Schema) -> Schema:
    return {"$schema": _DIALECT, "$id": f"urn:hepledger:{name}", **schema, "title": title}


def written(document: Schema) -> str:
    """A document as it stands in its file."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def differences(folder: Path, expected: Mapping[str, Schema]) -> Iterator[str]:
    """How the files of a folder differ from what the models say, a line each."""
    present = {path.name for path in folder.glob("*.json")}
    for name in sorted(present - expected.keys()):
        yield f"{name}: nothing generates it any more"
    for name, document in expected.items():
        if name not in present:
            yield f"{name}: missing"
        elif (folder / name).read_text(encoding="utf-8") != written(document):
            yield f"{name}: not what the models say"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write, or check; 5 where the check fails."""
    parser = argparse.ArgumentParser(prog="python -m hepledger_events.schemas", description=__doc__)
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--write", metavar="DIR", type=Path, nargs="?", const=DEFAULT_DIR)
    action.add_argument("--check", metavar="DIR", type=Path, nargs="?", const=DEFAULT_DIR)
    options = parser.parse_args(arguments)
    if options.write is not None:
        options.write.mkdir(parents=True, exist_ok=True)
        for name, document in documents().items():
            (options.write / name).write_text(written(document), encoding="utf-8")
        return 0
    found = list(differences(options.check, documents()))
    sys.stderr.writelines(f"{line}\n" for line in found)
    return 5 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
