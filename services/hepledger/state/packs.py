"""Histories kept packed, a row a patient beside the rows of the facts: a replay reads them many times as fast.

A pack is an economy, made of facts that do not change any more. By partition it is known below which offset everything is
packed; whoever has no pack is read from the facts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Select, and_, delete, exists, false, or_, select, update

from hepledger.clinical.packed import NotAPack, pack
from hepledger.clinical.sheet import Sheet
from hepledger.postgresql import AS_BYTES
from hepledger.state import bulk
from hepledger.state.facts import load_histories
from hepledger.state.unit_of_work import UnitOfWork
from hepledger.tables import fact, packed, patient
from hepledger.tables import pack as table

_COLUMNS: Final = ("patient_id", "until_offset", "data")

Stretches = Mapping[int, tuple[int, int]]
"""Stretches of the log by partition: from an offset until, and without, another."""


def packed_until(uow: UnitOfWork) -> dict[int, int]:
    """By partition the offset below which every history is packed; a partition that never was is left out."""
    return {row.partition: row.until_offset for row in uow.connection.execute(select(packed))}


def unpacked(uow: UnitOfWork, ends: Mapping[int, int]) -> dict[int, tuple[int, int]]:
    """The stretches that are not packed below some ends, by partition."""
    standing = packed_until(uow)
    return {at: (standing.get(at, 0), end) for at, end in ends.items() if standing.get(at, 0) < end}


def touched(uow: UnitOfWork, stretches: Stretches) -> dict[int, list[int]]:
    """By partition the numbers of the patients of whom something was said on its stretch and is not packed, in order."""
    found: dict[int, list[int]] = {partition: [] for partition in stretches}
    for asked in _asked_for(stretches) if stretches else ():
        for partition, number in bulk.stream(uow.connection, asked):
            found[partition].append(number)
    return found


def left(uow: UnitOfWork, ends: Mapping[int, int]) -> int:
    """How many histories are to be packed to come to some ends."""
    return sum(map(len, touched(uow, unpacked(uow, ends)).values()))


def _asked_for(stretches: Stretches) -> Iterator[Select[Any]]:
    """On partitions that were never packed it is everybody, which need not be looked for among the facts."""
    never = [partition for partition, (first, _) in stretches.items() if not first]
    within = [
        and_(fact.c.partition == partition, fact.c.offset >= first, fact.c.offset < end)
        for partition, (first, end) in stretches.items()
        if first
    ]
    for columns, are_meant in ((patient.c, patient.c.partition.in_(never)), (fact.c, or_(false(), *within))):
        at, number = columns.partition, columns.patient_id
        done = [and_(at == partition, table.c.until_offset >= end) for partition, (_, end) in stretches.items()]
        is_packed = exists().where(table.c.patient_id == number, or_(*done))
        yield select(at, number).where(are_meant, ~is_packed).distinct().order_by(number)


def save(uow: UnitOfWork, patient_ids: Collection[int], rows: Sequence[bulk.Row]) -> None:
    """Write the packs of some patients, (number, offset, data), over those they had; who is not among the rows has none any more."""
    uow.connection.execute(delete(table).where(bulk.among(uow.connection, table.c.patient_id, patient_ids)))
    bulk.add(uow.connection, table, _COLUMNS, rows)


def lock(uow: UnitOfWork, partition: int, until: int) -> bool:
    """Let nobody else pack a partition until the end of the transaction; false if it has come further than from ``until`` meanwhile."""
    bulk.insert(uow.connection, packed, ("partition", "until_offset"), [(partition, 0)])
    mine = select(packed.c.until_offset).where(packed.c.partition == partition).with_for_update()
    return bool(uow.connection.execute(mine).scalar_one() == until)


def move(uow: UnitOfWork, partition: int, until: int) -> None:
    """Everything on a partition below an offset is packed."""
    uow.connection.execute(update(packed).where(packed.c.partition == partition).values(until_offset=until))


def forget_all(uow: UnitOfWork) -> None:
    """Nothing is packed any more."""
    for each in (table, packed):
        uow.connection.execute(delete(each))


def load(uow: UnitOfWork, patient_ids: Sequence[int], partition: int, until: int) -> Iterator[tuple[int, Sheet]]:
    """What was said of patients of a partition below an offset, from packs as far as there are any.

    Patients come by number, and one of whom nothing was said does not come.
    """
    packs = _packs_of(uow, patient_ids) if packed_until(uow).get(partition, 0) >= until else {}
    missing = [number for number in patient_ids if number not in packs]
    others = dict(_from_facts(uow, missing, partition, until))
    for number in patient_ids:
        sheet = _read(packs[number]) if number in packs else others.get(number)
        if sheet is None and number in packs:
            sheet = dict(_from_facts(uow, [number], partition, until)).get(number)
        if sheet is not None and sheet.count and sheet.offset(0) < until:
            yield number, sheet if sheet.offset(sheet.count - 1) < until else sheet.below(until)


def _packs_of(uow: UnitOfWork, patient_ids: Sequence[int]) -> dict[int, bytes]:
    mine = bulk.among(uow.connection, table.c.patient_id, patient_ids)
    asked = select(table.c.patient_id, bulk.raw(table.c.data)).where(mine)
    return dict(iter(uow.connection.execute(asked, execution_options=AS_BYTES)))


def _from_facts(uow: UnitOfWork, patient_ids: Sequence[int], partition: int, until: int) -> Iterator[tuple[int, Sheet]]:
    if patient_ids:
        for number, versions in load_histories(uow.connection, patient_ids, {partition: until}):
            yield number, Sheet(pack(versions))


def _read(data: bytes) -> Sheet | None:
    """The history; None if it is packed by another release, or damaged: the facts are there."""
    try:
        return Sheet(data)
    except NotAPack:
        return None
