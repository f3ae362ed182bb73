"""Workers on PostgreSQL and Kafka that are killed: at every crash point, at random under load, and with the parent that watches them."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from contextlib import suppress
from random import Random

import pytest

from hepledger.projection.crashpoint import POINTS
from tests.support.cohort_of_many import new_entries
from tests.support.fault_field import Field, at_work, follow, project
from tests.support.fault_load import Load
from tests.support.fault_processes import Crew

OF_THE_RELAY = [point for point in POINTS if "publishing" in point or "forgetting" in point]
OF_THE_PROJECTOR = list(POINTS[: POINTS.index("before-publishing")])
KILLED = 8


@pytest.mark.parametrize("points", [OF_THE_PROJECTOR, OF_THE_RELAY], ids=["of the projector", "of the relay"])
def test_a_worker_killed_at_any_crash_point_leaves_a_sound_state_and_the_next_one_goes_on(
    points: list[str], field: Field, hands: Crew
) -> None:
    appended = field.fill(list(new_entries(patients=24, events_of_each=50)))
    for point in points:
        assert project(hands, CRASHPOINT=f"{point}:2").end() == -signal.SIGKILL, hands.last_words()
        field.assert_sound_so_far()
        assert field.taken() < len(appended), point
    assert project(hands).end() == 0, hands.last_words()
    field.assert_came_through(appended)


def test_workers_and_relays_killed_at_random_under_load_are_started_again_and_lose_nothing(
    field: Field, hands: Crew
) -> None:
    seed = int.from_bytes(os.urandom(4))
    print(f"seed {seed}")
    random = Random(seed)
    parent, relay = at_work(field, hands, workers=3), hands.hepledger("relay", "--follow")
    load = Load.started(hands)
    for number in range(KILLED):
        hands.until(more_is_taken(field, random.randrange(20, 150), load), needed=(parent,))
        if number % 4 == 3:
            relay.kill()
            relay = hands.hepledger("relay", "--follow")
        hands.until(lambda: len(parent.workers()) == 3, needed=(parent,))
        with suppress(ProcessLookupError):
            os.kill(random.choice(parent.workers()), signal.SIGKILL)
    appended = load.finished()
    hands.until(field.settled(), needed=(parent,))
    parent.stop()
    relay.stop()
    field.assert_came_through(appended)


def test_workers_whose_parent_is_killed_end_by_themselves_and_another_parent_goes_on(field: Field, hands: Crew) -> None:
    parent = at_work(field, hands, workers=2)
    load = Load.started(hands)
    hands.until(lambda: field.taken() > 200, needed=(parent, load.running))
    orphans = parent.workers()
    assert len(orphans) == 2
    parent.kill()
    heir = follow(hands, workers=2)
    hands.until(lambda: not any(is_there(pid) for pid in orphans))
    appended = load.finished()
    hands.until(field.settled(), needed=(heir,))
    heir.stop()
    field.assert_came_through(appended)


def more_is_taken(field: Field, count: int, load: Load) -> Callable[[], bool]:
    """Whether so many more facts are there, or no more come."""
    mark = field.taken() + count
    return lambda: field.taken() >= mark or not load.runs


def is_there(pid: int) -> bool:
    """Whether a process runs; one that has ended and was not yet asked about does not."""
    with suppress(OSError), open(f"/proc/{pid}/stat") as stat:  # noqa: PTH123
        return stat.read().rpartition(")")[2].split()[0] != "Z"
    return False
