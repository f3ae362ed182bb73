"""The command that proves what is stored: `verify`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from hepledger.bootstrap import Registry, rebuilt
from hepledger.cli.anchoring import anchor_in, chains_of
from hepledger.cli.output import note, progress, say, say_json
from hepledger.cli.session import Session, in_session, json_option
from hepledger.errors import CheckFailed, exit_code_of
from hepledger.log.anchor import Anchor, Departure, departures
from hepledger.reporting import queries
from hepledger.reporting.queries import Snapshot
from hepledger.reporting.subjects import Extent
from hepledger.reporting.verify import (
    AlteredCriteria,
    AlteredCut,
    BrokenChain,
    CutLog,
    Difference,
    Side,
    altered_criteria,
    altered_cuts,
    broken_chains,
    cut_logs,
    differences,
)
from hepledger.state import catalogue, cuts
from hepledger.state.catalogue import KnownCriteria
from hepledger.state.unit_of_work import UnitOfWork
from hepledger_events.streams import REGISTRY, REPORTED

FAILED = exit_code_of(CheckFailed())
NAMED = 20

Positions = tuple[tuple[int, int], ...]
Broken = BrokenChain | Departure | CutLog
Altered = AlteredCriteria | AlteredCut


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What is not as it was. ``different`` is None where the projections were not compared: what they are made from is broken.

    ``anchored`` is when the anchor was taken that the log was held against, if it was.
    """

    broken: Sequence[Broken]
    altered: Sequence[Altered]
    different: Sequence[Difference] | None
    anchored: datetime | None = None

    @property
    def ok(self) -> bool:
        """Whether all is as it was."""
        return not (self.broken or self.altered or self.different)


def add_to(group: click.Group) -> None:
    """Adds the commands of this module."""
    group.add_command(verify)


@click.command()
@click.option(
    "--anchor",
    "file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="What `log anchor` wrote: also check this.",
)
@json_option
@in_session
def verify(session: Session, file: Path | None, as_json: bool) -> None:
    """Check the log's hash chain, the criteria's fingerprints, the data cuts, and every live projection against one
    derived from nothing.

    With --anchor also whether the log continues what was anchored: a chain that was written anew or cut off at its end
    fits in itself.
    """
    with session.registry() as registry:
        found = _found(registry, None if file is None else anchor_in(registry, file))
    if not found.ok:
        session.exit_code = FAILED
    if as_json:
        say_json(_verdict(found))
    else:
        say(_told(found))
        if found.different is None:
            note("note: the projection was not compared, because what it is made from is broken")


def _found(registry: Registry, anchor: Anchor | None) -> Found:
    broken: list[Broken] = list(_chains(registry))
    broken += [] if anchor is None else departures(anchor, chains_of(registry))
    streams = {each.stream for each in broken if not isinstance(each, CutLog)}
    with registry.reading() as live:
        cut = list(cut_logs(registry.reported.heads(), queries.standings(live)))
        criteria = list(_altered_criteria(live))
        cuts_altered = [] if REGISTRY in streams else list(_altered_cuts(registry, live))
    damaged = bool(cut or criteria) or REPORTED in streams
    different = None if damaged else list(_differences(registry))
    return Found(
        broken=[*broken, *cut],
        altered=[*criteria, *cuts_altered],
        different=different,
        anchored=None if anchor is None else anchor.taken_at,
    )


def _chains(registry: Registry) -> Iterator[BrokenChain]:
    total = sum(head for chain, _ in registry.chains for head in _heads(registry, chain.stream))
    with progress("checking the log", total) as tell:
        yield from broken_chains(registry.chains, tell)


def _heads(registry: Registry, stream: str) -> Iterator[int]:
    for log in (registry.reported, registry.derived, registry.decisions):
        if log.stream == stream:
            yield from log.heads().values()


def _altered_criteria(live: Snapshot) -> Iterator[AlteredCriteria]:
    sets = catalogue.known_criteria(UnitOfWork(live))
    return altered_criteria((each.name, each.fingerprint, each.document) for each in sets)


def _altered_cuts(registry: Registry, live: Snapshot) -> Iterator[AlteredCut]:
    known = UnitOfWork(live)
    stored = {each.name: each.document for each in cuts.known_cuts(known)}
    return altered_cuts(registry.decisions, catalogue.taken_in(known, registry.decisions), stored)


def _told(found: Found) -> Iterator[str]:
    if not found.broken:
        yield "the log is as it was appended"
    if found.anchored is not None and not any(isinstance(each, Departure) for each in found.broken):
        yield f"it continues what was anchored at {found.anchored.isoformat(timespec='seconds')}"
    yield from (f"BROKEN  {each}" for each in found.broken)
    yield from (f"ALTERED  {each}" for each in found.altered)
    if found.different is None:
        return
    if not found.different:
        yield "every live projection equals the one derived from nothing"
    yield from (f"DIFFERS  {each}" for each in found.different[:NAMED])
    if len(found.different) > NAMED:
        yield f"and {len(found.different) - NAMED} more; --json names them all"


def _verdict(found: Found) -> dict[str, Any]:
    different = found.different or ()
    return {
        "ok": found.ok,
        "broken": [{"partition": b.partition, "offset": b.offset, "said": str(b)} for b in found.broken],
        "altered": [each.criteria if isinstance(each, AlteredCriteria) else str(each) for each in found.altered],
        "projection_compared": found.different is not None,
        "different": [{"criteria": d.criteria, "patient": d.patient, "tables": list(d.tables)} for d in different],
    }


def _differences(registry: Registry) -> Iterator[Difference]:
    """Every projected set against one made new; sets that stand at one place are made in one go."""
    with registry.reading() as live:
        for positions, known in _standing(live).items():
            until = dict(positions)
            with (
                progress("deriving from nothing", sum(until.values())) as tell,
                rebuilt(registry, known, until, tell) as (derived, sets),
            ):
                for each, anew in zip(known, sets, strict=True):
                    yield from _compared(live, each, Side(derived, anew.projection_id, Extent(until)))


def _compared(live: Snapshot, known: KnownCriteria, derived: Side) -> Iterator[Difference]:
    standing = queries.projection_of(live, known.fingerprint)
    if standing is None:
        return
    everyone = len(queries.patients(live, derived.extent))
    with progress(f"comparing {known.name}", everyone) as tell:
        yield from differences(known.name, Side(live, standing, derived.extent), derived, tell)


def _standing(live: Snapshot) -> Mapping[Positions, list[KnownCriteria]]:
    by_position: dict[Positions, list[KnownCriteria]] = defaultdict(list)
    for known in catalogue.projected(UnitOfWork(live)):
        projection_id = queries.projection_of(live, known.fingerprint)
        if projection_id is not None:
            by_position[tuple(sorted(queries.next_offsets(live, projection_id).items()))].append(known)
    return by_position
