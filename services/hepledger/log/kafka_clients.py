"""Every client of Kafka is made here. The library's own, when no broker answers, leave a thread and a socket behind each time."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from typing import Any, Final

from kafka.errors import KafkaError
from kafka.net.compat import KafkaNetClient

from hepledger.log.kafka_faults import KafkaUnreachable, reason_of
from hepledger.log.kafka_settings import KafkaSettings

PAUSE_SECONDS: Final = 0.2
KNOCK_SECONDS: Final = 2.0


def connect(kind: Callable[..., Any], settings: KafkaSettings, **config: Any) -> Any:
    """A client of a kind, connected. Raises KafkaUnreachable after ``connect_seconds`` without an answer."""
    await_broker(settings)
    opened: list[Any] = []

    def net_client(*arguments: Any, **options: Any) -> Any:
        opened.append(KafkaNetClient(*arguments, **options))
        return opened[-1]

    try:
        return kind(**{**settings.client(), **config, "kafka_client": net_client})
    except KafkaError as error:
        for client in opened:
            client.close()
        raise KafkaUnreachable(settings.place, reason_of(error)) from error


def await_broker(
    settings: KafkaSettings,
    *,
    sleep: Callable[[float], object] = time.sleep,
    monotonic: Callable[[], float] = time.monotonic,
) -> None:
    """Wait until a broker accepts a connection. Raises KafkaUnreachable."""
    deadline = monotonic() + settings.connect_seconds
    while not any(_answers(server) for server in settings.servers):
        if monotonic() >= deadline:
            raise KafkaUnreachable(settings.place, f"no broker answered in {settings.connect_seconds:g} seconds")
        sleep(PAUSE_SECONDS)


def _answers(server: str) -> bool:
    host, _, port = server.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=KNOCK_SECONDS).close()
    except OSError:
        return False
    return True
