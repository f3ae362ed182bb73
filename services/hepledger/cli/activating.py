"""The commands that say under which criteria the registry answers: `activate` and `rollback`."""

from __future__ import annotations

import click

from hepledger.bootstrap import Registry
from hepledger.cli.output import say, say_json
from hepledger.cli.session import Session, in_session, json_option
from hepledger.cli.working import relaying
from hepledger.projection.activation import Activated, roll_back
from hepledger.projection.activation import activate as make_active
from hepledger.state import catalogue


def add_to(group: click.Group) -> None:
    """Adds the commands of this module."""
    group.add_command(activate)
    group.add_command(rollback)


@click.command()
@click.argument("name", metavar="CRITERIA")
@json_option
@in_session
def activate(session: Session, name: str, as_json: bool) -> None:
    """Let another criteria set be the registry's answer, and tell the world whose present state differs.

    CRITERIA is ID or ID@VERSION. Its projection must have come as far as the present answer's. History is not told again.
    """
    with session.registry() as registry:
        with registry.begin() as uow:
            catalogue.catch_up(uow, registry.decisions)
            known = catalogue.get_criteria(uow, name)
            uow.commit()
        done = make_active(registry.begin, known, registry.clock)
        _tell(done, _published(registry), as_json=as_json)


@click.command()
@json_option
@in_session
def rollback(session: Session, as_json: bool) -> None:
    """Let that be the registry's answer again which was before the last change of it."""
    with session.registry() as registry:
        done = roll_back(registry.begin, registry.clock)
        _tell(done, _published(registry), as_json=as_json)


def _published(registry: Registry) -> int:
    """What waits goes out, unless another relay is at work, which then does it."""
    with relaying(registry, by_force=False) as relay:
        relay.publish_all()
    return relay.published


def _tell(done: Activated, published: int, *, as_json: bool) -> None:
    if as_json:
        say_json(
            {
                "active": done.now.name,
                "previous": done.before.name,
                "activation": done.number,
                "differences": done.differences,
                "published": published,
            }
        )
        return
    say(f"{done.now.name} is the registry's answer now; before it was {done.before.name}")
    told = f"{published} derived events published" if published else "told by the relay that is at work"
    say(f"patients whose present state differs: {done.differences}; {told}")
