"""What stands behind every answer from the courses: under which criteria, from which facts, and what it leaves out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from hepledger.bootstrap import Registry
from hepledger.cli.output import note
from hepledger.clinical.criteria import criteria_from
from hepledger.errors import NotFound, WrongUsage
from hepledger.reporting import queries
from hepledger.reporting.exports import Asked
from hepledger.reporting.queries import Snapshot
from hepledger.reporting.status import events_waiting
from hepledger.reporting.subjects import Extent, Patient
from hepledger.state.catalogue import KnownCriteria


@contextmanager
def asking(registry: Registry, criteria: str | None, as_of: datetime | None) -> Iterator[Asked]:
    """A question on one snapshot of the registry, under the set of a user's `ID` or `ID@VERSION`, or the active one.

    What the answer leaves out is said on stderr. Raises NotFound for a set that is not known, or not projected yet.
    """
    with registry.reading() as snapshot:
        chosen = registry.criteria_named(snapshot, criteria)
        yield asked_under(registry, snapshot, chosen, as_of)


@contextmanager
def asking_facts(registry: Registry, criteria: str | None, as_of: datetime | None) -> Iterator[tuple[Snapshot, Extent]]:
    """All facts that any projection has stored: they are the same under every set, so that a set named only has to exist.

    Events that no projection has taken in are told on stderr. Raises NotFound for a set that is not known.
    """
    with registry.reading() as snapshot:
        registry.criteria_named(snapshot, criteria)
        heads, reached = registry.reported.heads(), queries.furthest_offsets(snapshot)
        waiting = events_waiting(heads, reached)
        if waiting:
            note(f"note: {waiting} events wait to be projected (`hepledger project`); the facts are without them")
        yield snapshot, Extent(heads, as_of)


def asked_under(registry: Registry, snapshot: Snapshot, chosen: KnownCriteria, as_of: datetime | None) -> Asked:
    """The question under one set."""
    projection_id = queries.projection_of(snapshot, chosen.fingerprint)
    if projection_id is None:
        named = chosen.name
        raise NotFound(f"nothing was projected under {named} yet: run `hepledger project --criteria {named}`")
    below = queries.next_offsets(snapshot, projection_id)
    _say_what_is_left_out(registry, snapshot, chosen, below)
    return Asked(
        snapshot=snapshot,
        criteria=criteria_from(chosen.document),
        projection_id=projection_id,
        extent=Extent(below, as_of),
        derived=as_of is not None,
    )


def _say_what_is_left_out(registry: Registry, snapshot: Snapshot, chosen: KnownCriteria, below: dict[int, int]) -> None:
    waiting = events_waiting(registry.reported.heads(), below)
    if waiting:
        note(f"note: {waiting} events wait to be projected under {chosen.id}; the answer is without them")
    parked = queries.parked_counts(snapshot)[chosen.fingerprint]
    if parked:
        note(f"note: {parked} patients are parked under {chosen.id}; their courses stand where they were parked")


def patient_named(snapshot: Snapshot, name: str) -> Patient:
    """The patient of `CENTRE/PATIENT`, or of `PATIENT` where one centre alone has it. Raises NotFound, WrongUsage."""
    centre, slash, patient = name.partition("/")
    found = queries.find_patients(snapshot, centre if slash else None, patient if slash else name)
    if not found:
        raise NotFound(f"no patient {name} is in the registry")
    if len(found) > 1:
        raise WrongUsage(f"{len(found)} centres have a patient {name}: say {' or '.join(who.key for who in found)}")
    return found[0]
