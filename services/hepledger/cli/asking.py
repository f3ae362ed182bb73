"""What stands behind every answer from the courses: under which criteria, from which facts, and what it leaves out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from hepledger.bootstrap import Registry
from hepledger.cli.output import note
from hepledger.cli.session import When
from hepledger.clinical.criteria import criteria_from
from hepledger.clinical.facts import microseconds
from hepledger.errors import NotFound, WrongUsage
from hepledger.reporting import queries
from hepledger.reporting.data_cut import DataCut, cut_from
from hepledger.reporting.data_cut_check import check_reached
from hepledger.reporting.exports import Asked
from hepledger.reporting.queries import Snapshot
from hepledger.reporting.status import events_waiting
from hepledger.reporting.subjects import Extent, Patient
from hepledger.state import catalogue, cuts, replays
from hepledger.state.catalogue import KnownCriteria
from hepledger.state.unit_of_work import UnitOfWork

NEVER_PROJECTED = 0
"""The number of no projection: what is derived from the facts needs none."""

Facts = datetime | DataCut | None
"""Which facts are meant: those recorded by a time, those of a data cut, or all."""


@contextmanager
def asking(registry: Registry, criteria: str | None, as_of: When | None) -> Iterator[Asked]:
    """A question on one snapshot of the registry, under the set of a user's `ID` or `ID@VERSION`, or the active one.

    As of a time or a data cut, the set that is not named is the one that was the registry's answer then. What the answer
    leaves out is said on stderr. Raises NotFound for a set or cut that is not known, and for a set that was not projected.
    """
    facts = facts_meant(registry, as_of)
    with registry.reading() as snapshot:
        chosen = registry.criteria_named(snapshot, criteria or set_then(registry, snapshot, facts))
        yield asked_under(registry, snapshot, chosen, facts)


@contextmanager
def asking_facts(
    registry: Registry, criteria: str | None, as_of: When | None
) -> Iterator[tuple[Snapshot, Extent, DataCut | None]]:
    """All facts that any projection has stored, and the cut that they are of, if they are: they are the same under every
    set, so that a set named only has to exist.

    Events that no projection has taken in are told on stderr. Raises NotFound for a set or cut that is not known.
    """
    facts = facts_meant(registry, as_of)
    with registry.reading() as snapshot:
        registry.criteria_named(snapshot, criteria)
        reached = queries.furthest_offsets(snapshot)
        if isinstance(facts, DataCut):
            check_reached(facts, reached)
            yield snapshot, facts.extent, facts
            return
        heads = registry.reported.heads()
        waiting = events_waiting(heads, reached)
        if waiting:
            note(f"note: {waiting} events wait to be projected (`hepledger project`); the facts are without them")
        yield snapshot, Extent(heads, facts), None


def facts_meant(registry: Registry, as_of: When | None) -> Facts:
    """What a user's `--as-of` or `--cut` means. Raises CutUnknown."""
    return cut_named(registry, as_of) if isinstance(as_of, str) else as_of


def cut_named(registry: Registry, name: str) -> DataCut:
    """The data cut of a name, be it that only the log knows it yet. Raises CutUnknown."""
    with registry.reading() as snapshot:
        known = cuts.find_cut(UnitOfWork(snapshot), name)
    if known is None:
        catch_up(registry)
        with registry.reading() as snapshot:
            known = cuts.get_cut(UnitOfWork(snapshot), name)
    return cut_from(known.document)


def catch_up(registry: Registry) -> None:
    """Takes in what was decided about the registry since last time."""
    with registry.begin() as uow:
        catalogue.catch_up(uow, registry.decisions)
        uow.commit()


def set_then(registry: Registry, snapshot: Snapshot, facts: Facts) -> str | None:
    """The fingerprint of the set that was the registry's answer as of some facts; said on stderr where it is not any more."""
    known = UnitOfWork(snapshot)
    if facts is None:
        return None
    then = facts.fingerprint if isinstance(facts, DataCut) else catalogue.find_active_at(known, microseconds(facts))
    if then is not None and then != catalogue.find_active(known):
        other = f"--as-of {facts.name} --criteria ID" if isinstance(facts, DataCut) else "--criteria ID"
        note(
            f"note: answered under {registry.criteria_named(snapshot, then).name}, as then; under another set: {other}"
        )
    return then


def asked_under(registry: Registry, snapshot: Snapshot, chosen: KnownCriteria, facts: Facts) -> Asked:
    """The question under one set. Raises NotFound, CutNotReached."""
    projection_id = queries.projection_of(snapshot, chosen.fingerprint)
    if isinstance(facts, DataCut):
        check_reached(facts, queries.furthest_offsets(snapshot))
        return of_cut(snapshot, chosen, facts, projection_id)
    if chosen.fingerprint in replays.unfinished(UnitOfWork(snapshot)):
        raise NotFound(f"{chosen.name} is being replayed: run `hepledger replay {chosen.name}` to the end first")
    if projection_id is None:
        named = chosen.name
        raise NotFound(f"nothing was projected under {named} yet: run `hepledger project --criteria {named}`")
    below = queries.next_offsets(snapshot, projection_id)
    _say_what_is_left_out(registry, snapshot, chosen, below)
    return Asked(
        snapshot=snapshot,
        criteria=criteria_from(chosen.document),
        projection_id=projection_id,
        extent=Extent(below, facts),
        derived=facts is not None,
    )


def of_cut(snapshot: Snapshot, chosen: KnownCriteria, cut: DataCut, projection_id: int | None) -> Asked:
    """The question of the facts of a data cut, under one set; it need not be projected."""
    return Asked(
        snapshot=snapshot,
        criteria=criteria_from(chosen.document),
        projection_id=NEVER_PROJECTED if projection_id is None else projection_id,
        extent=cut.extent,
        derived=True,
        cut=cut,
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
