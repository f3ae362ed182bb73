"""What is deployed is what the house has: pinned, without rights it does not need, with commands and settings that exist."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

import click
import pytest

from hepledger.config import KNOWN_SETTINGS
from tests.support.deployment import (
    COMPOSE,
    DEPLOY,
    DOCKERFILE,
    ENV_EXAMPLE,
    PINNED,
    README,
    VARIABLE,
    Step,
    broker_version,
    check_command,
    command_of,
    hepledger_commands,
    interpolated,
    scripts,
    section,
    service_faults,
    services,
    stages,
)
from tests.support.server_containers import KAFKA_IMAGE, POSTGRESQL_IMAGE
from tests.support.servers import in_ci
from tests.support.words import ROOT

HADOLINT = Path(sys.executable).with_name("hadolint")
PASSWORD = {"POSTGRES_PASSWORD": "x"}
SETTING = re.compile(r"HEPLEDGER_[A-Z_]+")
VERSION = tomllib.loads((ROOT / "services" / "pyproject.toml").read_text("utf-8"))["project"]["version"]
STANDING = services(COMPOSE.read_text("utf-8"))
OURS = {name: service for name, service in STANDING.items() if "build" in service}


def compose_program() -> list[str] | None:
    """The Compose of this machine, which needs no engine to check a file; the plugin, or the older program."""
    for command in (["docker", "compose"], ["docker-compose"]):
        if (
            shutil.which(command[0])
            and subprocess.run([*command, "version"], capture_output=True, check=False).returncode == 0
        ):
            return command
    return None


def composed(folder: Path, text: str, environment: Mapping[str, str]) -> str:
    """What Compose has to say against a file, in a folder without an `.env`."""
    program = compose_program()
    if program is None:
        pytest.skip("neither the compose plugin of docker nor docker-compose is here")
    (folder / "compose.yaml").write_text(text, "utf-8")
    known = {"PATH": os.environ["PATH"], "HOME": str(folder), **environment}
    command = [*program, "config", "--quiet"]
    return subprocess.run(command, cwd=folder, env=known, capture_output=True, check=False, text=True).stderr


def linted(dockerfile: Path) -> str:
    if not HADOLINT.exists() and not in_ci():
        pytest.skip("hadolint is not installed")
    return subprocess.run([HADOLINT, "--no-color", dockerfile], capture_output=True, check=False, text=True).stdout


def test_hadolint_finds_nothing_in_the_dockerfile() -> None:
    assert linted(DOCKERFILE) == ""


def test_hadolint_does_look(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM python\nRUN cd /srv && pip install hepledger\n")

    assert {"DL3006", "DL3003", "DL3013"} <= set(re.findall(r"DL\d{4}", linted(tmp_path / "Dockerfile")))


def test_compose_takes_the_file_once_the_password_is_set_and_not_before(tmp_path: Path) -> None:
    text = COMPOSE.read_text("utf-8")

    assert composed(tmp_path, text, PASSWORD) == ""
    assert "copy env.example to .env" in composed(tmp_path, text, {})


def test_compose_refuses_what_it_does_not_know(tmp_path: Path) -> None:
    faulty = COMPOSE.read_text("utf-8").replace("healthcheck:", "healthchek:", 1)

    assert "healthchek" in composed(tmp_path, faulty, PASSWORD)


@pytest.mark.parametrize("name", STANDING)
def test_a_service_is_pinned_watched_and_without_rights_it_does_not_need(name: str) -> None:
    assert list(service_faults(name, STANDING[name])) == []


def test_a_service_that_is_none_of_it_is_told_so() -> None:
    faulty = {"image": "postgres:latest", "ports": ["5432:5432"], "privileged": True}

    assert list(service_faults("db", faulty)) == [
        "db: the image is not pinned",
        "db: has rights it does not need",
        "db: can gain rights",
        "db: can write to its own file system",
        "db: its log grows without end",
        "db: is not started again",
        "db: has ten seconds to stop",
        "db: nobody asks whether it is well",
        "db: the port 5432:5432 is open to the network",
    ]


def test_the_servers_are_those_that_the_tests_run() -> None:
    assert STANDING["kafka"]["image"] == KAFKA_IMAGE == f"apache/kafka:{broker_version()}"
    assert STANDING["postgresql"]["image"].startswith(f"{POSTGRESQL_IMAGE}-")


@pytest.mark.parametrize("name", OURS)
def test_a_service_of_ours_runs_a_command_that_there_is_of_the_version_that_there_is(name: str) -> None:
    assert OURS[name]["image"] == f"hepledger:{VERSION}"
    check_command(command_of(OURS[name]))


@pytest.mark.parametrize(
    "command",
    [command for script in scripts(README.read_text("utf-8")) for command in hepledger_commands(script)],
    ids=" ".join,
)
def test_a_command_of_the_readme_is_one_that_there_is(command: list[str]) -> None:
    check_command(command)


@pytest.mark.parametrize("command", ["nonsense", "project --fast", "log create --partitions none", "quarantine gone"])
def test_a_command_that_there_is_not_is_noticed(command: str) -> None:
    with pytest.raises(click.UsageError):
        check_command(command.split())


def test_every_setting_named_where_things_are_deployed_is_one_that_there_is() -> None:
    named = {
        name for file in (COMPOSE, DOCKERFILE, ENV_EXAMPLE, README) for name in SETTING.findall(file.read_text("utf-8"))
    }
    assert named <= KNOWN_SETTINGS


def test_the_settings_of_the_readme_are_all_that_an_operator_has() -> None:
    told = set(
        re.findall(r"^\| `(HEPLEDGER_[A-Z_]+)` \|", section(README.read_text("utf-8"), "Settings"), re.MULTILINE)
    )
    ours = {name for name in KNOWN_SETTINGS if name.startswith("HEPLEDGER_TEST_")}

    assert told == KNOWN_SETTINGS - ours - {"HEPLEDGER_CRASHPOINT", "HEPLEDGER_SHARED_DATA"}


def test_what_compose_asks_of_the_environment_is_what_the_example_sets() -> None:
    asked = {match[1] for match in VARIABLE.finditer(COMPOSE.read_text("utf-8"))}
    example = dict(re.findall(r"^(\w+)=(.*)$", ENV_EXAMPLE.read_text("utf-8"), re.MULTILINE))

    assert set(example) == asked | {"COMPOSE_PROJECT_NAME"}
    assert example["POSTGRES_PASSWORD"] == ""
    for name, default in {match[1]: match[2] for match in VARIABLE.finditer(COMPOSE.read_text("utf-8"))}.items():
        assert name == "POSTGRES_PASSWORD" or example[name] == default
    assert ".env" in (DEPLOY / ".gitignore").read_text("utf-8").splitlines()


def test_a_variable_takes_its_default() -> None:
    assert interpolated("${WORKERS:-2} of ${SECRET:?say it}") == "2 of x"


def test_the_image_is_built_on_one_pinned_base_and_runs_as_nobody_special() -> None:
    build, final = stages(DOCKERFILE.read_text("utf-8"))
    base = final[0].rest

    assert PINNED.fullmatch(base)
    with_compiler = base.replace("-slim", "")
    assert (build[0].rest, f'base.name="{base}"' in labels(final)) == (f"{with_compiler} AS build", True)
    assert f'image.version="{VERSION}"' in labels(final)
    (user,) = [step.rest for step in final if step.name == "USER"]
    assert user == "10001:10001"
    assert [step.rest for step in final if step.name in {"ENTRYPOINT", "CMD"}] == ['["hepledger"]', '["--help"]']


def labels(stage: list[Step]) -> str:
    return " ".join(step.rest for step in stage if step.name == "LABEL")


def test_the_health_of_the_image_is_asked_by_a_command_that_there_is() -> None:
    _, final = stages(DOCKERFILE.read_text("utf-8"))
    (check,) = [step.rest for step in final if step.name == "HEALTHCHECK"]

    check_command(re.findall(r'"([^"]+)"', check)[1:])


def test_the_image_sees_of_the_checkout_only_what_it_is_built_from() -> None:
    lines = [line for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if not line.startswith("#")]
    build, _ = stages(DOCKERFILE.read_text("utf-8"))
    copied = {step.rest.split()[0].rstrip("/") for step in build if step.name == "COPY"}

    assert lines[0] == "*"
    assert {line[1:] for line in lines if line.startswith("!")} == copied
    assert all((ROOT / name).exists() for name in copied)
