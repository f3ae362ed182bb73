"""The committee's session, typed as it stands in its document: what is shown there is what comes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.console import Step, difference, steps_in
from tests.support.words import ROOT

DOCUMENT = ROOT / "docs" / "committee.md"
PROGRAMS = Path(sys.executable).parent
SHOWN = """\
```console
$ cat > a.txt <<'END'
no command
END
$ cat a.txt
no command
```
"""


def typed(command: str, folder: Path) -> tuple[int, list[str]]:
    """What a command ends with, and what stands at the terminal then."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HEPLEDGER")}
    environment |= {"PATH": f"{PROGRAMS}{os.pathsep}{environment['PATH']}", "PYTHONUTF8": "1"}
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )
    return done.returncode, done.stdout.splitlines()


def test_every_command_of_the_session_answers_as_it_is_shown(tmp_path: Path) -> None:
    steps = list(steps_in(DOCUMENT.read_text("utf-8")))
    assert len(steps) > 20
    for step in steps:
        code, real = typed(step.command, tmp_path)
        assert (code, difference(step.shown, real)) == (0, None), (step.command, real)


def test_the_readme_points_to_the_session() -> None:
    assert "(docs/committee.md)" in (ROOT / "README.md").read_text("utf-8")


def test_what_is_typed_into_a_file_is_no_command() -> None:
    assert list(steps_in(SHOWN)) == [
        Step("cat > a.txt <<'END'\nno command\nEND", ()),
        Step("cat a.txt", ("no command",)),
    ]


@pytest.mark.parametrize(
    "shown",
    [
        ("one", "two", "three"),
        ("one", "t…", "three"),
        ("one", "…", "three"),
        ("…", "two", "…"),
        ("…",),
        ("one", "…", "two", "…", "three", "…"),
    ],
)
def test_what_is_shown_in_short_is_what_comes(shown: tuple[str, ...]) -> None:
    assert difference(shown, ("one", "two", "three")) is None


@pytest.mark.parametrize(
    ("shown", "told"),
    [
        ((), "nothing more is shown, and 'one' comes"),
        (("one", "three"), "'three' is shown, and 'two' comes"),
        (("one", "two"), "nothing more is shown, and 'three' comes"),
        (("one", "tw", "three"), "'tw' is shown, and 'two' comes"),
        (("one", "x…", "three"), "'x…' is shown, and 'two' comes"),
        (("…", "three", "four"), "'four' is shown, and nothing more comes"),
        (("…", "two", "one", "…"), "'one' is shown, and 'three' comes"),
    ],
)
def test_what_is_shown_and_does_not_come_is_noticed(shown: tuple[str, ...], told: str) -> None:
    assert difference(shown, ("one", "two", "three")) == told
