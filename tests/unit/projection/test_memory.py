from __future__ import annotations

from hepledger.clinical.passage import Passage
from hepledger.projection.fold import Fold
from hepledger.projection.memory import RESTING, Memory
from hepledger.projection.sorting import Touched
from tests.support.projecting import shipped, state_with

(HEGADE,) = state_with([shipped("hegade-2011")]).sets


def fold(key: str, facts: int) -> Fold:
    """A fold that ended with a course of so many facts."""
    ended = Fold(HEGADE, Touched(1, key, 0, []), [], remembered=None, snapshot=None)
    ended.passage = Passage(HEGADE.plan, {})
    ended.passage.facts.update({str(number): [] for number in range(facts)})
    return ended


def is_remembered(memory: Memory, key: str) -> bool:
    return memory.find((HEGADE.projection_id, key)) is not None


def test_the_courses_of_a_batch_are_remembered() -> None:
    memory = Memory(10)
    memory.take_over([fold("a", 4), fold("b", 6)], [])
    assert is_remembered(memory, "a")
    assert is_remembered(memory, "b")


def test_who_is_stopped_is_forgotten() -> None:
    memory = Memory(10)
    memory.take_over([fold("a", 4)], [])
    memory.take_over([], [(HEGADE.projection_id, "a")])
    assert not is_remembered(memory, "a")


def test_when_it_is_full_those_in_use_stay() -> None:
    memory = Memory(10)
    memory.take_over([fold("a", 6)], [])
    memory.take_over([fold("b", 6)], [])
    assert is_remembered(memory, "a")
    assert not is_remembered(memory, "b")


def test_who_was_not_asked_for_in_a_while_makes_room() -> None:
    memory = Memory(10)
    memory.take_over([fold("a", 6)], [])
    for _ in range(RESTING):
        memory.take_over([], [])
    memory.take_over([fold("b", 6)], [])
    assert not is_remembered(memory, "a")
    assert is_remembered(memory, "b")


def test_a_course_that_grew_beyond_the_capacity_is_forgotten() -> None:
    memory = Memory(10)
    memory.take_over([fold("a", 6)], [])
    memory.take_over([fold("a", 11)], [])
    assert not is_remembered(memory, "a")
    memory.take_over([fold("b", 10)], [])
    assert is_remembered(memory, "b")


def test_a_memory_without_capacity_remembers_nothing() -> None:
    memory = Memory(0)
    memory.take_over([fold("a", 1)], [])
    assert not is_remembered(memory, "a")
