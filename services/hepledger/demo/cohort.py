"""The demonstration cohort: five made-up centres, 240 made-up patients, and the files in which the centres sent them.

The same bytes on every machine and every day. Files go in by the same door as those of real centres.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from hepledger.demo.blunders import blunders
from hepledger.demo.cases import case
from hepledger.demo.centres import CENTRES, GUT, Centre
from hepledger.demo.laboratory import results_of
from hepledger.demo.letters import Sent, letters_about
from hepledger.demo.six import letters_of_the_six, six
from hepledger.demo.spreadsheets import mapping_file, spreadsheets

PATIENTS_PER_CENTRE: Final = 48
FIRST_DELIVERY: Final = date(2019, 1, 1)
LAST_DELIVERY: Final = date(2024, 12, 31)
"""What a centre was slow to send comes with the last delivery at the latest."""
SERIES_FILE: Final = "tacrolimus-series.ndjson"
MAPPING_FILE: Final = "mapping.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveredFile:
    """One file as it arrived, and the day it arrived."""

    name: str
    on: date
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class CentreDelivery:
    """All that one centre sent, in the order it arrived; ``mapping`` is what reads its spreadsheets, if it sends any."""

    centre: str
    title: str
    files: tuple[DeliveredFile, ...]
    mapping: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A delivered file on disk, and the mapping file that reads it, if it needs one."""

    centre: str
    path: Path
    on: date
    mapping: Path | None


def cohort() -> list[CentreDelivery]:
    """What the five centres sent."""
    return [_delivery(centre) for centre in CENTRES]


def write(folder: Path) -> list[Arrival]:
    """Write the cohort's files below a folder, one folder for each centre. Gives them in the order they arrived."""
    arrivals: list[Arrival] = []
    for delivery in cohort():
        home = folder / delivery.centre
        home.mkdir(parents=True, exist_ok=True)
        mapping = None if delivery.mapping is None else home / MAPPING_FILE
        if mapping is not None and delivery.mapping is not None:
            mapping.write_bytes(delivery.mapping)
        for file in delivery.files:
            (home / file.name).write_bytes(file.content)
            arrivals.append(Arrival(centre=delivery.centre, path=home / file.name, on=file.on, mapping=mapping))
    return sorted(arrivals, key=lambda arrival: arrival.on)


def series_file() -> DeliveredFile:
    """The file in which the first centre sent its six patients on tacrolimus; it arrived before all others."""
    return DeliveredFile(name=SERIES_FILE, on=FIRST_DELIVERY, content=_ndjson(_in_order(letters_of_the_six())))


def _delivery(centre: Centre) -> CentreDelivery:
    files = [file for half_year in _half_years(_sent_by(centre)) for file in _files(centre, *half_year)]
    return CentreDelivery(
        centre=centre.code,
        title=centre.title,
        files=(series_file(), *files) if centre is GUT else tuple(files),
        mapping=mapping_file() if centre.tells_semicolons else None,
    )


def _sent_by(centre: Centre) -> Iterator[Sent]:
    others = PATIENTS_PER_CENTRE - (len(six()) if centre is GUT else 0)
    for number in range(1, others + 1):
        person = case(centre, number)
        yield from letters_about(person)
        yield from results_of(person, centre)
    yield from blunders(centre.code)


def _half_years(sent: Iterable[Sent]) -> Iterator[tuple[date, list[Sent]]]:
    """What was sent, by the half-year whose end it arrived at."""
    batches: dict[date, list[Sent]] = {}
    for each in _in_order(sent):
        on = min(each.on, LAST_DELIVERY)
        end = date(on.year, 6, 30) if on.month <= 6 else date(on.year, 12, 31)
        batches.setdefault(end, []).append(each)
    yield from sorted(batches.items())


def _in_order(sent: Iterable[Sent]) -> list[Sent]:
    return sorted(sent, key=lambda each: each.on)


def _files(centre: Centre, end: date, sent: list[Sent]) -> Iterator[DeliveredFile]:
    name = f"{end.year}-H{1 if end.month == 6 else 2}"
    if centre.tells_semicolons:
        for sheet, content in sorted(spreadsheets(sent).items()):
            yield DeliveredFile(name=f"{sheet}_{name}.csv", on=end, content=content)
        return
    content = _ndjson(sent)
    yield DeliveredFile(name=f"{name}.ndjson", on=end, content=content)
    if centre.sends_twice:
        yield DeliveredFile(name=f"{name}-again.ndjson", on=end, content=content)


def _ndjson(sent: Iterable[Sent]) -> bytes:
    return "".join(json.dumps(each.submission, ensure_ascii=False) + "\n" for each in sent).encode()
