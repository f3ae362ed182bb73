"""What is decided about the registry itself, and kept in its log like everything else: criteria that were published, data
cuts that were made."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, Field, WithJsonSchema

from hepledger_events.criteria_document import CriteriaId
from hepledger_events.derived import DateText, Fingerprint
from hepledger_events.faults import expectation
from hepledger_events.strict import Strict
from hepledger_events.texts import IdentityText

CUT_NAME: Final = "[A-Za-z0-9._-]{1,64}"
"""What the name of a data cut is made of."""

_CUT_NAME: Final = re.compile(CUT_NAME)


def _cut_name(value: str) -> str:
    if _CUT_NAME.fullmatch(value) is None:
        raise expectation("1 to 64 letters, digits, dots, underscores and hyphens")
    return value


CutName = Annotated[str, AfterValidator(_cut_name), WithJsonSchema({"type": "string", "pattern": f"^{CUT_NAME}$"})]
Digest = Fingerprint
Offset = Annotated[int, Field(ge=0)]
Exported = Literal["assessments", "transitions", "courses", "landmarks", "facts"]


class CriteriaPublished(Strict):
    """A version of a criteria set was published. It is never edited: a change is a new version."""

    id: CriteriaId
    version: Annotated[int, Field(ge=1)]
    fingerprint: Fingerprint
    document: dict[str, Any]
    """In canonical form (``criteria.schema.json``); its fingerprint is the one above."""


class CutPart(Strict):
    """Lines of an export: how many, and the SHA-256 of their bytes as CSV."""

    rows: Annotated[int, Field(ge=0)]
    sha256: Digest


class CutTable(CutPart):
    """One exported table: of the whole file, header included, and of the lines of each centre."""

    centres: dict[str, CutPart]


class CutOffset(Strict):
    """Of one partition the first offset that is not in the cut."""

    partition: Offset
    next_offset: Offset


class CutParked(Strict):
    """A patient that was parked: from this offset on nothing of him or her is in the cut."""

    patient: IdentityText
    from_offset: Offset


class CutCreated(Strict):
    """A data cut was made: a name for what the registry answers from certain facts under certain criteria, with the hashes of
    that answer.

    ``until`` is the last clinical day, null for all; ``sha256`` is that of the tables' hashes (canonical JSON, by table).
    """

    name: CutName
    criteria: CriteriaId
    version: Annotated[int, Field(ge=1)]
    fingerprint: Fingerprint
    offsets: list[CutOffset]
    until: DateText | None
    parked: list[CutParked]
    code_version: Annotated[str, Field(min_length=1)]
    created_at: AwareDatetime
    tables: dict[Exported, CutTable]
    sha256: Digest


DECISIONS: Final[Mapping[str, type[BaseModel]]] = {
    "criteria_published": CriteriaPublished,
    "cut_created": CutCreated,
}
"""Type of registry event → the model of what it says."""
