"""Servers that go away under load and come back: workers, relay and whoever sends wait for them, and nothing is lost."""

from __future__ import annotations

import os
import signal
from contextlib import suppress

import pytest

from tests.support.fault_field import Field, at_work
from tests.support.fault_load import Load
from tests.support.fault_processes import Crew
from tests.support.server_handle import Server


@pytest.mark.parametrize("ending", ["stop", "kill"])
def test_a_broker_that_ends_under_load_and_is_started_again_loses_nothing(
    ending: str, field: Field, hands: Crew, kafka_server: Server
) -> None:
    parent, load = at_work(field, hands, workers=2), Load.started(hands, 5.0)
    hands.until(lambda: field.taken() > 150, needed=(parent, load.running))
    getattr(kafka_server, ending)()
    assert load.runs
    kafka_server.start()
    appended = load.finished()
    hands.until(field.settled(), needed=(parent,))
    parent.stop()
    field.assert_came_through(appended)


@pytest.mark.parametrize("ending", ["stop", "kill"])
def test_a_database_that_ends_under_load_and_is_started_again_loses_nothing(
    ending: str, durable_field: Field, durable_hands: Crew, durable_postgresql_server: Server
) -> None:
    field, hands = durable_field, durable_hands
    parent, load = at_work(field, hands, workers=2), Load.started(hands, 5.0)
    hands.until(lambda: field.taken() > 150, needed=(parent, load.running))
    getattr(durable_postgresql_server, ending)()
    assert load.runs
    sent = load.confirmed
    hands.until(lambda: load.confirmed > sent, needed=(parent,))  # Kafka takes in what centres send meanwhile
    durable_postgresql_server.start()
    appended = load.finished()
    hands.until(field.settled(), needed=(parent,))
    parent.stop()
    field.assert_came_through(appended)


def test_a_worker_that_is_killed_while_the_database_is_away_is_started_again_and_waits_for_it(
    durable_field: Field, durable_hands: Crew, durable_postgresql_server: Server
) -> None:
    field, hands = durable_field, durable_hands
    parent, load = at_work(field, hands, workers=2), Load.started(hands, 3.0)
    hands.until(lambda: field.taken() > 150, needed=(parent,))
    durable_postgresql_server.kill()
    killed = parent.workers()[0]
    with suppress(ProcessLookupError):
        os.kill(killed, signal.SIGKILL)
    hands.until(lambda: len(parent.workers()) == 2 and killed not in parent.workers(), needed=(parent,))
    durable_postgresql_server.start()
    appended = load.finished()
    hands.until(field.settled(), needed=(parent,))
    parent.stop()
    field.assert_came_through(appended)
