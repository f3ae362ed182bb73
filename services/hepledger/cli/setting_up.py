"""Commands that make a registry: `init`, `migrate`, `demo`."""

from __future__ import annotations

import click

from hepledger import demo as demonstration
from hepledger.bootstrap import create_registry, migrate_registry
from hepledger.cli.output import say
from hepledger.cli.session import Session, in_session


def add_to(group: click.Group) -> None:
    """Adds the commands of this module."""
    for command in (init, migrate, demo):
        group.add_command(command)


@click.command()
@in_session
def init(session: Session) -> None:
    """Create the registry; one that is there already is left as it is."""
    created = create_registry(session.config, session.clock)
    say(f"{'created' if created else 'already there:'} {session.config.place}")


@click.command()
@in_session
def migrate(session: Session) -> None:
    """Upgrade the database to this version of hepledger."""
    before, after = migrate_registry(session.config, session.clock)
    say(f"{session.config.place} is at {after}" + ("" if before == after else f", before at {before or 'nothing'}"))


@click.command()
@in_session
def demo(session: Session) -> None:
    """Build a registry from a synthetic cohort and show what comes out."""
    create_registry(session.config, session.clock)
    with session.registry() as registry:
        demonstration.run(registry, say)
