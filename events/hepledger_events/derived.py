"""What the registry derives and tells the reporting teams. A belief that is withdrawn is told too: as a revision that
names the event it supersedes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, Field, WithJsonSchema

from hepledger_events.faults import expectation
from hepledger_events.strict import Strict
from hepledger_events.texts import IdentityText, NoteText

_FINGERPRINT_PATTERN: Final = "[0-9a-f]{64}"
_FINGERPRINT: Final = re.compile(_FINGERPRINT_PATTERN)
_DATE_PATTERN: Final = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_DATE: Final = re.compile(_DATE_PATTERN)


def _date_text(value: str) -> str:
    try:
        if _DATE.fullmatch(value) is not None:
            return date.fromisoformat(value).isoformat()
    except ValueError:
        pass
    raise expectation("a date such as 2024-03-01")


def _fingerprint_text(value: str) -> str:
    if _FINGERPRINT.fullmatch(value) is None:
        raise expectation("a fingerprint: 64 hexadecimal digits")
    return value


DateText = Annotated[
    str,
    AfterValidator(_date_text),
    WithJsonSchema({"type": "string", "format": "date", "pattern": f"^{_DATE_PATTERN}$"}),
]
Fingerprint = Annotated[
    str, AfterValidator(_fingerprint_text), WithJsonSchema({"type": "string", "pattern": f"^{_FINGERPRINT_PATTERN}$"})
]


class Derivation(Strict):
    """What every derived statement says: under which criteria. Consumers must take what they do not know; producers may not add it."""

    criteria: IdentityText
    fingerprint: Fingerprint


class Belief(Derivation):
    """Something believed of a patient's course, and what made it believed.

    ``cause`` is the id of the reported event, or ``criteria`` where other criteria were activated; ``supersedes`` is the id of
    the derived event that is no longer believed. Both dates are null where a belief is withdrawn and nothing stands for it.
    """

    onset_on: DateText | None
    confirmed_on: DateText | None
    cause: IdentityText
    supersedes: IdentityText | None


class ResponseChanged(Belief):
    """The response category of a patient changed, or what was said of a change is revised."""

    from_: Annotated[IdentityText, Field(alias="from")]
    to: IdentityText


class RelapseDetected(Belief):
    """A relapse episode began: its onset, and the day it was confirmed."""


class RelapseWithdrawn(Belief):
    """A relapse episode that was told never was, by what is known now."""

    supersedes: IdentityText


class CriteriaActivated(Derivation):
    """From here on "the registry's answer" is the answer under these criteria."""

    version: Annotated[int, Field(ge=1)]
    previous: Fingerprint | None


class PatientErased(Strict):
    """What the registry held of a patient was made unreadable; readers must do the same."""

    reason: NoteText


DERIVATIONS: Final[Mapping[str, type[BaseModel]]] = {
    "response.changed": ResponseChanged,
    "relapse.detected": RelapseDetected,
    "relapse.withdrawn": RelapseWithdrawn,
    "criteria.activated": CriteriaActivated,
    "patient.erased": PatientErased,
}
"""Type of derived event → the model of what it says."""
