"""The seventeen sites of the pilot study, taken into a registry and exported, with a clock that ticks alike in every registry.

So that two registries hold the same events, and what they export can be compared byte by byte.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from hepledger.bootstrap import Registry, create_log, create_registry, open_registry
from hepledger.cli.asking import asking
from hepledger.cli.intake import door_of
from hepledger.cli.projecting import run
from hepledger.cli.working import projected_sets
from hepledger.config import Config
from hepledger.intake.doors import IngestRequest
from hepledger.intake.ingest import ingest
from hepledger.intake.mapping import load_mapping
from hepledger.projection.sets import Projected
from hepledger.reporting import queries
from hepledger.reporting.columns import COLUMNS, What
from hepledger.reporting.exports import rows_of
from hepledger.reporting.fact_rows import fact_rows
from hepledger.reporting.writers import write_table

ACCEPTANCE = Path(__file__).parents[1] / "acceptance"
SITES = Path(os.environ.get("HEPLEDGER_SHARED_DATA", ACCEPTANCE.parents[2] / "shared" / "data")) / "cdisc-pilot"
SETS = ("hegade-2011", "iaihg-2022", "ctcae-v5-alt")
FIRST = datetime(2025, 1, 1, tzinfo=UTC)

Clock = Callable[[], datetime]


def ticking() -> Clock:
    """A second later every time it is asked."""
    ticks = count()
    return lambda: FIRST + timedelta(seconds=next(ticks))


def take_in_sites(registry: Registry) -> int:
    """Every site's files; gives the number of events appended."""
    mapping = load_mapping(ACCEPTANCE / "mappings" / "cdisc.toml")
    appended = 0
    for site in sorted(SITES.glob("site-*")):
        request = IngestRequest(centre=site.name.removeprefix("site-"), mapping=mapping)
        appended += ingest(door_of(registry), [site], request).total("appended")
    return appended


def exported(registry: Registry, folder: Path) -> dict[str, bytes]:
    """Every table under every set, as the bytes of its file."""
    folder.mkdir()
    return {
        f"{what} under {name}": _export(registry, what, name, folder / f"{what}-{name}.csv")
        for what in What
        for name in SETS
    }


def _export(registry: Registry, what: What, name: str, file: Path) -> bytes:
    with asking(registry, name, None) as asked:
        everyone = queries.patients(asked.snapshot, asked.extent)
        rows = (
            fact_rows(asked.snapshot, everyone, asked.extent) if what is What.FACTS else rows_of(what, asked, everyone)
        )
        write_table(file, COLUMNS[what], rows)
    return file.read_bytes()


@contextmanager
def new_registry(config: Config) -> Iterator[tuple[Registry, list[Projected]]]:
    """A registry of these settings with nothing in it, and its sets."""
    clock = ticking()
    if config.kafka is not None:
        create_log(config, config.partitions, 1)
    create_registry(config, clock)
    with open_registry(config, clock) as registry:
        yield registry, projected_sets(registry, SETS)


def exports_of(config: Config, folder: Path) -> Mapping[str, bytes]:
    """What a new registry of these settings exports after it took the sites in."""
    with new_registry(config) as (registry, sets):
        take_in_sites(registry)
        run(registry, sets)
        return exported(registry, folder)
