"""The house stands alone and keeps no secret; each rule is shown to catch what it is there for."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.words import drawers_in, findings_in, survey, tracked_files

SLASH, AT = "/", "@"

OFFENCES = {
    "a private key": "-----BEGIN RSA PRIVATE " + "KEY-----",
    "a token": "ghp_" + "a1" * 18,
    "a password": "password" + ' = "correct horse"',
    "a password in an address": "postgresql://who:word" + AT + "db/registry",
    "a package registry": "files.python" + "hosted.org",
    "a path of one machine": 'open("' + SLASH + "home" + SLASH + 'someone/file")',
    "a path of one Windows machine": "C:" + "\\Users\\someone",
    "the number of a ticket": "see issue " + "#12",
    "text from outside the house": "../shared" + "/spec/clinical.md",
    "a host nobody vouched for": "https:" + "//mirror.nowhere.dev/simple",
}


def test_no_file_of_the_house_holds_what_it_must_not() -> None:
    assert [str(finding) for finding in survey(tracked_files())] == []


@pytest.mark.parametrize(("what", "line"), OFFENCES.items(), ids=list(OFFENCES))
def test_each_rule_catches_its_offence(what: str, line: str) -> None:
    assert what in [finding.what for finding in findings_in("f", f"a line before\n{line}\n")]


def test_a_finding_names_file_and_line() -> None:
    (finding,) = findings_in("f.md", "\n" + OFFENCES["a host nobody vouched for"])

    assert str(finding) == "f.md:2: a host nobody vouched for: mirror.nowhere.dev"


@pytest.mark.parametrize(
    "line",
    [
        "https://www.apache.org/licenses/LICENSE-2.0 and http://localhost:8080/ and https://lims.example.org/x",
        'source = "/centres/LEE"',
        "postgresql://localhost/registry",
        "read docs/clinical-rules.md, then services/hepledger/projection/project.py",
        "there is an issue with 2 of 3 results",
    ],
)
def test_ordinary_lines_pass(line: str) -> None:
    assert list(findings_in("f", line)) == []


def test_without_git_everything_counts_that_no_tool_made(tmp_path: Path) -> None:
    for name in ("docs/a.md", ".ci/run", ".venv/pyvenv.cfg", ".venv/lib/b.py", ".mypy_cache/c", "x/__pycache__/d.pyc"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")

    assert [str(path.relative_to(tmp_path)) for path in tracked_files(tmp_path)] == [".ci/run", "docs/a.md"]


def test_a_module_named_like_a_drawer_is_caught() -> None:
    named = ["services/hepledger/utils.py", "services/hepledger/helpers/x.py", "services/hepledger/state/facts.py"]

    assert [finding.found for finding in drawers_in(named)] == ["utils.py", "helpers"]
