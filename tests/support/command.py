"""The command line as a test uses it: in this process where only the answer matters, as a program where the process does."""

from __future__ import annotations

import io
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterable, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hepledger.cli.entry import run


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command ended with and what it said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The answer as the JSON it is."""
        return json.loads(self.out)


@dataclass(frozen=True, slots=True)
class Home:
    """The folder of a registry, and the commands to it."""

    folder: Path

    def __call__(self, *arguments: str | Path) -> Answer:
        """Runs a command in this process."""
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            code = run(["--home", str(self.folder), *map(str, arguments)])
        return Answer(code, out.getvalue(), err.getvalue())

    def done(self, *arguments: str | Path) -> Answer:
        """Runs a command that is to end well."""
        answer = self(*arguments)
        assert answer.code == 0, (arguments, answer)
        return answer

    def holding(self, submissions: Iterable[Mapping[str, Any]], name: str = "delivery.ndjson") -> Home:
        """Creates the registry if need be, takes the submissions in and projects them."""
        delivery = list(submissions)
        self.done("init")
        if delivery:
            self.done("ingest", write_ndjson(self.folder.parent / name, delivery))
        self.done("project")
        return self

    def export(self, what: str, *options: str | Path, suffix: str = ".csv") -> str:
        """The text of an exported table."""
        target = self.folder.parent / f"exported-{what}{suffix}"
        self.done("export", what, "--to", target, *options)
        return target.read_bytes().decode()

    def program(self, *arguments: str | Path, **options: Any) -> subprocess.Popen[str]:
        """Starts the real program."""
        command = [sys.executable, "-m", "hepledger.cli", "--home", str(self.folder), *map(str, arguments)]
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "encoding": "utf-8"}
        return subprocess.Popen(command, env=environment, **{**pipes, **options})


def home_in(folder: Path) -> Home:
    """A home that is not there yet."""
    return Home(folder / "registry")


def write_ndjson(file: Path, submissions: Iterable[Mapping[str, Any]]) -> Path:
    """A file with one submission a line."""
    file.write_text("".join(json.dumps(each) + "\n" for each in submissions), "utf-8")
    return file


def edited(home: Home, statement: str) -> None:
    """Somebody edits the database by hand."""
    connection = sqlite3.connect(home.folder / "hepledger.sqlite")
    with connection:
        assert connection.execute(statement).rowcount > 0
    connection.close()
