"""A criteria set as the projector works with it: its place in the database, and the plan that the engine walks by."""

from __future__ import annotations

from dataclasses import dataclass

from hepledger.clinical.criteria import criteria_from
from hepledger.clinical.walk import Plan
from hepledger.state import catalogue
from hepledger.state.catalogue import KnownCriteria
from hepledger.state.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Projected:
    """A criteria set that is projected. ``criteria`` is its id, as exports and announcements name it."""

    projection_id: int
    fingerprint: str
    criteria: str
    plan: Plan


def set_up(uow: UnitOfWork, known: KnownCriteria) -> Projected:
    """A set made ready to be projected: the first time, its projection begins."""
    return Projected(
        projection_id=catalogue.projection_of(uow, known),
        fingerprint=known.fingerprint,
        criteria=known.id,
        plan=Plan(criteria_from(known.document)),
    )
