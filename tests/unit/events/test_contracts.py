"""Contract, schema, example and catalogue stand together: each test has a twin that shows that it would notice."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError

from hepledger_events.catalogue import CONTRACTS, CURRENT, Contract, faults_in
from hepledger_events.codec import decode, encode
from hepledger_events.contents import LabResultRecorded
from hepledger_events.criteria import canonical_document, parse_criteria, read_toml
from hepledger_events.reported import parse_submission
from hepledger_events.schemas import differences, documents, event_schema, main
from hepledger_events.streams import STREAMS
from hepledger_events.upcasters import UPCASTERS
from tests.support.builders import lab, one_of_each

EVENTS = Path(__file__).parents[3] / "events"
SCHEMAS = EVENTS / "schemas"
EXAMPLES = sorted((EVENTS / "examples").glob("*/*.json"))
CRITERIA_SETS = Path(__file__).parents[3] / "services/hepledger/clinical/criteria_sets"
BY_NAME = {contract.name: contract for contract in CONTRACTS}


def example_name(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def orphans(contracts: Iterable[Contract], folders: Iterable[str]) -> set[str]:
    """Contracts without an example and examples without a contract."""
    return {contract.name for contract in contracts} ^ set(folders)


def catalogue_gaps(contracts: Iterable[Contract], readme: str) -> set[str]:
    """Rows that are only in the code, or only in the README's table of events."""
    table = readme.split("## Catalogue")[1].split("\n\n")[1].splitlines()[2:]
    return {contract.row for contract in contracts} ^ set(table)


def missing_steps(current: Mapping[str, int], steps: Iterable[tuple[str, int]]) -> set[tuple[str, int]]:
    """Steps that an old event would need, and steps that no event takes."""
    return {(type_, each) for type_, newest in current.items() for each in range(1, newest)} ^ set(steps)


@pytest.mark.parametrize("path", EXAMPLES, ids=example_name)
def test_an_example_decodes_and_round_trips(path: Path) -> None:
    event = decode(path.read_bytes())
    assert decode(encode(event)) == event
    contract = BY_NAME[path.parent.name]
    assert event.type == contract.type
    if contract.version == CURRENT[contract.type]:
        assert json.loads(encode(event)) == read(path)


@pytest.mark.parametrize("path", EXAMPLES, ids=example_name)
def test_an_example_follows_its_schema(path: Path) -> None:
    validator = Draft202012Validator(
        read(SCHEMAS / f"{path.parent.name}.schema.json"), format_checker=Draft202012Validator.FORMAT_CHECKER
    )
    validator.validate(read(path))


@pytest.mark.parametrize("path", EXAMPLES, ids=example_name)
def test_the_data_of_an_example_follows_its_model(path: Path) -> None:
    event = decode(path.read_bytes())
    assert not isinstance(event.data, dict) or faults_in(event.type, event.data) == ()


@pytest.mark.parametrize(
    "change",
    [
        {"type": "org.hepledger.lab_result_recorded.v2"},
        {"recordedat": None},
        {"data": None},
        {"erasedby": "x"},
        {"data": {"result_id": "4711"}},
        {"data": {**lab()["data"], "valeu": "1"}},
        {"data": {**lab()["data"], "value": 4.2}},
        {"data": {**lab()["data"], "value": "4,2"}},
        {"data": {**lab()["data"], "analyte": "ALX"}},
        {"data": {**lab()["data"], "reference_high": {"value": "40", "comparator": ">"}}},
    ],
)
def test_a_schema_refuses_what_is_not_the_event(change: dict[str, Any]) -> None:
    event = read(EVENTS / "examples/lab_result_recorded.v1/ordinary.json") | change
    schema = read(SCHEMAS / "lab_result_recorded.v1.schema.json")
    with pytest.raises(ValidationError):
        Draft202012Validator(schema).validate({key: value for key, value in event.items() if value is not None})


def test_every_event_has_an_example_and_every_example_an_event() -> None:
    assert orphans(CONTRACTS, (path.parent.name for path in EXAMPLES)) == set()


def test_an_orphan_is_found() -> None:
    folders = {path.parent.name for path in EXAMPLES}
    assert orphans(CONTRACTS, folders | {"lab_result_invented.v1"}) == {"lab_result_invented.v1"}
    assert orphans(CONTRACTS, folders - {"death_recorded.v1"}) == {"death_recorded.v1"}


def test_the_committed_schemas_are_what_the_models_say() -> None:
    assert list(differences(SCHEMAS, documents())) == []
    assert main(["--check", str(SCHEMAS)]) == 0


def test_a_changed_model_is_noticed() -> None:
    class LabResultWithSpecimen(LabResultRecorded):
        specimen: str

    changed = replace(BY_NAME["lab_result_recorded.v1"], model=LabResultWithSpecimen)
    name = "lab_result_recorded.v1.schema.json"
    assert list(differences(SCHEMAS, documents() | {name: event_schema(changed)})) == [
        f"{name}: not what the models say"
    ]


def test_a_schema_that_is_missing_or_left_over_is_noticed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--write", str(tmp_path)]) == 0
    assert main(["--check", str(tmp_path)]) == 0
    (tmp_path / "asyncapi.json").rename(tmp_path / "asyncapi.v2.json")
    assert main(["--check", str(tmp_path)]) == 5
    assert capsys.readouterr().err == "asyncapi.v2.json: nothing generates it any more\nasyncapi.json: missing\n"


@pytest.mark.parametrize("path", sorted(SCHEMAS.glob("*.schema.json")), ids=lambda path: path.stem)
def test_a_schema_is_a_schema(path: Path) -> None:
    Draft202012Validator.check_schema(read(path))


@pytest.mark.parametrize("submitted", one_of_each(), ids=lambda submitted: submitted["type"])
def test_a_submission_follows_the_schema_of_submissions(submitted: dict[str, Any]) -> None:
    validator = Draft202012Validator(read(SCHEMAS / "submission.schema.json"))
    validator.validate(submitted)
    assert not validator.is_valid({**submitted, "type": "lab_result"})
    assert not validator.is_valid({**submitted, "data": {**submitted["data"], "foo": 1}})
    assert not validator.is_valid({**submitted, "patient": "a/b"})


def test_what_a_centre_reports_is_what_its_event_says() -> None:
    for submitted in one_of_each():
        content = parse_submission(submitted).content()
        assert faults_in(submitted["type"], content) == ()
        schema = read(SCHEMAS / f"{submitted['type']}.v1.schema.json")
        Draft202012Validator({**schema["properties"]["data"], "$defs": schema["$defs"]}).validate(content)


@pytest.mark.parametrize("path", sorted(CRITERIA_SETS.glob("*.toml")), ids=lambda path: path.stem)
def test_a_criteria_set_that_ships_follows_the_schema_of_criteria(path: Path) -> None:
    validator = Draft202012Validator(read(SCHEMAS / "criteria.schema.json"))
    document = canonical_document(parse_criteria(read_toml(path.read_text(encoding="utf-8"))))
    validator.validate(document)
    assert not validator.is_valid({**document, "titel": "x"})
    condition = {"analyte": "ALT", "times_uln": {"more_than": "1", "at_least": "1"}}
    assert not validator.is_valid({**document, "transition": [{"to": "G0", "from": "*", "when": condition}]})


def test_every_stream_is_a_channel_and_every_event_a_message_on_its_own() -> None:
    described = read(SCHEMAS / "asyncapi.json")
    channels = {channel["address"]: set(channel["messages"]) for channel in described["channels"].values()}
    assert set(channels) == {stream.name for stream in STREAMS}
    assert all(contract.name in channels[contract.stream] for contract in CONTRACTS)
    for message in described["components"]["messages"].values():
        assert (SCHEMAS / message["payload"]["$ref"]).is_file()


def test_the_readme_has_a_row_for_every_event() -> None:
    assert catalogue_gaps(CONTRACTS, (EVENTS / "README.md").read_text(encoding="utf-8")) == set()


def test_a_row_that_is_out_of_date_is_found() -> None:
    readme = (EVENTS / "README.md").read_text(encoding="utf-8")
    moved = replace(CONTRACTS[0], stream="elsewhere")
    assert catalogue_gaps((moved, *CONTRACTS[1:]), readme) == {moved.row, CONTRACTS[0].row}


def test_every_old_version_can_be_lifted() -> None:
    assert missing_steps(CURRENT, UPCASTERS) == set()


def test_a_version_that_cannot_be_lifted_is_found() -> None:
    assert missing_steps({**CURRENT, "death_recorded": 3}, UPCASTERS) == {("death_recorded", 1), ("death_recorded", 2)}


def test_what_is_wrong_with_a_derived_event_is_told() -> None:
    assert [fault.place for fault in faults_in("response.changed", {"from": "PR", "onset_on": "2024-3-1"})] == [
        "data.criteria",
        "data.fingerprint",
        "data.onset_on",
        "data.confirmed_on",
        "data.cause",
        "data.supersedes",
        "data.to",
    ]
