"""Commands about the log itself: `log create`, `log anchor`."""

from __future__ import annotations

from pathlib import Path

import click

from hepledger.bootstrap import create_log
from hepledger.cli.anchoring import write_anchor
from hepledger.cli.output import say
from hepledger.cli.session import Session, in_session

PARTITIONS = 24  # once and for all: enough workers for a network of centres, and cheap where there are fewer


def add_to(group: click.Group) -> None:
    """Adds the commands of this module."""
    group.add_command(log)


@click.group()
def log() -> None:
    """The log of events."""


@log.command()
@click.option(
    "--partitions",
    type=click.IntRange(1, 1_000),
    help=f"How many partitions a patient stream has, for good: no more workers can share it (default {PARTITIONS}).",
)
@click.option("--replication", type=click.IntRange(1, 10), help="On how many brokers each event stands (default 1).")
@in_session
def create(session: Session, partitions: int | None, replication: int | None) -> None:
    """Create the topics of a log on Kafka, kept forever; those that are there already are left as they are."""
    config = session.config
    wanted = partitions or config.partitions_set or PARTITIONS
    for name, count, created in create_log(config, wanted, replication or config.replication):
        say(f"{'created' if created else 'already there:'} {name}, {count} partition{'' if count == 1 else 's'}")


@log.command()
@click.option(
    "--to", "file", required=True, type=click.Path(path_type=Path), help="A file to be kept away from the registry."
)
@in_session
def anchor(session: Session, file: Path) -> None:
    """Write down where the log in the database stands: offset and hash of every partition, for `verify --anchor`.

    Keep the file where nobody who can change the database can change it.
    """
    with session.registry() as registry:
        taken = write_anchor(registry, file, session.clock())
    for mark in taken.marks:
        say(f"{mark.stream}, partition {mark.partition}: {mark.head.next_offset} events, {mark.head.chain_hash.hex()}")
    say(f"written to {file}: keep it where nobody who can change the database can change it")
