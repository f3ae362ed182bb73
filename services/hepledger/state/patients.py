"""Who is spoken of: a patient's number in the database, by centre and patient."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from sqlalchemy import select

from hepledger.state import bulk
from hepledger.state.unit_of_work import UnitOfWork
from hepledger.tables import patient


def find_numbers(uow: UnitOfWork, keys: Iterable[str]) -> dict[str, int]:
    """The numbers of those patients that are known, by their keys (``centre/patient``)."""
    by_centre: dict[str, list[str]] = defaultdict(list)
    for key in keys:
        centre, _, name = key.partition("/")
        by_centre[centre].append(name)
    found: dict[str, int] = {}
    for centre, names in by_centre.items():
        named = bulk.among(uow.connection, patient.c.patient, names)
        statement = select(patient.c.patient, patient.c.patient_id).where(patient.c.centre == centre, named)
        rows = uow.connection.execute(statement)
        found.update((f"{centre}/{row.patient}", row.patient_id) for row in rows)
    return found


def number(uow: UnitOfWork, partitions: Mapping[str, int]) -> dict[str, int]:
    """The numbers of patients, new ones given out in the order of ``partitions`` (key → partition of the patient)."""
    known = find_numbers(uow, partitions)
    missing = [key for key in partitions if key not in known]
    if not missing:
        return known
    rows = [(*key.split("/", 1), partitions[key]) for key in missing]
    bulk.insert(uow.connection, patient, ("centre", "patient", "partition"), rows)
    return known | find_numbers(uow, missing)


def by_number(uow: UnitOfWork, partition: int, first: int, bound: int | None, limit: int) -> list[int]:
    """The patients of a partition, from a number on (below ``bound`` if there is one), so many at most."""
    mine = (patient.c.partition == partition) & (patient.c.patient_id >= first)
    asked = select(patient.c.patient_id).where(mine).order_by(patient.c.patient_id).limit(limit)
    return list(uow.connection.execute(asked if bound is None else asked.where(patient.c.patient_id < bound)).scalars())


def keys_of(uow: UnitOfWork, numbers: Iterable[int]) -> dict[int, str]:
    """The keys of patients, by their numbers."""
    mine = bulk.among(uow.connection, patient.c.patient_id, numbers)
    rows = uow.connection.execute(select(*patient.c["patient_id", "centre", "patient"]).where(mine))
    return {row.patient_id: f"{row.centre}/{row.patient}" for row in rows}
