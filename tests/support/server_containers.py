"""The same servers from their official images, where a Docker engine answers."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import docker
import requests
from docker.context import ContextAPI
from docker.errors import DockerException
from testcontainers.core.container import DockerContainer

from tests.support import server_kafka, server_postgresql
from tests.support.server_handle import Server, started
from tests.support.server_program import Unavailable, free_port

POSTGRESQL_IMAGE = "postgres:17"
KAFKA_IMAGE = "apache/kafka:4.1.1"
SECONDS_TO_STOP = 30


@dataclass(slots=True)
class ContainerMachine:
    """A container that is started and stopped over the same data."""

    box: DockerContainer

    @property
    def running(self) -> bool:
        """Whether it is there, frozen or not."""
        return self._status() in {"running", "paused"}

    def start(self) -> None:
        """Starts it if it does not run."""
        if not self.running:
            self._container.start()

    def stop(self) -> None:
        """Asks it to end and waits for that."""
        if self.running:
            self.resume()
            self._container.stop(timeout=SECONDS_TO_STOP)

    def kill(self) -> None:
        """Kills it, as a loss of power would."""
        if self.running:
            self.resume()
            self._container.kill()

    def pause(self) -> None:
        """Freezes it."""
        self._container.pause()

    def resume(self) -> None:
        """Goes on after `pause`."""
        if self._status() == "paused":
            self._container.unpause()

    def close(self) -> None:
        """Removes it."""
        self.box.stop()

    def last_words(self) -> str:
        """The end of what it printed."""
        text = self._container.logs(tail=5).decode("utf-8", "replace")
        return " / ".join(text.split("\n"))

    @property
    def _container(self) -> Any:
        return self.box.get_wrapped_container()

    def _status(self) -> str:
        self._container.reload()
        return str(self._container.status)


def start_postgresql(*, durable: bool = False) -> Server:
    """PostgreSQL in a container, with a random password. Raises Unavailable with the reason."""
    port, password = free_port(), secrets.token_hex(12)
    user = server_postgresql.USER
    settings = {"max_connections": "200", **({} if durable else server_postgresql.CARELESS)}
    environment = {
        "POSTGRES_USER": user,
        "POSTGRES_PASSWORD": password,
        "POSTGRES_DB": "postgres",
        "POSTGRES_INITDB_ARGS": "--locale-provider=icu --icu-locale=en-US",
    }
    command = ["postgres", *(word for name, value in settings.items() for word in ("-c", f"{name}={value}"))]
    url = f"postgresql://{user}:{password}@127.0.0.1:{port}/postgres"
    return _started(
        POSTGRESQL_IMAGE, {5432: port}, environment, command,
        lambda machine: Server(url=url, address=f"127.0.0.1:{port}", answers=lambda: server_postgresql.ask(url), machine=machine),
    )  # fmt: skip


def start_kafka() -> Server:
    """One broker in a container. Raises Unavailable with the reason."""
    port = free_port()
    address = f"127.0.0.1:{port}"
    settings = {
        **server_kafka.SETTINGS,
        "listeners": f"PLAINTEXT://0.0.0.0:{port},CONTROLLER://localhost:9093",
        "advertised.listeners": f"PLAINTEXT://{address}",
        "controller.quorum.voters": "1@localhost:9093",
    }
    environment = {f"KAFKA_{name.upper().replace('.', '_')}": value for name, value in settings.items()}
    return _started(
        KAFKA_IMAGE, {port: port}, environment, None,
        lambda machine: Server(
            url=f"kafka://{address}", address=address, answers=lambda: server_kafka.ask(address), machine=machine
        ),
    )  # fmt: skip


def ask_engine() -> None:
    """Raises Unavailable unless a Docker engine answers."""
    place = os.environ.get("DOCKER_HOST") or ContextAPI.get_current_context().Host
    try:
        _knock(place)
        with closing(docker.DockerClient(base_url=place, timeout=5)) as client:
            client.ping()
    except (DockerException, requests.RequestException, OSError) as silent:
        raise Unavailable(f"no Docker engine answers at {place}") from silent


def _knock(place: str) -> None:
    """The client leaves its socket open where nobody listens, so it is asked only where somebody does."""
    if place.startswith("unix://"):
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(5)
            probe.connect(place.removeprefix("unix://"))


def _started(
    image: str,
    ports: Mapping[int, int],
    environment: Mapping[str, str],
    command: list[str] | None,
    server_on: Callable[[ContainerMachine], Server],
) -> Server:
    ask_engine()
    box = DockerContainer(image).with_envs(**environment)
    for inside, outside in ports.items():
        box.ports[f"{inside}/tcp"] = ("127.0.0.1", outside)  # type: ignore[assignment]  # the engine takes an address as well
    if command:
        box.with_command(command)
    try:
        box.start()
    except Exception as failed:
        box.stop()
        raise Unavailable(f"{image} did not start: {failed}") from failed
    return started(server_on(ContainerMachine(box)))
