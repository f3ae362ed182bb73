"""Commands for criteria documents: `criteria list`, `show`, `validate`, `publish`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from hepledger.bootstrap import Registry
from hepledger.cli.output import say, say_json
from hepledger.cli.session import Session, in_session, json_option
from hepledger.errors import NotFound, exit_code_of
from hepledger.intake.criteria_files import CriteriaFile, CriteriaRefused, read_criteria
from hepledger.intake.publish import VersionTaken
from hepledger.intake.publish import publish as append_publication
from hepledger.reporting.criteria_text import criteria_toml
from hepledger.reporting.queries import moment
from hepledger.reporting.text_table import aligned
from hepledger.state import catalogue
from hepledger.state.catalogue import KnownCriteria
from hepledger.state.unit_of_work import UnitOfWork


def add_to(group: click.Group) -> None:
    """Adds the commands of this module."""
    group.add_command(criteria)


@click.group()
def criteria() -> None:
    """Criteria documents: what counts as response and relapse."""


@criteria.command("list")
@json_option
@in_session
def list_sets(session: Session, as_json: bool) -> None:
    """List the sets that the registry knows: those that ship and those that were published."""
    with session.registry() as registry, registry.reading() as snapshot:
        known = UnitOfWork(snapshot)
        active, projected = catalogue.find_active(known), {each.fingerprint for each in catalogue.projected(known)}
        sets = [_listed(each, active, projected) for each in catalogue.known_criteria(known)]
    if as_json:
        say_json(sets)
        return
    header = ("id", "version", "title", "origin", "", "", "fingerprint")
    marks = (("active" if s["active"] else "", "projected" if s["projected"] else "") for s in sets)
    origins = ("ships" if s["published_at"] is None else f"published {s['published_at']:%Y-%m-%d}" for s in sets)
    rows = zip(sets, origins, marks, strict=True)
    say(
        aligned(
            header,
            ((s["id"], s["version"], s["title"], origin, *mark, s["fingerprint"][:12]) for s, origin, mark in rows),
        )
    )


def _listed(known: KnownCriteria, active: str | None, projected: set[str]) -> dict[str, Any]:
    return {
        "id": known.id,
        "version": known.version,
        "title": known.title,
        "fingerprint": known.fingerprint,
        "published_at": None if known.published_at is None else moment(known.published_at),
        "active": known.fingerprint == active,
        "projected": known.fingerprint in projected,
    }


@criteria.command()
@click.argument("name", metavar="ID")
@json_option
@in_session
def show(session: Session, name: str, as_json: bool) -> None:
    """Show a document: ID for its newest version, or ID@VERSION."""
    with session.registry() as registry, registry.reading() as snapshot:
        known = registry.criteria_named(snapshot, name)
    if as_json:
        say_json({"fingerprint": known.fingerprint, "document": known.document})
    else:
        say([f"# fingerprint {known.fingerprint}", *criteria_toml(known.document)])


@criteria.command()
@click.argument("file", type=click.Path(path_type=Path))
@json_option
@in_session
def validate(session: Session, file: Path, as_json: bool) -> None:
    """Check a document; tell every fault at once with its place. No registry is needed."""
    try:
        found = _read(file)
    except CriteriaRefused as refused:
        if not as_json:
            raise
        session.exit_code = exit_code_of(refused)
        faults = [{"place": f.place, "found": f.found, "expected": f.expected} for f in refused.faults]
        say_json({"valid": False, "faults": faults})
        return
    answer = {"valid": True, "id": found.id, "version": found.version, "fingerprint": found.fingerprint}
    if as_json:
        say_json(answer)
    else:
        say(f"{file} is valid: {found.id}@{found.version}, fingerprint {found.fingerprint}")


@criteria.command()
@click.argument("file", type=click.Path(path_type=Path))
@in_session
def publish(session: Session, file: Path) -> None:
    """Publish a document: an event in the log. The same id and version with other content is refused."""
    found = _read(file)
    with session.registry() as registry:
        fresh = publish_set(registry, found)
    said = "published" if fresh else "is published already"
    say(f"{found.id}@{found.version} {said}, fingerprint {found.fingerprint}")


def _read(file: Path) -> CriteriaFile:
    if not file.is_file():
        raise NotFound(f"{file}: {'not a file' if file.exists() else 'there is no such file'}")
    return read_criteria(file.read_bytes(), file.name)


def publish_set(registry: Registry, file: CriteriaFile) -> bool:
    """Publishes a document and makes it known; false if the registry knows it already. Raises VersionTaken."""
    _catch_up(registry)
    name = f"{file.id}@{file.version}"
    with registry.reading() as snapshot:
        known = catalogue.find_criteria(UnitOfWork(snapshot), name)
    if known is not None and known.fingerprint != file.fingerprint:
        raise VersionTaken(name)
    if known is not None or not append_publication(registry.decisions, file, registry.clock):
        return False
    _catch_up(registry)
    with registry.reading() as snapshot:
        standing = catalogue.get_criteria(UnitOfWork(snapshot), name)
    if standing.fingerprint != file.fingerprint:  # somebody else's came first, and Kafka does not tell
        raise VersionTaken(name)
    return True


def _catch_up(registry: Registry) -> None:
    with registry.begin() as uow:
        catalogue.catch_up(uow, registry.decisions)
        uow.commit()
