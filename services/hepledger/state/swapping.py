"""Everything that consumers remember, exchanged for what another database holds, within one transaction of this one.

Numbers of patients and projections are each database's own, so that rows are renumbered on the way. What told the world of a
belief comes along where the belief is the same; what waits to be told, decisions and refused input are left as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any, Final

from sqlalchemy import Table, delete, func, select, update

from hepledger.state import bulk, packs, patients
from hepledger.state.unit_of_work import UnitOfWork
from hepledger.tables import (
    checkpoint,
    course,
    data_query,
    episode,
    fact,
    landmark,
    parked,
    patient,
    projection,
    transition,
)

AT_ONCE: Final = 10_000
REMEMBERED: Final = (fact, course, transition, episode, landmark, data_query, parked)
TOLD: Final[Mapping[Table, tuple[str, ...]]] = {
    transition: ("confirmed_day", "known_from", "from_state", "to_state", "onset_day", "evidence"),
    episode: ("opened_day", "known_from", "onset_day", "evidence"),
}
"""Beliefs that the world is told of, and what makes two of one patient the same."""

Numbers = Mapping[int, int]
Tell = Callable[[int], None]


def lock(uow: UnitOfWork) -> None:
    """Let nobody move, claim or begin a projection until the end of the transaction; what is being written is waited for."""
    uow.connection.execute(select(projection).order_by(projection.c.projection_id).with_for_update()).all()
    ordered = select(checkpoint).order_by(checkpoint.c.projection_id, checkpoint.c.partition)
    uow.connection.execute(ordered.with_for_update()).all()


def swap(live: UnitOfWork, other: UnitOfWork, projections: Numbers, now: int, tell: Tell = lambda _: None) -> int:
    """Take over what the other database holds of the projections (their number there → here), and fence every worker.

    Gives the number of announcements that tell of nothing any more. ``tell`` hears how many rows were copied; ``now`` is µs
    since 1970 UTC.
    """
    before = _announced(live)
    _take_along(live, other, {here: there for there, here in projections.items()})
    packs.forget_all(live)
    for table in (*REMEMBERED, patient):
        live.connection.execute(delete(table))
    numbers = _renumbered(live, other)
    for table in REMEMBERED:
        _copy(live, other, table, projections, numbers, tell)
    live.connection.execute(update(checkpoint).values(epoch=checkpoint.c.epoch + 1, updated_at=now))
    return before - _announced(live)


def size(uow: UnitOfWork) -> int:
    """How many rows there are to be copied."""
    return sum(uow.connection.execute(select(func.count()).select_from(table)).scalar_one() for table in REMEMBERED)


def _announced(uow: UnitOfWork) -> int:
    counts = (select(func.count()).where(table.c.announced_id.is_not(None)) for table in TOLD)
    return sum(uow.connection.execute(asked).scalar_one() for asked in counts)


def _take_along(live: UnitOfWork, other: UnitOfWork, projections: Numbers) -> None:
    theirs = {key: number for number, key in _named(other)}
    patient_of = {number: theirs[key] for number, key in _named(live) if key in theirs}
    for table, same in TOLD.items():
        asked = select(*table.c["announced_id", "projection_id", "patient_id", *same])
        told = bulk.stream(live.connection, asked.where(table.c.announced_id.is_not(None)))
        rows = (
            (row[0], projections[row[1]], there, *row[3:])
            for row in told
            if (there := patient_of.get(row[2])) is not None and row[1] in projections
        )
        for page in _pages(rows):
            bulk.update(other.connection, table, ("announced_id",), ("projection_id", "patient_id", *same), page)


def _named(uow: UnitOfWork) -> Iterator[tuple[int, str]]:
    asked = select(*patient.c["patient_id", "centre", "patient"])
    for number, centre, name in bulk.stream(uow.connection, asked):
        yield number, f"{centre}/{name}"


def _renumbered(live: UnitOfWork, other: UnitOfWork) -> dict[int, int]:
    """Their numbers of patients → ours, given out anew in the same order."""
    asked = select(*patient.c["patient_id", "centre", "patient", "partition"]).order_by(patient.c.patient_id)
    numbers: dict[int, int] = {}
    for page in _pages(tuple(row) for row in bulk.stream(other.connection, asked)):
        keys = {f"{centre}/{name}": (number, partition) for number, centre, name, partition in page}
        given = patients.number(live, {key: partition for key, (_, partition) in keys.items()})
        numbers.update((number, given[key]) for key, (number, _) in keys.items())
    return numbers


def _copy(
    live: UnitOfWork, other: UnitOfWork, table: Table, projections: Numbers, numbers: Numbers, tell: Tell
) -> None:
    names = tuple(column.name for column in table.columns)
    anew = {"projection_id": projections, "patient_id": numbers}
    renumbered = {names.index(name): by for name, by in anew.items() if name in names}
    ordered = select(table).order_by(*table.primary_key.columns)
    for page in _pages(_mapped(row, renumbered) for row in bulk.stream(other.connection, ordered)):
        bulk.insert(live.connection, table, names, page)
        tell(len(page))


def _mapped(row: Any, renumbered: Mapping[int, Numbers]) -> bulk.Row:
    values = list(row)
    for place, numbers in renumbered.items():
        values[place] = numbers[values[place]]
    return tuple(values)


def _pages(rows: Iterator[bulk.Row]) -> Iterator[list[bulk.Row]]:
    while page := list(islice(rows, AT_ONCE)):
        yield page
