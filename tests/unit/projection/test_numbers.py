from __future__ import annotations

from sqlalchemy import insert, update

from hepledger.projection.numbers import Numbers
from hepledger.state.unit_of_work import UnitOfWork
from hepledger.tables import patient
from tests.support.projecting import State, shipped, state_with


def fresh() -> State:
    return state_with([shipped("hegade-2011")])


def renumber(uow: UnitOfWork) -> None:
    uow.connection.execute(update(patient).values(patient_id=patient.c.patient_id + 100))


def test_who_was_met_in_a_batch_that_was_committed_is_not_looked_up_again() -> None:
    numbers = Numbers()
    with fresh().begin() as uow:
        met = numbers.find(uow, {"LEE/b": 0, "LEE/a": 1})
        assert met == {"LEE/b": 1, "LEE/a": 2}
        numbers.take_over(list(met.items()))
        renumber(uow)
        assert numbers.find(uow, {"LEE/c": 0, "LEE/a": 1}) == {"LEE/a": 2, "LEE/c": 103}


def test_who_was_met_in_a_batch_that_failed_is_looked_up() -> None:
    numbers = Numbers()
    with fresh().begin() as uow:
        numbers.find(uow, {"LEE/a": 0})
        renumber(uow)
        assert numbers.find(uow, {"LEE/a": 0}) == {"LEE/a": 101}


def test_what_was_forgotten_is_looked_up() -> None:
    numbers = Numbers()
    with fresh().begin() as uow:
        uow.connection.execute(insert(patient).values(centre="LEE", patient="a", partition=0))
        numbers.take_over([("LEE/a", 7)])
        assert numbers.find(uow, {"LEE/a": 0}) == {"LEE/a": 7}
        numbers.forget_all()
        assert numbers.find(uow, {"LEE/a": 0}) == {"LEE/a": 1}


def test_no_more_are_remembered_than_there_is_room_for() -> None:
    numbers = Numbers(2)
    with fresh().begin() as uow:
        numbers.find(uow, {f"LEE/{name}": 0 for name in "abcd"})
        numbers.take_over([("LEE/a", 11), ("LEE/b", 12)])
        numbers.take_over([("LEE/c", 13)])
        assert numbers.find(uow, {"LEE/a": 0, "LEE/b": 0, "LEE/c": 0}) == {"LEE/c": 13, "LEE/a": 1, "LEE/b": 2}
        numbers.take_over([("LEE/a", 11), ("LEE/b", 12), ("LEE/c", 13)])
        assert numbers.find(uow, {"LEE/c": 0}) == {"LEE/c": 3}
