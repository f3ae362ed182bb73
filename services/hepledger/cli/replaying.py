"""The commands that make projections anew, beside the live ones: `replay` from the histories, `rebuild` from the log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import click

from hepledger.bootstrap import Registry, rebuild_registry
from hepledger.cli.output import note, paced, progress, say, say_json
from hepledger.cli.packing import pack_histories
from hepledger.cli.projecting import check_writers, parked_under
from hepledger.cli.session import Session, in_session, json_option
from hepledger.cli.supervising import LOOK_SECONDS, WorkerFailed, Workers, wait_to_be_told
from hepledger.cli.working import GoingOn, Place, Tell, owner, places_of, sets_named, task_of, work
from hepledger.errors import WrongUsage
from hepledger.projection.replay import Replayer
from hepledger.projection.replay_parking import retry_parked
from hepledger.projection.sets import Projected
from hepledger.state import catalogue, replays
from hepledger.state.unit_of_work import look_on


class ReplayOfTheAnswer(WrongUsage):
    """The registry's answer cannot be replayed, for the world is told of it event by event: `hepledger project` makes it."""


def add_to(group: click.Group) -> None:
    """Adds the commands of this module."""
    group.add_command(replay)
    group.add_command(rebuild)


@click.command()
@click.argument("names", metavar="CRITERIA...", nargs=-1, required=True)
@click.option("--follow", is_flag=True, help="When it is made, go on with what comes until stopped.")
@click.option(
    "--workers", type=click.IntRange(1, 1_000), default=1, help="How many processes; an embedded registry has one."
)
@json_option
@in_session
def replay(session: Session, names: tuple[str, ...], follow: bool, workers: int, as_json: bool) -> None:
    """Make the projection of other criteria from the patients' histories, beside the live one.

    CRITERIA is ID or ID@VERSION; several are made in one scan. What was stopped goes on where it stood when the same command
    is given again. Nothing is told to the world before `hepledger activate`.
    """
    check_writers(session.config, workers)
    with session.registry() as registry:
        sets = _begun(registry, names)
        places = places_of(workers, follow=follow)
        try:
            pack_histories(registry, places)
            patients = _from_histories(registry, sets, places)
            for projected in sets:
                retry_parked(registry.begin, projected, registry.clock)
            events = _from_log(registry, sets, places)
        except WorkerFailed as failed:
            note(f"hepledger: {failed}")
            session.exit_code = failed.code
            return
        parked = parked_under(registry, sets)
    _tell(sets, patients, events, parked, as_json=as_json)


def _begun(registry: Registry, names: Sequence[str]) -> list[Projected]:
    """The sets of the names, each with a replay where it was never projected. Raises CriteriaUnknown, ReplayOfTheAnswer."""
    sets = sets_named(registry, names)
    with registry.begin() as uow:
        active = catalogue.find_active(uow)
        for each in sets:
            partitions = range(registry.reported.partitions)
            begun = replays.begin(uow, each.projection_id, partitions, owner(), registry.now())
            if begun and each.fingerprint == active:
                raise ReplayOfTheAnswer
        uow.commit()
    return sets


def _from_histories(registry: Registry, sets: Sequence[Projected], places: Sequence[Place]) -> int:
    """Gives how many courses were left to be made: a worker that is killed tells of none."""
    left = _left(registry, sets)
    with paced("replaying", left, "histories") as tell:
        if len(places) == 1:
            _go_through(registry, sets, places[0], lambda: True, tell)
        elif _unfinished(registry, sets):
            named = [each.fingerprint for each in sets]
            with Workers(registry.config, named, places, tell, replay_share) as workers:
                workers.wait_until(lambda: not _unfinished(registry, sets))
    return left


def replay_share(registry: Registry, fingerprints: Sequence[str], place: Place, going_on: GoingOn, tell: Tell) -> None:
    """What a worker does: its part of the partitions, and then it waits to be told that everybody is done."""
    _go_through(registry, sets_named(registry, fingerprints), place, going_on, tell)
    wait_to_be_told(going_on)


def _go_through(registry: Registry, sets: Sequence[Projected], place: Place, going_on: GoingOn, tell: Tell) -> None:
    replayer = Replayer(
        registry.reported,
        look_on(registry.engine),
        registry.begin,
        sets,
        clock=registry.clock,
        owner=owner(),
        parked_percent=registry.config.parked_percent,
    )
    replayer.claim(place.partitions_of(registry))
    while going_on() and not replayer.is_done:
        tell(replayer.step())


def _from_log(registry: Registry, sets: Sequence[Projected], places: Sequence[Place]) -> int:
    """What came since, by the ordinary consumer; it has nothing to relay, unless one of the sets is the registry's answer."""
    with task_of(registry, sets, "following the log", follow=places[0].follow) as task:
        if len(places) == 1:
            work(registry, sets, places[0], task.going_on, task.tell)
        elif task.going_on():
            with Workers(registry.config, [each.fingerprint for each in sets], places, task.tell) as workers:
                while task.going_on():
                    workers.look(LOOK_SECONDS)
    return task.taken


def _unfinished(registry: Registry, sets: Sequence[Projected]) -> bool:
    with look_on(registry.engine)() as view:
        return not replays.unfinished(view).isdisjoint(each.fingerprint for each in sets)


def _left(registry: Registry, sets: Sequence[Projected]) -> int:
    """How many times a patient is still to be taken through a set."""
    mine = {each.fingerprint for each in sets}
    with look_on(registry.engine)() as view:
        return sum(each.patients - each.done for each in replays.progress(view) if each.fingerprint in mine)


def _tell(sets: Sequence[Projected], courses: int, events: int, parked: Mapping[str, int], *, as_json: bool) -> None:
    if as_json:
        listed = [{"criteria": each.criteria, "fingerprint": each.fingerprint} for each in sets]
        say_json({"sets": listed, "courses": courses, "events": events, "parked_patients": parked})
        return
    named = ", ".join(each.criteria for each in sets)
    made = f"{courses} courses derived from the histories under {named}" if courses else f"projected before: {named}"
    say(f"{made}; {events} events taken in from the log since")
    for criteria, number in parked.items():
        note(f"note: {number} patients are parked under {criteria}: see `hepledger parked list`")


@click.command()
@json_option
@in_session
def rebuild(session: Session, as_json: bool) -> None:
    """Derive everything anew from the log, beside what is stored, and exchange it in one step.

    It takes as long as projecting the whole log; workers may go on meanwhile, and are stopped by the exchange.
    """
    with session.registry() as registry:
        done = rebuild_registry(registry, progress)
    if as_json:
        say_json({"events": done.events, "sets": done.sets, "orphaned_announcements": done.orphans})
        return
    say(
        f"{done.events} events taken in anew under {', '.join(done.sets) or 'no criteria set'}; the state was exchanged"
    )
    if done.orphans:
        note(
            f"note: {done.orphans} published changes or relapses are not believed any more, for what was stored was not what"
            " the log says: tell whoever reads the derived stream"
        )
