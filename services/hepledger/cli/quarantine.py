"""Commands for records that did not go in: `quarantine list`, `show`, `resolve`, `redrive`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from hepledger.cli.intake import REFUSED, door_of
from hepledger.cli.output import say, say_json
from hepledger.cli.session import Session, in_session, json_option
from hepledger.errors import WrongUsage
from hepledger.intake.doors import IngestRequest
from hepledger.intake.mapping import load_mapping
from hepledger.intake.redrive import Redriven, redrive
from hepledger.reporting.text_table import aligned
from hepledger.state.quarantine import EntryState, QuarantineEntry, QuarantineStore, Reason


def add_to(group: click.Group) -> None:
    """Adds the commands of this module."""
    group.add_command(quarantine)


@click.group()
def quarantine() -> None:
    """Records that did not go in: look at them, decide that they stay out, or send them again."""


@quarantine.command("list")
@click.option("--state", type=click.Choice([*(s.value for s in EntryState), "all"]), default="open", show_default=True)
@click.option("--centre", metavar="CODE", help="Only this centre.")
@json_option
@in_session
def list_entries(session: Session, state: str, centre: str | None, as_json: bool) -> None:
    """List the refused records with their reasons."""
    with session.registry() as registry:
        wanted = None if state == "all" else EntryState(state)
        entries = registry.quarantine.list(state=wanted, centre=centre)
    if as_json:
        say_json([_entry(entry) for entry in entries])
        return
    say(
        aligned(
            ("entry", "centre", "from", "row", "state", "reasons"),
            ((e.entry_id, e.centre, e.origin, e.row, e.state, _reasons(e)) for e in entries),
        )
    )


@quarantine.command()
@click.argument("entry", type=int)
@json_option
@in_session
def show(session: Session, entry: int, as_json: bool) -> None:
    """Show one refused record: every reason, and the bytes as they came."""
    with session.registry() as registry:
        found = registry.quarantine.get(entry)
    if as_json:
        say_json(_entry(found))
    else:
        say(_entry_text(found))


@quarantine.command()
@click.argument("entry", type=int)
@click.option("--note", "why", required=True, help="Why the record stays out.")
@in_session
def resolve(session: Session, entry: int, why: str) -> None:
    """Decide that a record stays out."""
    if not why.strip():
        raise WrongUsage("--note is empty: say why the record stays out")
    with session.registry() as registry:
        _chosen(registry.quarantine, (entry,), None)
        registry.quarantine.resolve(entry, why)
    say(f"entry {entry} is resolved: {why}")


def _entry(entry: QuarantineEntry) -> dict[str, Any]:
    return {
        "entry": entry.entry_id,
        "centre": entry.centre,
        "origin": entry.origin,
        "row": entry.row,
        "part": entry.part,
        "format": entry.door,
        "state": str(entry.state),
        "received_at": entry.received_at,
        "reasons": [{"column": r.column, "found": r.found, "expected": r.expected} for r in entry.reasons],
        "note": entry.note,
        "raw": entry.raw.decode(errors="backslashreplace"),
    }


def _reasons(entry: QuarantineEntry) -> str:
    return "; ".join(map(_reason, entry.reasons))


def _reason(reason: Reason) -> str:
    return f"{f'{reason.column}: ' if reason.column else ''}found {reason.found}; expected {reason.expected}"


def _entry_text(entry: QuarantineEntry) -> Iterator[str]:
    yield f"entry {entry.entry_id} of {entry.centre or 'no centre'}: {entry.origin}, row {entry.row} ({entry.door})"
    yield f"{entry.state}, received {entry.received_at.isoformat(timespec='seconds')}"
    if entry.note:
        yield f"note: {entry.note}"
    yield from (f"  {_reason(reason)}" for reason in entry.reasons)
    yield entry.raw.decode(errors="backslashreplace").rstrip("\r\n")


@quarantine.command("redrive")
@click.argument("entries", nargs=-1, type=int)
@click.option("--all", "everything", is_flag=True, help="Every open entry.")
@click.option(
    "--centre", metavar="CODE", help="With --all: only this centre. Also the centre of records that name none."
)
@click.option(
    "--mapping", type=click.Path(path_type=Path), help="Read them by this mapping instead of that of their time."
)
@click.option("--dry-run", is_flag=True, help="Say what would happen; write nothing.")
@json_option
@in_session
def redrive_entries(
    session: Session,
    entries: tuple[int, ...],
    everything: bool,
    centre: str | None,
    mapping: Path | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Send refused records again, from the bytes they came with."""
    if bool(entries) == everything:
        raise WrongUsage("say which entries, or --all of them")
    wanted = IngestRequest(centre=centre, mapping=None if mapping is None else load_mapping(mapping), dry_run=dry_run)
    with session.registry() as registry:
        chosen = _chosen(registry.quarantine, entries, centre)
        results = list(redrive(door_of(registry), registry.quarantine, chosen, wanted))
    session.exit_code = REFUSED if any(result.state is EntryState.OPEN for result in results) else 0
    if as_json:
        say_json([_redriven(result) for result in results])
        return
    say(line for result in results for line in _redriven_text(result))
    if dry_run:
        say("dry run: nothing was written")


def _chosen(store: QuarantineStore, entries: tuple[int, ...], centre: str | None) -> list[QuarantineEntry]:
    if not entries:
        return store.list(centre=centre)
    chosen = [store.get(entry) for entry in dict.fromkeys(entries)]
    settled = [f"{entry.entry_id} ({entry.state})" for entry in chosen if entry.state is not EntryState.OPEN]
    if settled:
        raise WrongUsage(f"not open: {', '.join(settled)}")
    return chosen


def _redriven(result: Redriven) -> dict[str, Any]:
    return {
        "entry": result.entry_id,
        "state": str(result.state),
        "records": [str(verdict) for verdict in result.verdicts],
        "faults": [{"column": f.column, "found": f.found, "expected": f.expected} for f in result.faults],
        "note": result.note,
    }


def _redriven_text(result: Redriven) -> Iterator[str]:
    became = ", ".join(map(str, result.verdicts))
    yield f"entry {result.entry_id}: {result.state}" + (f" ({became})" if became else "")
    yield from (f"  {fault}" for fault in result.faults)
