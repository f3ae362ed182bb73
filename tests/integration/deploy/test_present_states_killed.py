"""The sample reporting consumer on a real Kafka: killed at every step and at random, its tables are the fold of the events told once."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from random import Random

import pytest

from hepledger.log.kafka import KafkaLog
from hepledger.log.kafka_settings import settings_from
from hepledger.log.kafka_topics import create_topics
from hepledger_events.envelope import Envelope
from hepledger_events.streams import DERIVED
from tests.support import present_states
from tests.support.derived_stream import believed_after, entry_of, lives
from tests.support.server_handle import Server
from tests.support.server_program import wait_until
from tests.support.words import ROOT

PATIENCE = 60.0


@contextmanager
def derived_log(server: Server, prefix: str, partitions: int = 3) -> Iterator[tuple[KafkaLog, str]]:
    """The stream, and the name of its topic."""
    settings = settings_from(f"{server.url}/{prefix}")
    create_topics(settings, partitions)
    with closing(KafkaLog(settings, DERIVED)) as log:
        yield log, settings.topic(DERIVED)


def published(server: Server, prefix: str, events: Sequence[Envelope]) -> None:
    """By clients that are closed again, before anybody kills the broker."""
    with derived_log(server, prefix) as (log, _):
        log.append([entry_of(event) for event in events])


def drained(address: str, topic: str, file: Path) -> str:
    """What the program says when it has come to the end."""
    out, err = present_states.start(address, topic, file).communicate(timeout=PATIENCE)
    assert err == ""
    return out


def test_killed_before_every_statement_it_still_tells_each_event_once(
    tmp_path: Path, kafka_server: Server, kafka_prefix: str
) -> None:
    events = lives(Random(4), patients=4, events=24)
    with derived_log(kafka_server, kafka_prefix) as (log, topic):
        for start in range(0, len(events), 8):  # each page of the relay stands twice
            for _ in range(2):
                log.append([entry_of(event) for event in events[start : start + 8]])
    command = [
        sys.executable,
        "-m",
        "tests.support.present_states",
        kafka_server.address,
        topic,
        str(tmp_path / "f"),
        "4",
    ]
    killed = int(subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout)

    assert killed > 20
    assert present_states.told(tmp_path / "f") == believed_after(events)
    assert present_states.positions(tmp_path / "f") == 2 * len(events)


@pytest.mark.parametrize("seed", [1, 2])
def test_killed_at_random_while_the_relay_publishes_and_repeats_itself_it_tells_each_event_once(
    seed: int, tmp_path: Path, kafka_server: Server, kafka_prefix: str
) -> None:
    dice, file = Random(seed), tmp_path / "f"
    events = lives(dice, patients=40, events=600)
    published = 0
    with derived_log(kafka_server, kafka_prefix) as (log, topic):
        for start in range(0, len(events), 100):
            page = [entry_of(event) for event in events[start : start + 100]]
            program = present_states.start(kafka_server.address, topic, file, "--follow", "--batch", "7")
            for part in (page[:60], page[: dice.randrange(20, 60)], page[60:]):  # killed before it forgot: again
                log.append(part)
                published += len(part)
            somewhere = dice.randrange(present_states.positions(file), published)
            wait_until(lambda at=somewhere: _come(file, at), PATIENCE, lambda one=program: one.poll() is None)  # type: ignore[misc]
            program.kill()
            program.communicate()
    said = drained(kafka_server.address, topic, file)

    expected = believed_after(events)
    assert present_states.told(file) == expected
    assert sum(int(line.split("\t")[1]) for line in said.splitlines()) == len(expected.states)


def _come(file: Path, position: int) -> None:
    assert present_states.positions(file) >= position


def test_following_it_waits_while_the_broker_is_away(tmp_path: Path, kafka_server: Server, kafka_prefix: str) -> None:
    events, topic = lives(Random(4), patients=3, events=20), f"{kafka_prefix}{DERIVED}"
    published(kafka_server, kafka_prefix, events[:10])
    with present_states.start(kafka_server.address, topic, tmp_path / "f", "--follow") as program:
        wait_until(lambda: _come(tmp_path / "f", 10), PATIENCE, lambda: program.poll() is None)
        kafka_server.kill()
        kafka_server.start()
        published(kafka_server, kafka_prefix, events[10:])
        wait_until(lambda: _come(tmp_path / "f", 20), PATIENCE, lambda: program.poll() is None)
        program.kill()
    assert present_states.told(tmp_path / "f") == believed_after(events)


def test_a_stream_that_was_cut_back_or_is_another_one_is_told_and_nothing_is_skipped(
    tmp_path: Path, kafka_server: Server, kafka_prefix: str
) -> None:
    with derived_log(kafka_server, kafka_prefix, partitions=1) as (log, topic):
        log.append([entry_of(event) for event in lives(Random(4), patients=2, events=5)])
    drained(kafka_server.address, topic, tmp_path / "f")
    with closing(present_states.sample().open_file(str(tmp_path / "f"))) as file:
        file.execute("UPDATE position SET next_offset = 9")

    out, err = present_states.start(kafka_server.address, topic, tmp_path / "f").communicate(timeout=PATIENCE)
    assert (out, "Delete the file" in err) == ("", True)
    _, err = present_states.start(kafka_server.address, "nowhere", tmp_path / "f").communicate(timeout=PATIENCE)
    assert "no topic nowhere" in err
