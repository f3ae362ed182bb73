"""Commands for patients that a projection could not go on with: `parked list`, `show`, `retry`."""

from __future__ import annotations

from typing import Any

import click

from hepledger.bootstrap import Registry
from hepledger.cli.output import say, say_json
from hepledger.cli.session import Session, in_session, json_option
from hepledger.cli.working import owner, projected_sets
from hepledger.errors import InputRefused, NotFound, WrongUsage, exit_code_of
from hepledger.projection.relay import relay_all
from hepledger.projection.retry import Retried, retry
from hepledger.reporting import queries
from hepledger.reporting.subjects import ParkedPatient
from hepledger.reporting.text_table import aligned
from hepledger.state import parked as parked_events
from hepledger.state.facts import uuid_text
from hepledger.state.parked import Parked
from hepledger.state.unit_of_work import UnitOfWork

REFUSED = exit_code_of(InputRefused())


def add_to(group: click.Group) -> None:
    """Adds the commands of this module."""
    group.add_command(parked)


@click.group()
def parked() -> None:
    """Patients whose events could not be taken in; nothing of them is skipped, and other patients go on."""


@parked.command("list")
@json_option
@in_session
def list_patients(session: Session, as_json: bool) -> None:
    """List the parked patients with the reason."""
    with session.registry() as registry:
        waiting = _parked_patients(registry, None)
    if as_json:
        say_json([_patient(each) for each in waiting])
        return
    say(
        aligned(
            ("patient", "criteria", "version", "events", "partition", "offset", "since", "reason"),
            (
                (*(p.key, p.criteria, p.version, p.events, p.partition, p.offset), f"{p.parked_at:%Y-%m-%d}", p.reason)
                for p in waiting
            ),
        )
    )


def _parked_patients(registry: Registry, patient: str | None) -> list[ParkedPatient]:
    with registry.reading() as snapshot:
        waiting = queries.parked_patients(snapshot)
    if patient is None:
        return waiting
    mine = [each for each in waiting if patient in (each.key, each.key.partition("/")[2])]
    if not mine:
        raise NotFound(f"{patient} is not parked")
    if len({each.key for each in mine}) > 1:
        raise WrongUsage(f"several centres have a patient {patient}: say {' or '.join(each.key for each in mine)}")
    return mine


def _patient(waiting: ParkedPatient) -> dict[str, Any]:
    return {
        "patient": waiting.key,
        "criteria": waiting.criteria,
        "version": waiting.version,
        "events": waiting.events,
        "partition": waiting.partition,
        "offset": waiting.offset,
        "event_id": uuid_text(waiting.event_id),
        "parked_at": waiting.parked_at,
        "reason": waiting.reason,
    }


@parked.command()
@click.argument("patient")
@json_option
@in_session
def show(session: Session, patient: str, as_json: bool) -> None:
    """Show the events of a parked patient, in the order of the log, as they came."""
    with session.registry() as registry:
        waiting = _parked_patients(registry, patient)
        with registry.reading() as snapshot:
            found = {
                f"{each.criteria}@{each.version}": parked_events.waiting(
                    UnitOfWork(snapshot), each.projection_id, each.key
                )
                for each in waiting
            }
    if as_json:
        say_json({name: [_event(event) for event in events] for name, events in found.items()})
        return
    for name, events in found.items():
        say(f"under {name}:")
        say(line for event in events for line in (f"  offset {event.offset}: {event.reason}", f"    {_payload(event)}"))


def _event(event: Parked) -> dict[str, Any]:
    return {
        "partition": event.partition,
        "offset": event.offset,
        "event_id": uuid_text(event.event_id),
        "reason": event.reason,
        "parked_at": queries.moment(event.parked_at),
        "payload": _payload(event),
    }


def _payload(event: Parked) -> str:
    return event.payload.decode(errors="backslashreplace")


@parked.command("retry")
@click.argument("patient", required=False)
@click.option("--all", "everyone", is_flag=True, help="Every parked patient.")
@json_option
@in_session
def retry_patients(session: Session, patient: str | None, everyone: bool, as_json: bool) -> None:
    """Take the events of a parked patient in after all, in order, as far as that goes."""
    if (patient is None) != everyone:
        raise WrongUsage("say which patient, or --all of them")
    with session.registry() as registry:
        outcomes = [(each, _retried(registry, each)) for each in _parked_patients(registry, patient)]
        relay_all(registry.begin, registry.derived, registry.clock, owner())
    session.exit_code = REFUSED if any(outcome.left for _, outcome in outcomes) else 0
    if as_json:
        say_json([{**_patient(p), "taken": o.taken, "left": o.left, "reason": o.reason} for p, o in outcomes])
        return
    for each, outcome in outcomes:
        left = f"; {outcome.left} left: {outcome.reason}" if outcome.left else ""
        say(f"{each.key} under {each.criteria}@{each.version}: {outcome.taken} events taken in{left}")


def _retried(registry: Registry, waiting: ParkedPatient) -> Retried:
    (projected,) = projected_sets(registry, [f"{waiting.criteria}@{waiting.version}"])
    return retry(registry.begin, projected, waiting.key, registry.clock)
