"""The catalogue of events: every type with its version, stream, key, meaning, producer and consumers, in one place.

Schemas, the AsyncAPI document and the table in the README are made from it; a test finds what stands in one and not in another.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from inspect import getdoc
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from hepledger_events.derived import DERIVATIONS
from hepledger_events.faults import Fault, faults_of
from hepledger_events.registry import DECISIONS
from hepledger_events.reported import REPORTS
from hepledger_events.streams import DERIVED, REGISTRY, REPORTED

TYPE_PREFIX: Final = "org.hepledger."


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """One version of one event. ``type`` is the short name; on the wire it is ``wire_type``."""

    model: type[BaseModel]
    type: str
    version: int
    stream: str
    key: str
    producer: str
    consumers: str

    @property
    def name(self) -> str:
        """``lab_result_recorded.v1``: the name of its schema and of the folder of its examples."""
        return f"{self.type}.v{self.version}"

    @property
    def wire_type(self) -> str:
        """The CloudEvents ``type``."""
        return TYPE_PREFIX + self.name

    @property
    def meaning(self) -> str:
        """What it says, in a sentence or two."""
        return " ".join((getdoc(self.model) or "").split("\n\n", maxsplit=1)[0].split())

    @property
    def row(self) -> str:
        """Its line in the table of the README."""
        cells = (f"`{self.type}`", self.meaning, f"`{self.stream}`", self.key, str(self.version))
        return "| " + " | ".join((*cells, self.producer, self.consumers)) + " |"


_REPORTED: Final = tuple(
    Contract(
        type=name,
        version=1,
        stream=REPORTED,
        key="centre/patient",
        model=model,
        producer="intake, for a centre",
        consumers="projector",
    )
    for name, model in REPORTS.items()
)
_DERIVED: Final = tuple(
    Contract(
        type=name,
        version=1,
        stream=DERIVED,
        key="criteria id" if name == "criteria.activated" else "centre/patient",
        model=model,
        producer="relay, for the registry",
        consumers="reporting teams",
    )
    for name, model in DERIVATIONS.items()
)
_DECIDED: Final = tuple(
    Contract(
        type=name,
        version=1,
        stream=REGISTRY,
        key="name of the cut" if name == "cut_created" else "criteria id",
        model=model,
        producer="registry, for its operator",
        consumers="projector, reports",
    )
    for name, model in DECISIONS.items()
)

CONTRACTS: Final[tuple[Contract, ...]] = (*_REPORTED, *_DERIVED, *_DECIDED)

_NEWEST: Final = {each.type: each for each in sorted(CONTRACTS, key=lambda contract: contract.version)}

CURRENT: Final[Mapping[str, int]] = {type_: contract.version for type_, contract in _NEWEST.items()}
"""Type → the version that is written today; consumers see no other."""


def faults_in(type: str, data: Mapping[str, Any]) -> tuple[Fault, ...]:  # noqa: A002 - the field's own name
    """What is wrong with the data of an event of today's version: for producers' tests, not for the hot path. Raises KeyError."""
    model = _NEWEST[type].model
    try:
        model.model_validate(data)
    except ValidationError as error:
        return faults_of(error, model, {}, ("data",))
    return ()
