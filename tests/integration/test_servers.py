"""A test that asks for a real server gets one and a corner of its own there, or says why not; in CI it may not say so."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewTopic

from tests.support import server_handle
from tests.support.server_handle import Server
from tests.support.server_kafka import administering, fresh_prefix
from tests.support.server_postgresql import binaries, execute, fresh_database
from tests.support.server_program import Program, Unavailable, free_port, own_folder, run_once, wait_until
from tests.support.servers import KAFKA, POSTGRESQL_URL, WAYS, NoServer, open_kafka, open_postgresql
from tests.support.words import ROOT

NOWHERE = {WAYS: "none"}

OPEN_AND_DIE = """
import os, signal
from tests.support.server_postgresql import start_postgresql
server = start_postgresql()
print(server.machine.pid, server.machine.folder, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def value_of(url: str, statement: str) -> object:
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        row = connection.execute(statement.encode()).fetchone()
        return row and row[0]


def topic_on(server: Server, name: str) -> str:
    """A new topic of one partition, once the broker has heard of it from its controller."""
    with administering(server.address) as admin:
        admin.create_topics([NewTopic(name, num_partitions=1, replication_factor=1)])
        wait_until(lambda: has_topic(admin, name), seconds=30)
    return name


def produce(server: Server, topic: str, value: bytes) -> None:
    """Hands a record over; it is there when this returns."""
    with closing(KafkaProducer(bootstrap_servers=server.address, acks="all", compression_type="zstd")) as producer:
        producer.send(topic, value, partition=0).get(timeout=60)


def first_of(server: Server, topic: str) -> bytes:
    """The first record of a topic."""
    with closing(KafkaConsumer(bootstrap_servers=server.address, group_id=None, auto_offset_reset="none")) as consumer:
        place = TopicPartition(topic, 0)
        consumer.assign([place])
        consumer.seek(place, 0)
        return bytes(next(consumer).value)


def has_topic(admin: Any, name: str, there: bool = True) -> None:
    """Raises until the topic is there, or until it is not."""
    assert (name in admin.list_topics()) is there


def session_without_servers(fixture: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """A test session of its own, with one test that asks for a server where none is to be had."""
    (folder / "pytest.ini").write_text("[pytest]\n", "utf-8")
    (folder / "conftest.py").write_text("from tests.conftest import *\n", "utf-8")
    (folder / "test_one.py").write_text(f"def test_it({fixture}):\n    assert {fixture}\n", "utf-8")
    kept = {name: value for name, value in os.environ.items() if name not in {"CI", POSTGRESQL_URL, KAFKA}}
    environment = kept | NOWHERE | {"PYTHONPATH": str(ROOT), "COLUMNS": "500"} | variables
    command = [sys.executable, "-m", "pytest", "-rsE", "-p", "no:cacheprovider"]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def is_gone(pid: int, folder: Path) -> None:
    """Raises while the process or its folder is there."""
    assert not folder.exists()
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return
    raise AssertionError(f"process {pid} is still there")


def test_a_row_goes_to_postgresql_and_comes_back(postgresql_url: str) -> None:
    execute(postgresql_url, "CREATE TABLE kept (what text)")
    execute(postgresql_url, "INSERT INTO kept VALUES ('µmol/L')")

    assert value_of(postgresql_url, "SELECT what FROM kept") == "µmol/L"


def test_each_test_has_a_database_of_its_own_and_leaves_none_behind(postgresql_server: Server) -> None:
    with fresh_database(postgresql_server) as one, fresh_database(postgresql_server) as other:
        names = {value_of(url, "SELECT current_database()") for url in (one, other)}
        still_connected = psycopg.connect(one)

    still_connected.close()
    left = str(value_of(postgresql_server.url, "SELECT string_agg(datname, ' ') FROM pg_database")).split()
    assert len(names) == 2
    assert not names & set(left)


def test_postgresql_listens_on_loopback_only(postgresql_server: Server) -> None:
    if not isinstance(postgresql_server.machine, Program):
        pytest.skip("the server is not a program of this machine")

    assert value_of(postgresql_server.url, "SHOW listen_addresses") == "127.0.0.1"
    assert value_of(postgresql_server.url, "SHOW unix_socket_directories") == ""


def test_the_durable_postgresql_waits_for_the_disk(durable_postgresql_server: Server) -> None:
    assert value_of(durable_postgresql_server.url, "SHOW fsync") == "on"


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_postgresql_keeps_what_was_committed_and_its_address(
    postgresql_server: Server, postgresql_url: str, end: str
) -> None:
    execute(postgresql_url, "CREATE TABLE kept AS SELECT 7 AS x")

    getattr(postgresql_server, end)()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(postgresql_url)
    postgresql_server.start()

    assert value_of(postgresql_url, "SELECT x FROM kept") == 7


def test_a_frozen_postgresql_goes_on_where_it_was(postgresql_server: Server, postgresql_url: str) -> None:
    with closing(psycopg.connect(postgresql_url)) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS x")
        postgresql_server.pause()
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(postgresql_url, connect_timeout=2)
        postgresql_server.resume()
        connection.commit()

    assert value_of(postgresql_url, "SELECT x FROM kept") == 7


def test_a_record_goes_to_kafka_and_comes_back(kafka_server: Server, kafka_prefix: str) -> None:
    topic = topic_on(kafka_server, f"{kafka_prefix}reported")

    produce(kafka_server, topic, b"one")

    assert first_of(kafka_server, topic) == b"one"


def test_the_topics_of_a_test_are_deleted_after_it(kafka_server: Server) -> None:
    with fresh_prefix(kafka_server) as prefix:
        topic = topic_on(kafka_server, f"{prefix}reported")

    with administering(kafka_server.address) as admin:
        wait_until(lambda: has_topic(admin, topic, there=False), seconds=30)


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_kafka_keeps_what_it_acknowledged_and_its_address(kafka_server: Server, kafka_prefix: str, end: str) -> None:
    topic = topic_on(kafka_server, f"{kafka_prefix}reported")
    produce(kafka_server, topic, b"kept")

    getattr(kafka_server, end)()
    with pytest.raises(OSError, match="refused"):
        kafka_server.answers()
    kafka_server.start()

    assert first_of(kafka_server, topic) == b"kept"


def test_a_server_found_by_its_address_is_used_and_left_alone(postgresql_server: Server) -> None:
    with open_postgresql({POSTGRESQL_URL: postgresql_server.url}) as server:
        assert value_of(server.url, "SELECT 1") == 1
        with pytest.raises(pytest.skip.Exception, match="not ours to stop"):
            server.kill()

    assert value_of(postgresql_server.url, "SELECT 1") == 1


@pytest.mark.parametrize("kafka", [False, True])
def test_an_address_where_nobody_answers_is_an_error_and_no_reason_to_skip(
    monkeypatch: pytest.MonkeyPatch, kafka: bool
) -> None:
    monkeypatch.setattr(server_handle, "PATIENCE_ELSEWHERE", 0.0)
    address = f"127.0.0.1:{free_port()}"

    with pytest.raises(Unavailable, match="does not answer"):
        open_kafka({KAFKA: address}) if kafka else open_postgresql({POSTGRESQL_URL: f"postgresql://{address}/postgres"})


@pytest.mark.parametrize("fixture", ["postgresql_url", "kafka_prefix"])
def test_without_a_server_a_test_is_skipped_with_the_reason_of_each_way(tmp_path: Path, fixture: str) -> None:
    session = session_without_servers(fixture, tmp_path)

    assert session.returncode == 0, session.stdout
    assert "1 skipped" in session.stdout
    assert f"containers: left out by {WAYS}; programs: left out by {WAYS}" in session.stdout


@pytest.mark.parametrize("fixture", ["postgresql_url", "kafka_prefix"])
def test_without_a_server_a_test_fails_in_ci(tmp_path: Path, fixture: str) -> None:
    session = session_without_servers(fixture, tmp_path, CI="true")

    assert session.returncode == 1, session.stdout
    assert "1 error" in session.stdout
    assert "in CI every test runs" in session.stdout


def test_a_docker_engine_that_does_not_answer_is_a_reason_and_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{free_port()}")

    with pytest.raises(NoServer, match="containers: no Docker engine answers at tcp://"):
        open_kafka({WAYS: "containers"})


def test_who_has_no_server_is_told_which_variable_would_name_one() -> None:
    with pytest.raises(NoServer, match=POSTGRESQL_URL):
        open_postgresql(NOWHERE)
    with pytest.raises(NoServer, match=KAFKA):
        open_kafka(NOWHERE)


def test_a_server_does_not_outlive_tests_that_were_killed() -> None:
    try:
        binaries()
    except Unavailable as reason:
        pytest.skip(str(reason))
    command = [sys.executable, "-c", OPEN_AND_DIE]
    killed = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    assert killed.returncode == -signal.SIGKILL

    pid, folder = killed.stdout.split()
    wait_until(lambda: is_gone(int(pid), Path(folder)), seconds=30)


def test_a_program_that_fails_says_why() -> None:
    with pytest.raises(Unavailable, match="no such cluster"):
        run_once([sys.executable, "-c", "import sys; sys.exit('no such cluster')"])


def test_a_server_that_dies_at_its_start_says_why_and_leaves_nothing() -> None:
    machine = Program(command=[sys.executable, "-c", "import sys; sys.exit('bad settings')"], folder=own_folder("test"))

    def answers() -> None:
        raise ConnectionRefusedError

    with (
        Server(url="", address="", answers=answers, machine=machine) as server,
        pytest.raises(Unavailable, match="bad settings"),
    ):
        server.start()
    assert not machine.folder.exists()
