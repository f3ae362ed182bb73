"""The walls between the rooms hold: an import against the arrows is caught, and so is a folder that nobody placed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.imports import out_of_room, sources, unfit_for_clinical
from tests.support.words import ROOT

LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")

OFFENCES = {
    "a folder that nobody placed": ("hepledger/stray/__init__.py", "", "hepledger.stray"),
    "a module that nobody placed": ("hepledger/stray.py", "", "hepledger.stray"),
    "an arrow pointing up": (
        "hepledger/state/offence.py",
        "import hepledger.intake",
        "hepledger.state.offence -> hepledger.intake",
    ),
    "a look across": (
        "hepledger/intake/offence.py",
        "import hepledger.reporting",
        "hepledger.intake.offence -> hepledger.reporting",
    ),
    "clinical reading tables": (
        "hepledger/clinical/offence.py",
        "import sqlalchemy",
        "hepledger.clinical.offence -> sqlalchemy",
    ),
    "clinical reading contracts": (
        "hepledger/clinical/offence.py",
        "import hepledger_events.reported",
        "hepledger.clinical.offence -> hepledger_events.reported",
    ),
    "the log learning medicine": (
        "hepledger/log/offence.py",
        "import hepledger_events.vocabulary",
        "hepledger.log.offence -> hepledger_events.vocabulary",
    ),
    "the language learning of the application": (
        "hepledger_events/offence.py",
        "import hepledger.errors",
        "hepledger_events.offence -> hepledger.errors",
    ),
    "SQL outside its rooms": (
        "hepledger/projection/offence.py",
        "import sqlalchemy",
        "hepledger.projection.offence -> sqlalchemy",
    ),
    "Kafka outside its room": (
        "hepledger/projection/offence.py",
        "import kafka",
        "hepledger.projection.offence -> kafka",
    ),
    "pydantic outside its rooms": (
        "hepledger/state/offence.py",
        "import pydantic",
        "hepledger.state.offence -> pydantic",
    ),
}


def house_in(folder: Path) -> Path:
    """A copy of both packages and of the contracts that hold them."""
    for package in ("services/hepledger", "events/hepledger_events"):
        shutil.copytree(ROOT / package, folder / Path(package).name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def linted(folder: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(folder), "COLUMNS": "300", "NO_COLOR": "1"}
    command = [str(LINT_IMPORTS), "--no-cache"]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_the_house_keeps_its_contracts(tmp_path: Path) -> None:
    result = linted(house_in(tmp_path))

    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("offence", OFFENCES)
def test_an_offence_is_caught_and_named(offence: str, tmp_path: Path) -> None:
    place, content, named = OFFENCES[offence]
    house = house_in(tmp_path)
    (house / place).parent.mkdir(exist_ok=True)
    (house / place).write_text(content + "\n", "utf-8")

    result = linted(house)

    assert result.returncode != 0
    assert named in result.stdout


def test_clinical_sees_its_vocabulary_and_what_only_computes() -> None:
    modules = sources([ROOT / "services/hepledger/clinical"])

    assert [offence for name, source in modules for offence in unfit_for_clinical(name, source)] == []


@pytest.mark.parametrize(
    ("source", "offence"),
    [
        ("import os", "m imports os"),
        ("from hepledger_events.envelope import Envelope", "m imports hepledger_events.envelope"),
        ("from hepledger.errors import NotFound", "m imports hepledger.errors"),
        ("def f():\n    import random", "m imports random"),
        ("from datetime import date\nday = date.today()", "m calls today"),
        ("x = float('3.3')", "m calls float"),
    ],
)
def test_clinical_reading_a_clock_a_file_or_chance_is_caught(source: str, offence: str) -> None:
    assert unfit_for_clinical("m", source) == [offence]


def test_each_package_of_others_stays_in_its_rooms() -> None:
    modules = sources([ROOT / "services/hepledger", ROOT / "events/hepledger_events", ROOT / "migrations"])

    assert [offence for name, source in modules for offence in out_of_room(name, source)] == []


def test_a_package_outside_its_rooms_is_caught() -> None:
    assert out_of_room("hepledger/projection/project.py", "from sqlalchemy import text") == [
        "hepledger/projection/project.py imports sqlalchemy"
    ]
    assert out_of_room("hepledger/state/facts.py", "from sqlalchemy import text") == []
