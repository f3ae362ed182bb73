"""A criteria document is read whole: every fault with its place, one canonical form, one fingerprint."""

from __future__ import annotations

import json
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from hepledger_events.criteria import canonical_document, fingerprint, parse_criteria, read_toml
from tests.support.criteria_texts import document
from tests.support.strategies.documents import criteria_documents

EXAMPLES = Path(__file__).parents[3] / "events/examples"
SETS = Path(__file__).parents[3] / "services/hepledger/clinical/criteria_sets"


def same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return fingerprint(parse_criteria(one)) == fingerprint(parse_criteria(other))


@pytest.mark.parametrize("path", sorted(SETS.glob("*.toml")), ids=lambda path: path.stem)
def test_a_set_that_ships_is_well_formed_and_named_as_its_file(path: Path) -> None:
    parsed = parse_criteria(read_toml(path.read_text(encoding="utf-8")))
    assert parsed.id == path.stem
    again = parse_criteria(json.loads(json.dumps(canonical_document(parsed))))
    assert canonical_document(again) == canonical_document(parsed)
    assert fingerprint(again) == fingerprint(parsed)


@settings(max_examples=60, deadline=None)
@given(criteria_documents())
def test_the_canonical_form_parses_to_itself(raw: dict[str, Any]) -> None:
    canonical = canonical_document(parse_criteria(raw))
    assert canonical_document(parse_criteria(json.loads(json.dumps(canonical)))) == canonical


@pytest.mark.parametrize(
    "explicit",
    [
        document(index='drugs = ["tacrolimus"]\nassess_from = 1'),
        document(index='drugs = ["tacrolimus", "tacrolimus"]'),
        document(more="[reading]\nuln = 'reported'\nexclude_flags = []\ncarry_forward_days = 0"),
        document(sources='from = ["start", "start"]\nfrom_day = 1'),
        document() | {"landmark": []},
    ],
)
def test_an_explicit_default_is_the_same_as_none(explicit: dict[str, Any]) -> None:
    assert same(explicit, document())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (document(sources='from = "*"'), document(sources='from = ["*"]')),
        (
            document(index='drugs = ["thiopurine"]'),
            document(index='drugs = ["tioguanine", "azathioprine", "mercaptopurine"]'),
        ),
        (
            document('{ analyte = "ALT", times_uln = { more_than = 2.50, at_most = "3.0" } }'),
            document('{ analyte = "ALT", times_uln = { more_than = "2.5", at_most = 3 } }'),
        ),
        (
            document('{ analyte = "ALT", fall_percent = { at_least = -0.0 } }'),
            document('{ analyte = "ALT", fall_percent = { at_least = 0 } }'),
        ),
    ],
)
def test_two_ways_to_say_the_same_have_one_fingerprint(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert same(one, other)


@pytest.mark.parametrize(
    "other",
    [
        document(head='id = "trial"\nversion = 2\ntitle = "A trial"'),
        document(head='id = "trial"\nversion = 1\ntitle = "Another"'),
        document('{ analyte = "AST", normal = true }'),
        document('{ not = { analyte = "ALT", normal = true } }'),
        document(sources='from = "*"'),
        document(sources='from = ["start"]\nfrom_day = 2'),
        document(sources='from = ["start"]\nsustained = { results = 2 }'),
        document(more="[reading]\nuln = 'baseline'"),
    ],
)
def test_what_says_something_else_has_another_fingerprint(other: dict[str, Any]) -> None:
    assert not same(other, document())


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("50", "50"),
        ("2.50", "2.5"),
        ("1e2", "100"),
        ("-3", "-3"),
        ("0.1", "0.1"),
        ('"3.30"', "3.3"),
        ("1_000.5", "1000.5"),
    ],
)
def test_a_number_is_the_exact_decimal_of_its_text(written: str, read: str) -> None:
    raw = document(f'{{ analyte = "ALT", times_uln = {{ more_than = {written} }} }}')
    canonical = canonical_document(parse_criteria(raw))
    assert canonical["transition"][0]["when"]["times_uln"] == {"more_than": read}


def test_thirty_digits_are_kept() -> None:
    digits = "123456789012345.12345678901234567891"
    raw = document(f'{{ analyte = "ALT", times_uln = {{ more_than = {digits} }} }}')
    assert canonical_document(parse_criteria(raw))["transition"][0]["when"]["times_uln"]["more_than"] == digits


def test_a_binary_float_is_read_by_its_shortest_text() -> None:
    raw = tomllib.loads(Path(SETS / "hegade-2011.toml").read_text(encoding="utf-8"))
    raw["transition"][0]["when"] = {"analyte": "ALT", "times_uln": {"at_most": 1.1}}
    canonical = canonical_document(parse_criteria(raw))
    assert canonical["transition"][0]["when"]["times_uln"] == {"at_most": "1.1"}


@pytest.mark.parametrize(
    "when",
    [
        '{ analyte = "ALT", normal = false }',
        '{ analyte = "ALT", times_uln = { at_least = 3, at_most = 3 } }',
        '{ analyte = "ALT", fall_percent = { more_than = 50 } }',
        '{ analyte = "ALT", fall_from_peak_percent = { more_than = 50, less_than = 90.5 } }',
        '{ analyte = "ALT", times_baseline = { at_least = 1.5 } }',
        '{ analyte = "ALT", times_nadir = { at_least = 2 } }',
        '{ analyte = "BILI", value = { more_than = 3, unit = "mg/dL" } }',
        '{ analyte = "ALT", baseline_normal = true }',
        '{ all = [{ analyte = "ALT", normal = true }, { any = [{ not = { analyte = "IGG", normal = false } }] }] }',
    ],
)
def test_every_shape_of_a_condition_is_read_and_written_as_it_was(when: str) -> None:
    canonical = canonical_document(parse_criteria(document(when)))["transition"][0]["when"]
    assert _numbers_as_text(document(when)["transition"][0]["when"]) == canonical


def _numbers_as_text(written: Any) -> Any:
    match written:
        case dict():
            return {key: _numbers_as_text(value) for key, value in written.items()}
        case list():
            return [_numbers_as_text(value) for value in written]
        case bool():
            return written
        case int() | Decimal():
            return str(written)
        case _:
            return written


def test_a_publication_proves_the_document_it_holds() -> None:
    data = json.loads((EXAMPLES / "criteria_published.v1/hegade-2011.json").read_text(encoding="utf-8"))["data"]
    published = parse_criteria(data["document"])
    assert canonical_document(published) == data["document"]
    assert (published.id, published.version, fingerprint(published)) == (
        data["id"],
        data["version"],
        data["fingerprint"],
    )
