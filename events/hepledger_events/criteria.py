"""Criteria documents at the border: parsed with every fault told at once, brought to one canonical form, fingerprinted.

A definition of response is data that a committee writes. Whether the parts of a well-formed document fit each other
(states that nothing reaches, …) is judged by the application; what stands here is the structure.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from decimal import Decimal
from hashlib import sha256
from typing import Any, Final

from pydantic import ValidationError

from hepledger_events.canonical import canonical_json
from hepledger_events.criteria_document import SHAPES, CriteriaDocument, Index, State, Transition
from hepledger_events.criteria_rules import faults_between_keys
from hepledger_events.faults import ContractBroken, Fault, faults_of, told
from hepledger_events.vocabulary import MEMBERS, DrugClass

__all__ = [
    "CriteriaDocument",
    "Fault",
    "InvalidCriteria",
    "canonical_document",
    "fingerprint",
    "parse_criteria",
    "read_toml",
]


class InvalidCriteria(ContractBroken):
    """A criteria document is not well formed. ``faults`` are all of its faults."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        self.faults = faults
        super().__init__(told(faults))


def read_toml(text: str) -> dict[str, Any]:
    """The raw document in a TOML text, its numbers exact. Raises tomllib.TOMLDecodeError, which says the line."""
    return tomllib.loads(text, parse_float=Decimal)


def parse_criteria(obj: Mapping[str, Any]) -> CriteriaDocument:
    """The document in ``obj`` (raw from TOML, or in canonical form). Raises InvalidCriteria with every fault."""
    raw = dict(obj)
    faults: list[Fault] = []
    document = None
    try:
        document = CriteriaDocument.model_validate(raw)
    except ValidationError as error:
        faults += faults_of(error, CriteriaDocument, SHAPES)
    faults += faults_between_keys(raw)
    if document is None or faults:
        raise InvalidCriteria(tuple(faults))
    return document


def canonical_document(document: CriteriaDocument) -> dict[str, Any]:
    """The document as plain JSON values in the one form that its fingerprint is taken of.

    What a default says is left out, so an explicit default equals an omitted one; but ``title``, ``label``, ``take`` and
    both parts of ``sustained`` are always there. Numbers are decimal texts; lists that are sets are sorted, and drug
    classes in ``index.drugs`` are their members. It parses again, to an equal document.
    """
    canonical: dict[str, Any] = document.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    canonical["title"] = document.title or document.id
    canonical["index"] = _index(document.index)
    canonical["state"] = [_state(state) for state in document.state]
    canonical["transition"] = [_transition(rule, document.index.assess_from) for rule in document.transition]
    if document.landmark:
        canonical["landmark"] = [
            landmark.model_dump(mode="json", by_alias=True, exclude_none=True)
            | {"label": landmark.label or landmark.code}
            for landmark in document.landmark
        ]
    if flags := document.reading.exclude_flags:
        canonical["reading"]["exclude_flags"] = sorted(set(flags))
    return {key: value for key, value in canonical.items() if value not in ({}, [])}


def fingerprint(document: CriteriaDocument) -> str:
    """SHA-256 (hex) of the canonical JSON: two documents that say the same have the same one."""
    return sha256(canonical_json(canonical_document(document)).encode()).hexdigest()


def _index(index: Index) -> dict[str, Any]:
    canonical = index.model_dump(mode="json", exclude_defaults=True)
    if index.drugs is not None:
        canonical["drugs"] = sorted({drug for name in index.drugs for drug in _drugs_of(name)})
    return canonical


_CLASSES: Final = frozenset(DrugClass)


def _drugs_of(name: str) -> list[str]:
    return [str(drug) for drug in MEMBERS[DrugClass(name)]] if name in _CLASSES else [name]


def _state(state: State) -> dict[str, Any]:
    return state.model_dump(mode="json", exclude_defaults=True) | {"label": state.label or state.code}


def _transition(rule: Transition, assess_from: int) -> dict[str, Any]:
    canonical = rule.model_dump(mode="json", by_alias=True, exclude_none=True)
    if isinstance(rule.from_, list):
        canonical["from"] = sorted(set(rule.from_))
    if rule.from_day == assess_from:
        del canonical["from_day"]
    return canonical
