"""The command that runs the consumers: `project`."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any

import click

from hepledger.bootstrap import Registry
from hepledger.cli.output import note, progress, say, say_json
from hepledger.cli.session import Session, in_session, json_option
from hepledger.errors import NotInThisVersion
from hepledger.projection.consumer import Consumer, Habits
from hepledger.projection.relay import relay_all
from hepledger.projection.sets import Projected, set_up
from hepledger.reporting import queries
from hepledger.state import catalogue
from hepledger.state.catalogue import KnownCriteria
from hepledger.state.unit_of_work import UnitOfWork

Tell = Callable[[int], None]


def add_to(group: click.Group) -> None:
    """Adds the commands of this module."""
    group.add_command(project)


@click.command()
@click.option("--criteria", "names", multiple=True, metavar="ID", help="ID or ID@VERSION; may be given several times.")
@click.option("--follow", is_flag=True, help="Go on until stopped.")
@click.option("--workers", type=click.IntRange(1), default=1, help="How many processes; an embedded registry has one.")
@json_option
@in_session
def project(session: Session, names: tuple[str, ...], follow: bool, workers: int, as_json: bool) -> None:
    """Take what is in the log into the courses.

    Without --criteria: under the active set and every set already projected.
    """
    if workers > 1:
        raise NotInThisVersion("an embedded registry has one writer: --workers 1")
    with session.registry() as registry:
        sets = projected_sets(registry, names)
        work = _follow if follow else drain
        events, relayed = work(registry, sets)
        parked = _parked(registry, sets)
    if as_json:
        listed = [{"criteria": each.criteria, "fingerprint": each.fingerprint} for each in sets]
        say_json({"events": events, "relayed": relayed, "sets": listed, "parked_patients": parked})
        return
    say(
        f"{events} events taken in under {', '.join(each.criteria for each in sets)}; {relayed} derived events published"
    )
    for criteria, number in parked.items():
        note(f"note: {number} patients are parked under {criteria}: see `hepledger parked list`")


def projected_sets(registry: Registry, names: Sequence[str]) -> list[Projected]:
    """The sets of the names, or the active one and all that were ever projected. Raises CriteriaUnknown."""
    with registry.begin() as uow:
        catalogue.catch_up(uow, registry.decisions)
        known = [catalogue.get_criteria(uow, name) for name in names] or _standing(uow)
        sets = [set_up(uow, each) for each in {each.fingerprint: each for each in known}.values()]
        uow.commit()
    return sets


def _standing(uow: UnitOfWork) -> list[KnownCriteria]:
    return [catalogue.get_active(uow), *catalogue.projected(uow)]


def drain(registry: Registry, sets: Sequence[Projected]) -> tuple[int, int]:
    """Takes in all that the log holds now; gives the number of events, and of derived events published."""
    with _consuming(registry, sets) as consumer, progress("projecting", _waiting(registry, sets)) as tell:
        events = consumer.drain(tell)
    return events, relay_all(registry.begin, registry.derived)


def _follow(registry: Registry, sets: Sequence[Projected]) -> tuple[int, int]:
    taken = [0, relay_all(registry.begin, registry.derived)]

    def tell(events: int) -> None:
        taken[0] += events
        taken[1] += relay_all(registry.begin, registry.derived) if events else 0

    with _consuming(registry, sets) as consumer, until_stopped() as going_on:
        consumer.follow(going_on, tell)
    return taken[0], taken[1]


@contextmanager
def _consuming(registry: Registry, sets: Sequence[Projected]) -> Iterator[Consumer]:
    config = registry.config
    consumer = Consumer(
        registry.reported,
        registry.begin,
        sets,
        clock=registry.clock,
        owner=f"{socket.gethostname()}:{os.getpid()}",
        habits=Habits(limit=config.batch_size, parked_percent=config.parked_percent),
    )
    try:
        consumer.claim()
        yield consumer
    finally:
        consumer.close()


@contextmanager
def until_stopped() -> Iterator[Callable[[], bool]]:
    """Yields whether to go on: until SIGTERM or SIGINT. A second one stops at once; what is not committed is rolled back."""
    stopped: list[int] = []

    def stop(number: int, _frame: FrameType | None) -> None:
        if stopped:
            raise KeyboardInterrupt
        stopped.append(number)

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield lambda: not stopped
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _waiting(registry: Registry, sets: Sequence[Projected]) -> int:
    """How many events are to be read: those of the log from the lowest checkpoint on."""
    with registry.reading() as snapshot:
        standing = [queries.next_offsets(snapshot, each.projection_id) for each in sets]
    heads = registry.reported.heads()
    return sum(head - min((at.get(partition, 0) for at in standing), default=0) for partition, head in heads.items())


def _parked(registry: Registry, sets: Sequence[Projected]) -> Mapping[str, Any]:
    with registry.reading() as snapshot:
        parked = queries.parked_counts(snapshot)
    return {each.criteria: parked[each.fingerprint] for each in sets if parked[each.fingerprint]}
