"""What leaves the house works outside it: each wheel is built, put into an empty environment, and used there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.words import ROOT

UV = Path(sys.executable).with_name("uv")
SCRIPTS = Path(sys.executable).parent.name  # bin, or Scripts

pytestmark = pytest.mark.slow

IMPORT_ALL = """
import importlib, pkgutil, hepledger_events
for module in pkgutil.walk_packages(hepledger_events.__path__, "hepledger_events."):
    importlib.import_module(module.name)
print(hepledger_events.__file__)
"""


def run(*command: object, cwd: Path = ROOT) -> str:
    """The output of a command that must succeed, in an environment that knows nothing of the checkout."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "HEPLEDGER", "VIRTUAL_ENV"))
    }
    result = subprocess.run(list(map(str, command)), cwd=cwd, env=kept, capture_output=True, text=True, check=False)
    assert result.returncode == 0, f"{command}\n{result.stdout}\n{result.stderr}"
    return result.stdout


def wheel_of(member: str, folder: Path) -> Path:
    """The wheel of a member of the workspace, built from its sources."""
    run(UV, "build", "--wheel", "--no-build-isolation", "--python", sys.executable, "--out-dir", folder, ROOT / member)
    (wheel,) = folder.glob("hepledger_events-*.whl" if member == "events" else "hepledger-*.whl")
    return wheel


def environment_with(folder: Path, *wheels: Path) -> Path:
    """The programs of a new environment that holds the wheels and what they ask for; from the local cache if it is all there."""
    run(UV, "venv", "--python", sys.executable, folder)
    programs = folder / SCRIPTS
    install = [UV, "pip", "install", "--python", programs / "python", "--constraint", ROOT / "constraints.txt", *wheels]
    offline = subprocess.run([*map(str, install), "--offline"], cwd=ROOT, capture_output=True, check=False)
    if offline.returncode != 0:
        run(*install)
    return programs


def test_the_published_language_is_installed_and_imported_alone_with_pydantic_only(tmp_path: Path) -> None:
    programs = environment_with(tmp_path / "empty", wheel_of("events", tmp_path))

    where = run(programs / "python", "-c", IMPORT_ALL, cwd=tmp_path)
    installed = run(UV, "pip", "list", "--python", programs / "python", "--format", "freeze")

    assert Path(where.strip()).is_relative_to(tmp_path)
    assert {line.partition("==")[0] for line in installed.split()} == {
        "hepledger-events",
        "pydantic",
        "pydantic-core",  # the rest is what pydantic itself asks for
        "annotated-types",
        "typing-extensions",
        "typing-inspection",
    }


def test_the_application_runs_its_demonstration_outside_the_checkout(tmp_path: Path) -> None:
    programs = environment_with(tmp_path / "empty", wheel_of("events", tmp_path), wheel_of("services", tmp_path))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()

    version = run(programs / "hepledger", "--version", cwd=elsewhere)
    shown = run(programs / "hepledger", "demo", cwd=elsewhere)
    listed = run(programs / "hepledger", "criteria", "list", cwd=elsewhere)

    assert "0.1.0" in version
    assert "Gut 2011;60(Suppl 1):A233" in shown
    assert "hegade-2011" in listed
    assert (elsewhere / "hepledger-data").is_dir()
