"""The command for what a centre should look at: `queries list`."""

from __future__ import annotations

from typing import Any

import click

from hepledger.cli.output import progress, say, say_json
from hepledger.cli.session import Session, in_session, json_option
from hepledger.reporting import queries as reads
from hepledger.reporting.fact_rows import content_of, in_short
from hepledger.reporting.subjects import DataQuery, Extent
from hepledger.reporting.text_table import aligned
from hepledger.state.facts import uuid_text

_SHOWN = ("centre", "patient", "identity", "type", "occurred_at", "said", "problem", "event_id")


def add_to(group: click.Group) -> None:
    """Adds the commands of this module."""
    group.add_command(queries)


@click.group()
def queries() -> None:
    """What a centre should look at: results outside plausible limits, and versions that contradict each other."""


@queries.command("list")
@click.option("--centre", metavar="CODE", help="Only this centre.")
@json_option
@in_session
def list_queries(session: Session, centre: str | None, as_json: bool) -> None:
    """List the open queries, by centre and patient."""
    with session.registry() as registry, registry.reading() as snapshot:
        everyone = reads.patients(snapshot, Extent(registry.reported.heads()))
        asked = [who for who in everyone if centre in (None, who.centre)]
        with progress("reading", len(asked)) as tell:
            open_ones = []
            for group in reads.in_groups(asked):
                open_ones += [_query(query) for query in reads.data_queries(snapshot, group)]
                tell(len(group))
    if as_json:
        say_json(open_ones)
        return
    say(
        aligned(
            ("centre", "patient", "identity", "type", "about", "said", "problem", "event"),
            (tuple(q[name] for name in _SHOWN) for q in open_ones),
        )
    )


def _query(query: DataQuery) -> dict[str, Any]:
    return {
        "centre": query.who.centre,
        "patient": query.who.patient,
        "type": query.fact.type,
        "identity": query.fact.identity,
        "occurred_at": query.fact.occurred_at,
        "said": in_short(query.fact),
        "problem": query.problem,
        "event_id": uuid_text(query.fact.event_id),
        "content": content_of(query.fact),
    }
