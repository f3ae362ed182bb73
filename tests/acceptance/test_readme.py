"""The README's quick start, typed as it stands there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.support.words import ROOT

PROGRAMS = Path(sys.executable).parent


def test_the_quick_start_of_the_readme_gives_the_course_it_speaks_of(tmp_path: Path) -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    (file,) = re.findall(r"^\$ cat > lee\.ndjson <<'END'\n(.*?)^END$", text, re.MULTILINE | re.DOTALL)
    commands = re.findall(r"^\$ (hepledger .*)$", text, re.MULTILINE)
    (tmp_path / "lee.ndjson").write_text(file, "utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HEPLEDGER")}
    environment["PATH"] = f"{PROGRAMS}{os.pathsep}{environment['PATH']}"

    said = [
        subprocess.run(
            command.split(), cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
        ).stdout
        for command in commands
    ]

    assert len(commands) == 5
    assert "Complete response (CR) entered, from PR" in said[3]
    assert (tmp_path / "assessments.csv").read_text("utf-8").splitlines()[1:] == [
        "hegade-2011,LEE,LEE-001,60,2024-04-30,PR,2024-04-30,true,",
        "hegade-2011,LEE,LEE-001,95,2024-06-04,CR,2024-04-30,true,",
    ]
