"""Criteria documents shown as TOML."""

from __future__ import annotations

import tomllib

import pytest

from hepledger.bootstrap import shipped_criteria
from hepledger.intake.criteria_files import CriteriaFile, read_criteria
from hepledger.reporting.criteria_text import criteria_toml


@pytest.mark.parametrize("file", shipped_criteria(), ids=lambda file: file.id)
def test_what_is_shown_of_a_set_is_the_same_set_again(file: CriteriaFile) -> None:
    shown = "\n".join(criteria_toml(file.document))
    assert read_criteria(shown.encode(), "shown").fingerprint == file.fingerprint


def test_awkward_texts_survive() -> None:
    document = {"id": "x", "title": 'tab\t, "quotes", back\\slash, µ, \x7f', "state": [{"code": "a b"}]}
    assert tomllib.loads("\n".join(criteria_toml(document))) == document
