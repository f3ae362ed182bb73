"""The commands that run the consumers and the relay: `project` and `relay`."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

import click

from hepledger.bootstrap import Registry
from hepledger.cli.output import note, say, say_json
from hepledger.cli.packing import pack_histories
from hepledger.cli.session import Session, in_session, json_option
from hepledger.cli.supervising import LOOK_SECONDS, WorkerFailed, supervise
from hepledger.cli.working import Place, places_of, projected_sets, relaying, task_of, until_stopped, work
from hepledger.config import Config
from hepledger.errors import WrongUsage
from hepledger.projection.outage import Outage
from hepledger.projection.relay import relay_while
from hepledger.projection.sets import Projected
from hepledger.reporting import queries


def add_to(group: click.Group) -> None:
    """Adds the commands of this module."""
    group.add_command(project)
    group.add_command(relay)


@click.command()
@click.option("--criteria", "names", multiple=True, metavar="ID", help="ID or ID@VERSION; may be given several times.")
@click.option("--follow", is_flag=True, help="Go on until stopped.")
@click.option(
    "--workers", type=click.IntRange(1, 1_000), default=1, help="How many processes; an embedded registry has one."
)
@json_option
@in_session
def project(session: Session, names: tuple[str, ...], follow: bool, workers: int, as_json: bool) -> None:
    """Take what is in the log into the courses.

    Without --criteria: under the active set and every set already projected. With --follow it goes on until SIGTERM or
    Ctrl-C, and then finishes the batch in hand; a second one stops at once.
    """
    check_writers(session.config, workers)
    with session.registry() as registry:
        sets = projected_sets(registry, names)
        places = places_of(workers, follow=follow)
        try:
            events, relayed = run(registry, sets, places)
        except WorkerFailed as failed:
            note(f"hepledger: {failed}")
            session.exit_code = failed.code
            return
        parked = parked_under(registry, sets)
    if as_json:
        listed = [{"criteria": each.criteria, "fingerprint": each.fingerprint} for each in sets]
        say_json({"events": events, "relayed": relayed, "sets": listed, "parked_patients": parked})
        return
    say(
        f"{events} events taken in under {', '.join(each.criteria for each in sets)}; {relayed} derived events published"
    )
    for criteria, number in parked.items():
        note(f"note: {number} patients are parked under {criteria}: see `hepledger parked list`")


@click.command()
@click.option("--follow", is_flag=True, help="Go on until stopped; while another relay is at work, stand by.")
@in_session
def relay(session: Session, follow: bool) -> None:
    """Publish the derived events that wait. Whoever projects does so too; of several relays one is at work."""
    with (
        session.registry() as registry,
        relaying(registry, by_force=not follow) as relay,
    ):
        if follow:
            outage = Outage(session.config.outage_seconds, time.sleep, note)
            with until_stopped() as going_on:
                relay_while(going_on, relay, outage, time.sleep, LOOK_SECONDS)
        else:
            relay.publish_all()
    say(f"{relay.published} derived events published")


def run(registry: Registry, sets: Sequence[Projected], places: Sequence[Place] = (Place(),)) -> tuple[int, int]:
    """Takes in what the log holds now and packs the histories, or goes on; gives the number of events, and of derived events published."""
    follow = places[0].follow
    with (
        relaying(registry, by_force=not follow) as relay,
        task_of(registry, sets, "projecting", follow=follow) as task,
    ):
        if len(places) == 1:
            work(registry, sets, places[0], task.going_on, task.tell, relay)
        else:
            supervise(registry, sets, places, task.going_on, task.tell, relay)
        relay.publish_all()
    if not follow:
        pack_histories(registry, places)
    return task.taken, relay.published


def check_writers(config: Config, workers: int) -> None:
    """Raises WrongUsage where several workers would be in each other's way."""
    if workers > 1 and config.server is None:
        raise WrongUsage(
            "an embedded registry has one writer: --workers 1, or a registry on PostgreSQL (--database-url)"
        )


def parked_under(registry: Registry, sets: Sequence[Projected]) -> Mapping[str, int]:
    """How many patients are parked under each of the sets that parks any."""
    with registry.reading() as snapshot:
        parked = queries.parked_counts(snapshot)
    return {each.criteria: parked[each.fingerprint] for each in sets if parked[each.fingerprint]}
