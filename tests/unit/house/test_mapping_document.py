"""The description of mapping files: its examples are read by the real reader, its tables held against what the reader knows."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from hepledger.intake.blocks import Block
from hepledger.intake.fields import FIELDS
from hepledger.intake.mapping import CentreMapping, InvalidMapping, load_mapping, parse_mapping
from hepledger.intake.normalise import Accepted, Normal
from hepledger.intake.records import Ignored, Rejection
from tests.support.intake import mapping, normal
from tests.support.words import ROOT

DOCUMENT = (ROOT / "docs/mapping-files.md").read_text("utf-8")
EVERYWHERE = frozenset({"patient", "occurred_at", "centre", "source", "reported_at"})
FENCE = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Example:
    """One example: a mapping, a table of a certain name, and what is said of each of its records."""

    title: str
    toml: str
    file: str
    table: str
    outcomes: tuple[dict[str, Any], ...]


def examples_in(text: str) -> Iterator[Example]:
    """Every section that shows a mapping, a table and its outcome."""
    for section in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        fences = {language: (file, body) for language, file, body in FENCE.findall(section)}
        if {"toml", "csv", "json"} <= fences.keys():
            file, table = fences["csv"]
            outcomes = tuple(json.loads(line) for line in fences["json"][1].splitlines())
            yield Example(section.splitlines()[0], fences["toml"][1], file or "labs.csv", table, outcomes)


def differences(example: Example) -> list[str]:
    """Where the reader does something else than the example says."""
    encoding = mapping(example.toml).blocks_for(example.file)[0].encoding or "utf-8"
    found = [told(item) for item in normal(example.table.encode(encoding), example.toml, example.file)]
    if len(found) != len(example.outcomes):
        return [f"{len(found)} records, {len(example.outcomes)} outcomes"]
    pairs = zip(example.outcomes, found, strict=True)
    return [f"said {said}, found {real}" for said, real in pairs if not says(said, real)]


def told(item: Normal) -> dict[str, Any]:
    """What became of a record, as the document writes it."""
    match item:
        case Accepted(_, submission):
            parts = {"type": submission.type, "patient": submission.patient, "occurred_at": submission.occurred_at}
            return {**parts, "data": submission.content()}
        case Rejection(_, faults):
            return {"refused": {fault.column: f"found {fault.found}, expected {fault.expected}" for fault in faults}}
        case Ignored(_, reason):
            return {"ignored": reason}


def says(said: object, real: object) -> bool:
    """Whether a statement holds: of an object it may name some keys only (null: not there), of a fault the beginning."""
    if isinstance(said, dict) and isinstance(real, dict):
        if said.keys() == {"refused"} and said["refused"].keys() != real.get("refused", {}).keys():
            return False
        return all(says(value, real.get(key)) for key, value in said.items())
    if isinstance(said, str) and isinstance(real, str) and said.startswith("found "):
        return real.startswith(said)
    return said == real


def rows_below(heading: str) -> list[list[str]]:
    """The rows of the first table below a heading."""
    below = DOCUMENT.partition(heading)[2]
    table = re.search(r"(?:^\|.*\n)+", below, re.MULTILINE)
    assert table is not None, heading
    return [line.split("|")[1:-1] for line in table[0].splitlines()[2:]]


def keys_below(heading: str) -> set[str]:
    return {row[0].strip().strip("`") for row in rows_below(heading)}


def fields_in_document() -> Mapping[str, tuple[set[str], set[str]]]:
    """Type → the fields told of it, and which of them are bold."""
    told: dict[str, tuple[set[str], set[str]]] = {}
    for types, fields, *_ in rows_below("## Fields"):
        said = set(re.findall(r"`(\w+)`", fields)), set(re.findall(r"\*\*`(\w+)`\*\*", fields))
        told |= dict.fromkeys(re.findall(r"`(\w+)`", types), said)
    return told


EXAMPLES = list(examples_in(DOCUMENT))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: str(example.title))
def test_the_reader_does_what_the_example_says(example: Example) -> None:
    assert differences(example) == []


def test_every_feature_that_a_block_may_use_has_an_example() -> None:
    used = {key for example in EXAMPLES for block in tomllib.loads(example.toml)["file"] for key in block}

    assert set(Block.model_fields) - used == set()
    assert len(EXAMPLES) == DOCUMENT.count("```csv")


def test_an_example_that_is_not_so_is_noticed() -> None:
    first = next(examples_in(DOCUMENT.replace('"value": "240"', '"value": "241"', 1)))
    fewer = next(
        examples_in(DOCUMENT.replace('{"patient": "LEE-001", "data": {"result_id": "4712", "value": "38"}}\n', ""))
    )
    another_fault = next(examples_in(DOCUMENT.replace('{"Patient": "found nothing"}', '{"Order": "found nothing"}', 1)))

    assert all(differences(each) for each in (first, fewer, another_fault))
    assert not differences(next(examples_in(DOCUMENT)))


def test_the_keys_of_the_document_are_those_of_a_mapping() -> None:
    assert keys_below("At the top of the file:") == set(CentreMapping.model_fields)
    assert keys_below("In a block:") == set(Block.model_fields)


def test_the_fields_of_the_document_are_those_of_a_table_and_bold_where_they_must_be_there() -> None:
    known = {
        kind: (
            set(fields) - EVERYWHERE | {name for name in ("occurred_at",) if fields[name].required},
            {name for name, field in fields.items() if field.required} - {"patient"},
        )
        for kind, fields in FIELDS.items()
    }

    assert fields_in_document() == known


def test_the_faulty_mapping_of_the_document_has_just_those_faults() -> None:
    section = DOCUMENT.partition("## Faults of the mapping")[2]
    fences = {language: body for language, _, body in FENCE.findall(section)}

    with pytest.raises(InvalidMapping) as raised:
        parse_mapping(tomllib.loads(fences["toml"]))
    assert {fault.place for fault in raised.value.faults} == set(fences["text"].split())


@pytest.mark.parametrize("place", re.findall(r"`([\w/.-]+\.toml)`", DOCUMENT))
def test_the_whole_mappings_it_points_at_are_sound(place: str) -> None:
    assert load_mapping(ROOT / place).file
