"""What is decided about the registry itself, and kept in its log like everything else: criteria that were published."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field

from hepledger_events.criteria_document import CriteriaId
from hepledger_events.derived import Fingerprint


class CriteriaPublished(BaseModel):
    """A version of a criteria set was published. It is never edited: a change is a new version."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: CriteriaId
    version: Annotated[int, Field(ge=1)]
    fingerprint: Fingerprint
    document: dict[str, Any]
    """In canonical form (``criteria.schema.json``); its fingerprint is the one above."""


DECISIONS: Final[Mapping[str, type[BaseModel]]] = {"criteria_published": CriteriaPublished}
"""Type of registry event → the model of what it says."""
