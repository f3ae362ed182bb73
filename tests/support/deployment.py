"""What stands in `deploy/`, taken apart: the services of Compose, the steps of the image, the commands of the README."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import yaml

from hepledger.cli.entry import cli
from tests.support.words import ROOT

DEPLOY = ROOT / "deploy"
COMPOSE = DEPLOY / "compose.yaml"
DOCKERFILE = DEPLOY / "Dockerfile"
README = DEPLOY / "README.md"
ENV_EXAMPLE = DEPLOY / "env.example"

VARIABLE = re.compile(r"\$\{(\w+)(?::[-?]([^}]*))?\}")
FENCE = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PINNED = re.compile(r"(?:[\w.-]+/)?[\w.-]+:v?\d[\w.-]*")
ONE_SHOT = "no"


def services(text: str) -> dict[str, dict[str, Any]]:
    """The services of a Compose file, anchors resolved; variables stand as they are."""
    found: dict[str, dict[str, Any]] = yaml.safe_load(text)["services"]
    return found


def interpolated(text: str) -> str:
    """A text with the defaults of its variables; one without a default becomes `x`."""
    return VARIABLE.sub(lambda match: match[2] if match[2] and ":-" in match[0] else "x", text)


def service_faults(name: str, service: Mapping[str, Any]) -> Iterator[str]:
    """What a service must have and has not, or must not have and has."""
    if not PINNED.fullmatch(service.get("image", "")):
        yield f"{name}: the image is not pinned"
    if service.get("cap_drop") != ["ALL"] or "cap_add" in service or service.get("privileged"):
        yield f"{name}: has rights it does not need"
    if "no-new-privileges:true" not in service.get("security_opt", []):
        yield f"{name}: can gain rights"
    if not service.get("read_only") and name != "kafka":
        yield f"{name}: can write to its own file system"
    if "max-size" not in service.get("logging", {}).get("options", {}):
        yield f"{name}: its log grows without end"
    if service.get("restart") != ONE_SHOT:
        yield from _faults_of_one_that_stays(name, service)
    for port in service.get("ports", []):
        if not str(port).startswith("127.0.0.1:"):
            yield f"{name}: the port {port} is open to the network"


def _faults_of_one_that_stays(name: str, service: Mapping[str, Any]) -> Iterator[str]:
    if service.get("restart") != "unless-stopped":
        yield f"{name}: is not started again"
    if "stop_grace_period" not in service:
        yield f"{name}: has ten seconds to stop"
    if "test" not in service.get("healthcheck", {}) and "build" not in service:  # our image has its own
        yield f"{name}: nobody asks whether it is well"


def command_of(service: Mapping[str, Any]) -> list[str]:
    """What follows `hepledger` in a container of our image."""
    entry = service.get("entrypoint", ["hepledger"])
    return [interpolated(word) for word in [*entry[1:], *service.get("command", [])]]


def check_command(words: Sequence[str]) -> None:
    """Raises click's errors at a command, an option or a value that the program does not know; runs nothing."""
    context, left = click.Context(cli, info_name="hepledger"), list(words)
    while left and left[0].startswith("--"):  # options of the program itself take a value each
        left = left[2:]
    command: click.Command = cli
    while isinstance(command, click.Group):
        name, found, left = command.resolve_command(context, left)  # raises UsageError
        if found is None:
            raise click.UsageError(f"no command {name}")
        command = found
    if "--help" not in left:
        command.make_context(command.name, left, parent=context)


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the image: the instruction and what follows it, on one line."""

    name: str
    rest: str


def stages(text: str) -> list[list[Step]]:
    """The steps of a Dockerfile by stage, each stage with its FROM first."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    found: list[list[Step]] = []
    for line in re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines():
        name, _, rest = line.partition(" ")
        if name == "FROM":
            found.append([])
        found[-1].append(Step(name, rest.strip()))
    return found


def section(text: str, heading: str) -> str:
    """What stands below a heading, up to the next of its rank."""
    return text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def scripts(text: str) -> list[str]:
    """The console blocks of a text as shell scripts: a line with `$ ` begins a command, others belong to the one above."""
    return [re.sub(r"^\$ ", "", block, flags=re.MULTILINE) for block in FENCE.findall(text)]


def hepledger_commands(script: str) -> Iterator[list[str]]:
    """What follows `hepledger` wherever a script calls it; also `docker compose run --rm SERVICE`."""
    for part in re.split(r"[\n|;&]+|\bdo\b", script):
        words = shlex.split(part.strip()) if part.count('"') % 2 == 0 and part.count("'") % 2 == 0 else []
        words = words[1:] if words[:1] == ["until"] else words
        if words[:1] == ["hepledger"]:
            yield words[1:]
        elif words[:4] == ["docker", "compose", "run", "--rm"]:
            rest = words[6:] if words[4] == "--env" else words[4:]
            yield (["ingest"] if rest[0] == "ingest" else []) + rest[1:]


def broker_version(pom: Path = DEPLOY / "kafka" / "pom.xml") -> str:
    """The version of Apache Kafka whose jars the tests run."""
    (version,) = re.findall(
        r"<artifactId>kafka_2\.13</artifactId>\s*<version>([\d.]+)</version>", pom.read_text("utf-8")
    )
    return str(version)
