"""The README of `deploy/`, typed as it stands there: on a PostgreSQL and a Kafka, with workers, relay and a reporting team's reader.

And the image: its steps, taken here where there is no engine to build it.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.deployment import DOCKERFILE, README, scripts, section, stages
from tests.support.server_handle import Server
from tests.support.server_postgresql import fresh_database
from tests.support.words import ROOT

PROGRAMS = Path(sys.executable).parent
PATIENCE = 240.0

ADDRESSES, *BY_HAND = scripts(section(README.read_text("utf-8"), "By hand"))


def clean_environment(**more: str) -> dict[str, str]:
    """As a user's, with this environment's programs first, and no settings of ours."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("HEPLEDGER", "PYTHON", "VIRTUAL_ENV"))
    }
    return {**kept, "PATH": f"{PROGRAMS}{os.pathsep}{kept['PATH']}", **more}


def typed(script: str, folder: Path, environment: Mapping[str, str]) -> tuple[int, str, str]:
    """A script in a shell of its own that stops at the first failure: code, output, errors. What it leaves behind is ended."""
    with (folder / "out").open("w") as out, (folder / "err").open("w") as err:
        command = ["bash", "-euo", "pipefail", "-c", script]
        shell = subprocess.Popen(command, cwd=folder, env=environment, stdout=out, stderr=err, start_new_session=True)
        try:
            code = shell.wait(timeout=PATIENCE)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(shell.pid, signal.SIGKILL)
    return code, (folder / "out").read_text("utf-8"), (folder / "err").read_text("utf-8")


def test_what_is_to_be_done_by_hand_works_word_for_word(
    tmp_path: Path, durable_postgresql_server: Server, kafka_server: Server, kafka_prefix: str
) -> None:
    (tmp_path / "deploy").symlink_to(ROOT / "deploy")
    with fresh_database(durable_postgresql_server) as url:
        parts = urlsplit(url)
        addresses = {
            "HEPLEDGER_DATABASE_URL": f"postgresql://{parts.username}@{parts.hostname}:{parts.port}{parts.path}",
            "HEPLEDGER_LOG_URL": f"{kafka_server.url}/{kafka_prefix}",
            "KAFKA": kafka_server.address,
            "DERIVED_TOPIC": f"{kafka_prefix}hepledger.derived",
        }
        assert re.findall(r"^export (\w+)=", ADDRESSES, re.MULTILINE) == list(addresses)
        environment = clean_environment(PGPASSWORD=parts.password or "", **addresses)
        code, out, err = typed("\n".join(BY_HAND), tmp_path, environment)

    assert (code, "Complete response (CR) entered, from PR" in out) == (0, True), (out, err)
    assert re.search(r"^CR\t1$", out, re.MULTILINE), out
    assert (tmp_path / "assessments.csv").read_text("utf-8").splitlines()[1:] == [
        "hegade-2011,LEE,LEE-001,60,2024-04-30,PR,2024-04-30,true,",
        "hegade-2011,LEE,LEE-001,95,2024-06-04,CR,2024-04-30,true,",
    ]


def test_a_line_of_the_readme_that_fails_is_noticed_and_nothing_is_left_running(tmp_path: Path) -> None:
    script = "sleep 600 & echo $!\nhepledger --home nowhere status\necho never"
    code, out, err = typed(script, tmp_path, clean_environment())

    assert (code, "never" in out, "hepledger init" in err) == (2, False, True)
    assert _gone(int(out))


def _gone(process: int) -> bool:
    for _ in range(100):
        with suppress(FileNotFoundError):
            if Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].split()[0] != "Z":
                time.sleep(0.05)
                continue
        return True
    return False


@pytest.mark.slow
def test_the_steps_of_the_image_give_a_program_that_knows_nothing_of_the_checkout(tmp_path: Path) -> None:
    build, _ = stages(DOCKERFILE.read_text("utf-8"))
    source, programs = tmp_path / "src", tmp_path / "srv" / "hepledger" / "bin"
    source.mkdir()
    for step in build:
        if step.name == "COPY":
            _copy(step.rest.split()[0], source)
        elif step.name == "RUN":
            code, out, err = typed(_here(step.rest, tmp_path), source, clean_environment())
            assert code == 0, (step.rest, out, err)
    shutil.rmtree(source)

    _, version, _ = typed(f"{programs}/hepledger --version", tmp_path, clean_environment())
    _, where, _ = typed(f"{programs}/python -c 'import hepledger_events as e; print(e.__file__)'", tmp_path, {})
    assert "hepledger" in version
    assert Path(where.strip()).is_relative_to(programs.parent)


def _here(step: str, folder: Path) -> str:
    """A step whose absolute paths begin in a folder, with this Python, and with the packages that are at hand already."""
    moved = re.sub(r"(?<= )/(uv|srv/hepledger)\b", rf"{folder}/\1", f" {step}")
    return moved.replace(" --no-cache ", " ").replace(" python -m venv", f" {sys.executable} -m venv")


def _copy(name: str, folder: Path) -> None:
    if (ROOT / name).is_dir():
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    else:
        shutil.copy(ROOT / name, folder)
