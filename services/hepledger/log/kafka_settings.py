"""Where Kafka is and how this registry talks to it: one address, read once; nothing here connects to anything."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from hepledger.errors import WrongUsage

SCHEME: Final = "kafka"
INSTALL: Final = 'pip install "kafka-python[crc32c,zstd]"'
NEEDED: Final = MappingProxyType(
    {
        "crc32c": "without it every batch is summed in Python, ten times slower",
        "zstandard": "the log is compressed with zstd",
    }
)
OPTIONS: Final = frozenset(
    {"security_protocol", "sasl_mechanism", "ssl_cafile", "ssl_certfile", "ssl_keyfile", "ssl_check_hostname"}
)
REQUEST_MS: Final = 10_000


class KafkaPackageMissing(WrongUsage):
    """A package that the log on Kafka needs is not installed."""

    def __init__(self, package: str) -> None:
        super().__init__(f"The log on Kafka needs the package {package} ({NEEDED[package]}): install it with {INSTALL}")
        self.package = package


class KafkaAddressUnreadable(WrongUsage):
    """The address of Kafka cannot be read."""

    def __init__(self, reason: str) -> None:  # the address itself may hold a password
        super().__init__(
            f"The address of Kafka cannot be read: {reason}. Write kafka://HOST:PORT[,HOST:PORT…][/PREFIX][?OPTION=VALUE…]"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class KafkaSettings:
    """An address of Kafka. Topics are named like streams, after ``prefix`` and a dot where there is one."""

    servers: tuple[str, ...]
    prefix: str = ""
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)  # of the client: security, user, password
    connect_seconds: float = 10.0  # how long a broker may take to answer the first time
    delivery_seconds: float = 30.0  # how long one attempt to append may take; a broker restarts in less

    def topic(self, stream: str) -> str:
        """The topic of a stream."""
        return f"{self.prefix}.{stream}" if self.prefix else stream

    @property
    def place(self) -> str:
        """The brokers, for a message."""
        return ", ".join(self.servers)

    def client(self) -> dict[str, Any]:
        """What every client of Kafka is made with."""
        return {
            "bootstrap_servers": list(self.servers),
            "bootstrap_timeout_ms": round(self.connect_seconds * 1_000),
            "request_timeout_ms": REQUEST_MS,
            "reconnect_backoff_max_ms": 1_000,
            **self.options,
        }


def settings_from(url: str) -> KafkaSettings:
    """The settings of ``kafka://[NAME@]HOST:PORT[,HOST:PORT…][/PREFIX][?OPTION=VALUE…]``; see OPTIONS.

    NAME is a user, or a user and a password with a colon between them, percent-encoded.

    Raises KafkaAddressUnreadable, which never repeats the address.
    """
    parts = urlsplit(url)
    user, at, brokers = parts.netloc.rpartition("@")
    servers = tuple(server for server in brokers.split(",") if server)
    if parts.scheme != SCHEME or not servers:
        raise KafkaAddressUnreadable("it names no broker")
    if any(not server.rpartition(":")[2].isdecimal() for server in servers):
        raise KafkaAddressUnreadable("a broker has no port")
    options: dict[str, Any] = dict(parse_qsl(parts.query))
    if unknown := sorted(options.keys() - OPTIONS):
        raise KafkaAddressUnreadable(f"there is no option {', '.join(unknown)}")
    if "ssl_check_hostname" in options:
        options["ssl_check_hostname"] = options["ssl_check_hostname"] != "false"
    if at:
        options |= _credentials(user)
    return KafkaSettings(servers=servers, prefix=parts.path.strip("/."), options=options)


def _credentials(user: str) -> dict[str, str]:
    name, _, word = user.partition(":")
    return {"sasl_plain_username": unquote(name), "sasl_plain_password": unquote(word)}


def check_packages() -> None:
    """Raises KafkaPackageMissing where the log would not be compressed, or summed ten times too slowly."""
    for package in NEEDED:
        try:
            importlib.import_module(package)
        except ImportError:
            raise KafkaPackageMissing(package) from None
