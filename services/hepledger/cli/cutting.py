"""Commands for data cuts: `cut create`, `list`, `show`; and what holds an answer to the cut that it is from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from importlib.metadata import version
from typing import Any

import click

from hepledger.bootstrap import Registry
from hepledger.cli.asking import asked_under, catch_up, cut_named, of_cut
from hepledger.cli.output import note, progress, say, say_json
from hepledger.cli.session import Session, in_session, json_option
from hepledger.errors import CheckFailed, WrongUsage, exit_code_of
from hepledger.reporting import queries
from hepledger.reporting.columns import Row, What
from hepledger.reporting.data_cut import DataCut, cut_from
from hepledger.reporting.data_cut_check import CutDifference, advice, check_reached, checked, differences
from hepledger.reporting.data_cut_event import CutTaken, announce, check_name
from hepledger.reporting.data_cut_seal import Tables, seal_all
from hepledger.reporting.data_cut_text import cut_lines, cut_table
from hepledger.reporting.exports import Asked
from hepledger.reporting.queries import Snapshot
from hepledger.state import cuts
from hepledger.state.unit_of_work import UnitOfWork

FAILED = exit_code_of(CheckFailed())


def add_to(group: click.Group) -> None:
    """Adds the commands of this module."""
    group.add_command(cut)


@click.group()
def cut() -> None:
    """Data cuts: a name for an answer, which gives the same bytes again whatever is corrected later."""


@cut.command()
@click.argument("name")
@click.option("--until", metavar="DATE", callback=lambda _c, _p, text: _last_day(text), help="The last clinical day.")
@json_option
@in_session
def create(session: Session, name: str, until: date | None, as_json: bool) -> None:
    """Make a data cut of what the registry answers now: an event in the log. Its name is never given again."""
    check_name(name)
    with session.registry() as registry:
        catch_up(registry)
        _check_free(registry, name)
        with registry.reading() as snapshot:
            made = _made(registry, snapshot, name, until)
        announce(registry.decisions, made)
        catch_up(registry)
        _check_ours(registry, made)
    if as_json:
        say_json(made.document())
    else:
        say([f"data cut {made.name} made", "", *cut_lines(made)])


def _last_day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise WrongUsage(f"--until {text}: not a date (2024-03-01)") from None


def _check_free(registry: Registry, name: str) -> None:
    with registry.reading() as snapshot:
        if cuts.find_cut(UnitOfWork(snapshot), name) is not None:
            raise CutTaken(name)


def _check_ours(registry: Registry, made: DataCut) -> None:
    """Of two cuts of one name the first in the log stands; a log that cannot refuse the second holds both."""
    if cut_named(registry, made.name) != made:
        raise CutTaken(made.name)


def _made(registry: Registry, snapshot: Snapshot, name: str, until: date | None) -> DataCut:
    """The cut of what the active set has taken in. What waits in the log, and who is parked, is said on stderr."""
    chosen = registry.criteria_named(snapshot, None)
    live = asked_under(registry, snapshot, chosen, None)
    parked: dict[str, int] = {}
    for key, _, offset in queries.parked_places(snapshot, live.projection_id):
        parked[key] = min(offset, parked.get(key, offset))
    bare = DataCut(
        name=name,
        criteria=chosen.id,
        version=chosen.version,
        fingerprint=chosen.fingerprint,
        offsets=live.extent.below,
        until=until,
        parked=parked,
        code_version=version("hepledger"),
        created_at=registry.clock(),
        tables={},
    )
    return bare.with_tables(_tables(of_cut(snapshot, chosen, bare, live.projection_id)))


def _tables(asked: Asked) -> Tables:
    everyone = queries.patients(asked.snapshot, asked.extent)
    with progress("deriving", len(everyone)) as tell:
        return seal_all(asked, everyone, tell)


@cut.command("list")
@json_option
@in_session
def list_cuts(session: Session, as_json: bool) -> None:
    """List the data cuts, the oldest first."""
    with session.registry() as registry, registry.reading() as snapshot:
        known = [cut_from(each.document) for each in cuts.known_cuts(UnitOfWork(snapshot))]
    if as_json:
        say_json([each.document() for each in known])
    elif known:
        say(cut_table(known))
    else:
        note("there are no data cuts yet: `hepledger cut create NAME`")


@cut.command()
@click.argument("name")
@json_option
@in_session
def show(session: Session, name: str, as_json: bool) -> None:
    """Show a data cut, and verify that it still gives the same bytes."""
    with session.registry() as registry:
        named = cut_named(registry, name)
        with registry.reading() as snapshot:
            check_reached(named, queries.furthest_offsets(snapshot))
            chosen = registry.criteria_named(snapshot, named.fingerprint)
            found = differences(named, _tables(of_cut(snapshot, chosen, named, None)))
    if found:
        session.exit_code = FAILED
    if as_json:
        say_json({**named.document(), "verified": not found, "differences": [_told(each) for each in found]})
    else:
        say([*cut_lines(named), "", *_verdict(named, found)])


def _told(each: CutDifference) -> dict[str, Any]:
    parts = {"then": each.then, "now": each.now}
    rows = {when: None if part is None else {"rows": part.rows, "sha256": part.sha256} for when, part in parts.items()}
    return {"table": each.what.value, "centre": each.centre, **rows}


def _verdict(named: DataCut, found: Sequence[CutDifference]) -> Iterator[str]:
    if not found:
        yield f"verified: all {len(What)} tables give the same bytes as when the cut was made"
        return
    yield from (f"DIFFERS  {each}" for each in found)
    yield advice(named, version("hepledger"))


def held_to(sealed: DataCut | None, what: What, rows: Iterable[Row]) -> Iterator[Row]:
    """The rows, which must all together be those of the cut if there is one. Raises CutDiffers after the last of them."""
    return iter(rows) if sealed is None else checked(sealed, what, rows, version("hepledger"))


def verified(sealed: DataCut, what: What) -> str:
    """What is said of a table that was held to its cut."""
    whole = sealed.tables[what].whole
    return f"as when data cut {sealed.name} was made: hash verified (as CSV, SHA-256 {whole.sha256})"
