"""The demonstration from end to end: made-up centres' files go in, response categories and relapses come out."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from hepledger.bootstrap import Registry
from hepledger.config import DATABASE_FILE, SQLITE
from hepledger.demo.answers import comparison_lines, published_lines, relapse_lines
from hepledger.demo.centres import UPS
from hepledger.demo.cohort import write
from hepledger.demo.ownership import check_own
from hepledger.demo.six import CENTRE, RELAPSING
from hepledger.demo.taking_in import take_in, taken_lines
from hepledger.log.port import EventLog
from hepledger.projection.consumer import Consumer
from hepledger.projection.relay import relay_all
from hepledger.projection.sets import set_up
from hepledger.state import catalogue
from hepledger_events.codec import decode

Echo = Callable[[str], None]

PUBLISHED: Final = "hegade-2011"
STRICTER: Final = "hegade-2011-strict"
FOLDER: Final = "deliveries"
SENDS_PLAINLY: Final = UPS.code
"""A centre whose files hold nothing that is refused."""
PAGE: Final = 1_000


def run(registry: Registry, echo: Echo) -> None:
    """Build the demonstration in a registry and tell what comes out, line by line. A second time it finds all in place.

    Raises RegistryHoldsPatients if the registry holds anything else.
    """
    check_own(registry)
    folder = registry.config.home / FOLDER
    _section(echo, "1. Five made-up centres send their files")
    arrivals = write(folder)
    echo(f"{len(arrivals)} files in {folder}. No patient in them is real. Taking them in ...")
    echo("")
    _tell(echo, taken_lines(take_in(registry, arrivals), folder))
    _section(echo, "2. The log is projected under two criteria sets")
    _tell(echo, _project(registry))
    _section(echo, f"3. The published series, and the same table from the six patients of centre {CENTRE}")
    _tell(echo, published_lines(registry, PUBLISHED))
    _section(echo, f"4. One relapse explained: {RELAPSING}, whose dose was halved in complete response")
    _tell(echo, relapse_lines(registry, PUBLISHED))
    _section(echo, f"5. What if the definitions were stricter? {STRICTER} asks 90 days for CR, 2 x ULN for a relapse")
    _tell(echo, comparison_lines(registry, PUBLISHED, STRICTER))
    _section(echo, "What to try next")
    _tell(echo, _next_steps(registry))


def _project(registry: Registry) -> Iterable[str]:
    with registry.begin() as uow:
        known = [catalogue.get_criteria(uow, name) for name in (PUBLISHED, STRICTER)]
        sets = [set_up(uow, each) for each in known]
        uow.commit()
    consumer = Consumer(registry.reported, registry.begin, sets, clock=registry.clock, owner="demo")
    try:
        consumer.claim()
        taken = consumer.drain()
    finally:
        consumer.close()
    yield f"{taken} events taken into {' and '.join(each.id for each in known)}."
    relay_all(registry.begin, registry.derived, registry.clock, "demo")
    published = Counter(_published(registry.derived))
    yield "On the derived stream: " + ", ".join(f"{number} {kind}" for kind, number in sorted(published.items())) + "."
    yield "A relapse is withdrawn when the result it rested on is corrected or taken back; what was said before stays readable."


def _published(log: EventLog) -> Iterator[str]:
    for partition, head in log.heads().items():
        at = log.earliest(partition)
        while at < head:
            entries = log.read(partition, at, PAGE)
            yield from (decode(entry.payload).type for entry in entries)
            at = entries[-1].next_offset


def _next_steps(registry: Registry) -> Iterable[str]:
    config = registry.config
    given = (
        ("--home", str(config.home))
        if config.server is None and config.database.name == DATABASE_FILE
        else ("--database-url", f"{SQLITE}{config.database}" if config.server is None else config.place)
    )
    hepledger = shlex.join(("hepledger", *given))
    files = shlex.join((str(config.home / FOLDER / SENDS_PLAINLY), "--centre", SENDS_PLAINLY))
    for what, command in (
        ("the whole cohort under the published definitions", "report"),
        ("the same as it was known when 2021 ended", "report --as-of 2021-12-31"),
        ("every step of the course above, with each rule that was tried", f"course {RELAPSING} --explain"),
        ("why the stricter definitions call it otherwise", f"course {RELAPSING} --explain --compare {STRICTER}"),
        ("who moves under the stricter definitions, each with the reason", f"compare {PUBLISHED} {STRICTER}"),
        ("every assessment as a table", "export assessments --to assessments.csv"),
        ("the refused records, with their reasons", "quarantine list"),
        ("results that cannot be right, or that contradict each other", "queries list"),
        ("files sent again: they change nothing", f"ingest {files}"),
        ("the hash chain, and the projection against one made from nothing", "verify"),
        ("the same cohort under a guideline of 2022", "project --criteria iaihg-2022"),
        ("and what it makes of it", "report --criteria iaihg-2022"),
    ):
        yield f"  {what}:"
        yield f"    {hepledger} {command}"


def _section(echo: Echo, title: str) -> None:
    echo("")
    echo(title)
    echo("=" * len(title))


def _tell(echo: Echo, lines: Iterable[str]) -> None:
    for line in lines:
        echo(line)
