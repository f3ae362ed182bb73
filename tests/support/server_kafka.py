"""Apache Kafka from its jars: one process that is broker and controller, run by this machine's Java, without Docker.

Maven resolves the jars once, from `deploy/kafka/pom.xml`; their class path is kept beside it until the pom changes.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import os
import re
import secrets
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from tests.support.server_handle import Server, started
from tests.support.server_program import Program, Unavailable, free_port, own_folder, run_once

POM = Path(__file__).resolve().parents[2] / "deploy" / "kafka" / "pom.xml"
OLDEST_JAVA = 17
JVM = ("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn")
"""A small heap, and little compiling: a broker for tests starts with half the work and has the processors to share."""

SETTINGS = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "auto.create.topics.enable": "false",
    "default.replication.factor": "1",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "3",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "3",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "broker.session.timeout.ms": "4000",  # a broker that was killed waits for its former self to be forgotten
    "broker.heartbeat.interval.ms": "500",
    "group.initial.rebalance.delay.ms": "0",  # a group of one need not wait for others
    "group.min.session.timeout.ms": "500",  # so that a test need not wait long for a member that is gone
    "log.index.size.max.bytes": "1048576",
    "log.segment.delete.delay.ms": "1000",
}


def start_kafka() -> Server:
    """A broker of our own. Raises Unavailable with the reason."""
    java, jars = find_java(), class_path()
    port, controller, folder = free_port(), free_port(), own_folder("kafka")
    address = f"127.0.0.1:{port}"
    settings = folder / "server.properties"
    machine = Program(command=[java, *JVM, "-cp", jars, "kafka.Kafka", settings], folder=folder)
    server = Server(url=f"kafka://{address}", address=address, answers=lambda: ask(address), machine=machine)
    try:
        settings.write_text(properties(address, f"127.0.0.1:{controller}", folder / "data"), "utf-8")
        cluster = base64.urlsafe_b64encode(secrets.token_bytes(16)).decode().rstrip("=")
        tool = [java, *JVM, "-cp", jars, "kafka.tools.StorageTool"]
        run_once([*tool, "format", "--cluster-id", f"A{cluster[1:]}", "--config", settings])
    except BaseException:
        server.close()
        raise
    return started(server)


def elsewhere(address: str) -> Server:
    """Somebody else's broker. Raises Unavailable if it does not answer."""
    address = address.removeprefix("kafka://").rstrip("/")
    return started(Server(url=f"kafka://{address}", address=address, answers=lambda: ask(address)))


def properties(address: str, controller: str, data: Path) -> str:
    """The settings file of a broker at an address."""
    own = {
        "listeners": f"PLAINTEXT://{address},CONTROLLER://{controller}",
        "advertised.listeners": f"PLAINTEXT://{address}",
        "controller.quorum.voters": f"1@{controller}",
        "log.dirs": str(data),
    }
    return "".join(f"{name}={value}\n" for name, value in {**SETTINGS, **own}.items())


def ask(address: str) -> None:
    """Raises unless the broker tells of its topics. It listens only when it is ready, so a bare connection comes first."""
    host, _, port = address.partition(",")[0].rpartition(":")
    socket.create_connection((host, int(port)), timeout=2).close()
    with administering(address) as admin:
        admin.list_topics()


@contextmanager
def administering(address: str) -> Iterator[Any]:
    """kafka-python's administration client, connected."""
    from kafka import KafkaAdminClient  # noqa: PLC0415 - slow to import, rarely needed

    with closing(KafkaAdminClient(bootstrap_servers=address.split(","))) as admin:
        yield admin


@contextmanager
def fresh_prefix(server: Server) -> Iterator[str]:
    """The start of the names of a test's own topics and groups; such topics are deleted at the end."""
    prefix = f"t{secrets.token_hex(4)}."
    server.start()
    try:
        yield prefix
    finally:
        server.start()
        with administering(server.address) as admin:
            if names := [name for name in admin.list_topics() if name.startswith(prefix)]:
                admin.delete_topics(names)


def find_java() -> str:
    """The Java of this machine, if it is new enough. Raises Unavailable."""
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=f"{home}/bin") if home else shutil.which("java")
    if java is None:
        raise Unavailable(f"there is no java {OLDEST_JAVA} or newer on PATH")
    told = subprocess.run([java, "-version"], capture_output=True, check=False, text=True).stderr
    version = re.search(r'version "(\d+)', told)
    if version is None or int(version[1]) < OLDEST_JAVA:
        raise Unavailable(f"{java} is not Java {OLDEST_JAVA} or newer")
    return java


def class_path(pom: Path = POM) -> str:
    """Where the jars of the broker are; resolved by Maven if they are not there yet. Raises Unavailable."""
    target = pom.parent / "target"
    kept = target / f"classpath-{hashlib.sha256(pom.read_bytes()).hexdigest()[:12]}"
    target.mkdir(exist_ok=True)
    with (target / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # one session resolves, the others wait and find
        if not _complete(kept):
            _resolve(pom, kept)
    return kept.read_text("utf-8").strip()


def _complete(kept: Path) -> bool:
    return kept.exists() and all(Path(jar).exists() for jar in kept.read_text("utf-8").strip().split(os.pathsep))


def _resolve(pom: Path, kept: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise Unavailable("the jars of Apache Kafka are not resolved yet, and there is no mvn on PATH to do it")
    run_once([maven, "-B", "-q", "-f", pom, "process-resources", f"-Dclasspath.file={kept}"])
    if not _complete(kept):
        raise Unavailable(f"Maven wrote no class path to {kept}")


if __name__ == "__main__":
    print(class_path())
