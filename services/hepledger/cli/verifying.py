"""The command that proves what is stored: `verify`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import click

from hepledger.bootstrap import Registry, rebuilt
from hepledger.cli.output import note, progress, say, say_json
from hepledger.cli.session import Session, in_session, json_option
from hepledger.errors import CheckFailed, exit_code_of
from hepledger.reporting import queries
from hepledger.reporting.queries import Snapshot
from hepledger.reporting.subjects import Extent
from hepledger.reporting.verify import (
    AlteredCriteria,
    BrokenChain,
    CutLog,
    Difference,
    Side,
    altered_criteria,
    broken_chains,
    cut_logs,
    differences,
)
from hepledger.state import catalogue
from hepledger.state.catalogue import KnownCriteria
from hepledger.state.unit_of_work import UnitOfWork
from hepledger_events.streams import REPORTED

FAILED = exit_code_of(CheckFailed())
NAMED = 20

Tell = Callable[[int], None]
Positions = tuple[tuple[int, int], ...]


def add_to(group: click.Group) -> None:
    """Adds the commands of this module."""
    group.add_command(verify)


@click.command()
@json_option
@in_session
def verify(session: Session, as_json: bool) -> None:
    """Check the log's hash chain, the criteria's fingerprints, and every live projection against one derived from nothing."""
    with session.registry() as registry:
        total = sum(head for chain, _ in registry.chains for head in _heads(registry, chain.stream))
        with progress("checking the log", total) as tell:
            chains = list(broken_chains(registry.chains, tell))
        with registry.reading() as live:
            cut = list(cut_logs(registry.reported.heads(), queries.standings(live)))
            sets = catalogue.known_criteria(UnitOfWork(live))
            altered = list(altered_criteria((each.name, each.fingerprint, each.document) for each in sets))
        broken: list[BrokenChain | CutLog] = [*chains, *cut]
        damaged = bool(cut or altered) or any(each.stream == REPORTED for each in chains)
        different = [] if damaged else list(_differences(registry))
    if broken or altered or different:
        session.exit_code = FAILED
    if as_json:
        say_json(_verdict(broken, altered, different, compared=not damaged))
        return
    say("the log is as it was appended" if not broken else (f"BROKEN  {each}" for each in broken))
    say(f"ALTERED  {each}" for each in altered)
    if damaged:
        note("note: the projection was not compared, because what it is made from is broken")
        return
    say(_told(different))


def _told(different: list[Difference]) -> Iterator[str]:
    if not different:
        yield "every live projection equals the one derived from nothing"
    yield from (f"DIFFERS  {each}" for each in different[:NAMED])
    if len(different) > NAMED:
        yield f"and {len(different) - NAMED} more; --json names them all"


def _verdict(
    broken: list[BrokenChain | CutLog], altered: list[AlteredCriteria], different: list[Difference], *, compared: bool
) -> dict[str, Any]:
    return {
        "ok": not (broken or altered or different),
        "broken": [{"partition": b.partition, "offset": b.offset, "said": str(b)} for b in broken],
        "altered": [each.criteria for each in altered],
        "projection_compared": compared,
        "different": [{"criteria": d.criteria, "patient": d.patient, "tables": list(d.tables)} for d in different],
    }


def _heads(registry: Registry, stream: str) -> Iterator[int]:
    for log in (registry.reported, registry.derived, registry.decisions):
        if log.stream == stream:
            yield from log.heads().values()


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
                    standing = queries.projection_of(live, each.fingerprint)
                    extent = Extent(until)
                    if standing is not None:
                        one, other = Side(live, standing, extent), Side(derived, anew.projection_id, extent)
                        yield from differences(each.name, one, other)


def _standing(live: Snapshot) -> Mapping[Positions, list[KnownCriteria]]:
    by_position: dict[Positions, list[KnownCriteria]] = defaultdict(list)
    for known in catalogue.projected(UnitOfWork(live)):
        projection_id = queries.projection_of(live, known.fingerprint)
        if projection_id is not None:
            by_position[tuple(sorted(queries.next_offsets(live, projection_id).items()))].append(known)
    return by_position
