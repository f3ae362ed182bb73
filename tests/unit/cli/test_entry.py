"""Commands are read when they are asked for, and each is found where the table says."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import click

import hepledger.cli
from hepledger.cli.entry import ROOMS, cli


def commands_of(room: str) -> set[str]:
    group = click.Group()
    import_module(f"hepledger.cli.{room}").add_to(group)
    return set(group.commands)


def test_the_table_names_every_command_of_every_room() -> None:
    files = Path(*hepledger.cli.__path__).glob("*.py")
    rooms = {file.stem for file in files if "\ndef add_to(" in file.read_text("utf-8")}

    assert {command: room for room in rooms for command in commands_of(room)} == ROOMS


def test_a_command_is_found_and_another_is_not() -> None:
    context = click.Context(cli)

    assert cli.get_command(context, "verify") is not None
    assert cli.get_command(context, "verfy") is None


def test_a_command_does_not_read_the_others() -> None:
    code = "import sys; from hepledger.cli.entry import run; run(['verify', '-h']); print([m for m in sys.modules])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert "hepledger.cli.verifying" in told
    assert "hepledger.cli.courses" not in told
    assert "hepledger.demo" not in told
