"""Commands that look after a registry: `status` and `doctor`."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from typing import Any

import click

from hepledger.bootstrap import Registry
from hepledger.cli.output import say, say_json
from hepledger.cli.session import Session, in_session, json_option
from hepledger.errors import CheckFailed, HepledgerError, exit_code_of
from hepledger.reporting import queries as reads
from hepledger.reporting.doctor import (
    Contents,
    DatabaseHealth,
    Finding,
    Level,
    examine_contents,
    examine_database,
    examine_folder,
    examine_settings,
)
from hepledger.reporting.doctor_server import examine_server
from hepledger.reporting.queries_server import engine_version, server_settings
from hepledger.reporting.status import newest_recording, status_document
from hepledger.reporting.text_table import aligned
from hepledger.state import migrate
from hepledger.state.quarantine import EntryState

FAILED = exit_code_of(CheckFailed())


def add_to(group: click.Group) -> None:
    """Adds the commands of this module."""
    for command in (status, doctor):
        group.add_command(command)


@click.command()
@json_option
@in_session
def status(session: Session, as_json: bool) -> None:
    """Show how far each consumer is behind the log, what is parked and quarantined, and the versions."""
    with session.registry() as registry, registry.reading() as snapshot:
        found = status_document(snapshot, registry.reported, session.clock())
        found["quarantined"] = registry.quarantine.counts()[EntryState.OPEN]
        found["active"] = registry.criteria_named(snapshot, None).name
        found["versions"] = _versions(registry, engine_version(snapshot))
    if as_json:
        say_json(found)
    else:
        say(_status_text(found))


def _versions(registry: Registry, engine: tuple[str, str]) -> dict[str, str | None]:
    name, number = engine
    return {
        "hepledger": version("hepledger"),
        "hepledger-events": version("hepledger-events"),
        "schema": migrate.current_revision(registry.engine),
        "python": platform.python_version(),
        name: number,
    }


def _status_text(found: Mapping[str, Any]) -> Iterator[str]:
    heads = ", ".join(f"partition {at['partition']}: {at['next_offset']}" for at in found["reported"])
    yield f"events in the log  {heads}"
    yield f"active criteria    {found['active']}"
    yield f"data queries       {found['open_queries']} open"
    yield f"quarantine         {found['quarantined']} open"
    yield f"to be relayed      {found['waiting_to_be_relayed']}"
    for each in found["replays"]:
        done = f"{each['patients_done']} of {each['patients']} patients on partition {each['partition']}"
        yield f"being replayed     {each['criteria']}@{each['version']}: {done}"
    yield ", ".join(f"{name} {number}" for name, number in found["versions"].items())
    yield ""
    header = (
        "criteria",
        "version",
        "partition",
        "next offset",
        "lag events",
        "lag seconds",
        "parked",
        "epoch",
        "owner",
    )
    yield from aligned(
        header,
        (
            (
                *(projection["criteria"], projection["version"], at["partition"], at["next_offset"]),
                *(at["lag_events"], at["lag_seconds"], projection["parked_patients"], at["epoch"], at["owner"]),
            )
            for projection in found["projections"]
            for at in projection["partitions"]
        ),
    )


@click.command()
@json_option
@in_session
def doctor(session: Session, as_json: bool) -> None:
    """Find what would hurt: settings, the folder, the database, the clock, the consumers."""
    findings = list(_findings(session))
    if any(finding.level is Level.FAILED for finding in findings):
        session.exit_code = FAILED
    if as_json:
        say_json([{"check": f.check, "level": str(f.level), "said": f.said, "advice": f.advice} for f in findings])
        return
    say(aligned(("", "check", "", ""), ((f.level, f.check, f.said, f.advice) for f in findings)))


def _findings(session: Session) -> Iterator[Finding]:
    yield from examine_settings(os.environ)
    try:
        with session.registry() as registry:
            if session.config.server is None:
                yield from examine_folder(session.config.database)
                yield from examine_database(_health(registry), session.clock(), session.config.partitions_set)
            else:
                yield from _of_server(registry, session)
    except HepledgerError as error:
        yield Finding("registry", Level.FAILED, str(error))


def _of_server(registry: Registry, session: Session) -> Iterator[Finding]:
    with registry.reading() as snapshot:
        yield from examine_server(server_settings(snapshot))
    contents = Contents(**_contents(registry))
    yield from examine_contents(contents, session.clock(), session.config.partitions_set)


def _health(registry: Registry) -> DatabaseHealth:
    with registry.reading() as snapshot:
        journal, synchronous, damage = reads.sqlite_health(snapshot)
        _, version = engine_version(snapshot)
    return DatabaseHealth(
        sqlite=tuple(int(part) for part in version.split(".")),
        journal_mode=journal,
        synchronous=synchronous,
        damage=damage,
        **_contents(registry),
    )


def _contents(registry: Registry) -> dict[str, Any]:
    with registry.reading() as snapshot:
        return {
            "partitions": registry.reported.partitions,
            "newest": newest_recording(registry.reported),
            "parked": reads.parked_counts(snapshot).total(),
            "quarantined": registry.quarantine.counts()[EntryState.OPEN],
            "held": reads.held_events(snapshot),
        }
