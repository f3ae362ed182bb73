"""Histories kept packed, a row a patient beside the rows of the facts: a replay reads them many times as fast.

A pack is an economy, made of facts that do not change any more. By partition it is known below which offset everything is
packed; whoever has no pack is read from the facts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

from sqlalchemy import delete, exists, select, update

from hepledger.clinical.packed import NotAPack, pack
from hepledger.clinical.sheet import Sheet
from hepledger.postgresql import AS_BYTES
from hepledger.state import bulk, checkpoints
from hepledger.state.facts import load_histories
from hepledger.state.unit_of_work import UnitOfWork
from hepledger.tables import pack as table
from hepledger.tables import packed, patient

_COLUMNS: Final = ("partition", "patient_id", "until_offset", "data")


def packed_until(uow: UnitOfWork) -> dict[int, int]:
    """By partition the offset below which every history is packed; a partition that never was is left out."""
    return {row.partition: row.until_offset for row in uow.connection.execute(select(packed))}


def unpacked(uow: UnitOfWork) -> dict[int, tuple[int, int]]:
    """By partition the stretch of the log, from an offset until, and without, another, that some projection has taken in and
    that is not packed."""
    standing = packed_until(uow)
    ends = checkpoints.furthest(uow)
    return {at: (standing.get(at, 0), end) for at, end in ends.items() if standing.get(at, 0) < end}


def who_has_none(uow: UnitOfWork, partition: int, until: int) -> set[int]:
    """The numbers of the patients of a partition who have no pack that reaches until an offset."""
    mine = (table.c.partition == partition) & (table.c.patient_id == patient.c.patient_id)
    reaches = exists().where(mine, table.c.until_offset >= until)
    asked = select(patient.c.patient_id).where(patient.c.partition == partition, ~reaches)
    return set(uow.connection.execute(asked).scalars())


def save(uow: UnitOfWork, partition: int, until: int, patient_ids: Collection[int], data: Mapping[int, bytes]) -> None:
    """Write the packs of some patients of a partition, which reach until an offset, over those they had; by number, and who is not
    among them has none any more."""
    mine = (table.c.partition == partition) & bulk.among(uow.connection, table.c.patient_id, patient_ids)
    uow.connection.execute(delete(table).where(mine))
    bulk.add(uow.connection, table, _COLUMNS, [(partition, number, until, each) for number, each in data.items()])


def lock(uow: UnitOfWork, partition: int, until: int, epochs: int) -> bool:
    """Let nobody else pack a partition until the end of the transaction; false if it is not packed until ``until`` any more, or if
    the epochs of its checkpoints are others (see `checkpoints.epochs`): the numbers of patients may be by now, too."""
    if checkpoints.epochs(uow, partition, hold=True) != epochs:
        return False
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

    Patients are named, and come, by number; one of whom nothing was said does not come.
    """
    packs = (
        _packs_of(uow, patient_ids, partition) if patient_ids and packed_until(uow).get(partition, 0) >= until else {}
    )
    missing = [number for number in patient_ids if number not in packs]
    others = dict(_from_facts(uow, missing, partition, until))
    for number in patient_ids:
        sheet = _read(packs[number]) if number in packs else others.get(number)
        if sheet is None and number in packs:
            sheet = dict(_from_facts(uow, [number], partition, until)).get(number)
        if sheet is not None and sheet.count and sheet.offset(0) < until:
            yield number, sheet if sheet.offset(sheet.count - 1) < until else sheet.below(until)


def _packs_of(uow: UnitOfWork, patient_ids: Sequence[int], partition: int) -> dict[int, bytes]:
    """They lie side by side: a stretch of the index is read, and not one after the other looked up."""
    mine = (table.c.partition == partition) & table.c.patient_id.between(patient_ids[0], patient_ids[-1])
    asked = select(table.c.patient_id, bulk.raw(table.c.data)).where(mine)
    return dict(map(tuple, uow.connection.execute(asked, execution_options=AS_BYTES).all()))


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
