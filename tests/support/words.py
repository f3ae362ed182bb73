"""What no file of the house may hold: a secret, a host nobody vouched for, a path of somebody's machine, the number of a ticket.

`python -m tests.support.words` prints each with file and line, and fails if there is any. The patterns are written so that they
do not find themselves.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

HOSTS = frozenset(
    {
        "127.0.0.1", "localhost", "asyncapi.com", "cloudevents.io", "doi.org", "github.com", "hl7.org", "json-schema.org",
        "loinc.org", "maven.apache.org", "semver.org", "snomed.info", "terminology.hl7.org", "unitsofmeasure.org",
        "www.apache.org", "www.hl7.org",
    }
)  # fmt: skip
"""Hosts that an address in the house may name: those of standards and licences. `example` and its kin are free to use."""

FREE_HOSTS = re.compile(r"(.*\.)?(example|invalid|test|localhost)(\.(org|com|net))?")

PATTERNS = {
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KE[Y]"),
    "a token": re.compile(
        r"\b(gh[pousr]_[A-Za-z0-9]{30,}|AKIA[0-9A-Z]{16}|xox[abp]-[A-Za-z0-9-]{10,}|eyJ[A-Za-z0-9_-]{20,}\.eyJ)"
    ),
    "a password": re.compile(r"(?i)\b(password|passwd|secret|api_?key)\s*[:=]\s*[\"'][^\"'${}<>]{4,}[\"']"),
    "a password in an address": re.compile(r"\b[a-z][a-z0-9+]*://(?!user:secret@)[^/\s:@]+:[^/\s:@${}<>]+@"),
    "a package registry": re.compile(r"(?i)\b([p]ypi\.(org|python)|pythonhoste[d]|index[-_]ur[l]\s*=)"),
    "a path of one machine": re.compile(r"(?<![\w./:~-])/(?:work|home|root|Users|opt|mnt|tm[p])/[\w.]"),
    "a path of one Windows machine": re.compile(r"\b[A-Z]:\\Users\\"),
    "the number of a ticket": re.compile(r"(?i)\b(issue|ticket|pull request|PR) ?#\d+|(?<!IS)\bissue \d+\b"),
    "text from outside the house": re.compile(r"shared/[s]pec\b"),
}

ADDRESS = re.compile(r"\b(?:https?|ftp)://([^/\s\"'<>)\]:@]+)")
MADE = re.compile(r"\.git|\.(\w+_cache|hypothesis)|__pycache__|build|dist|hepledger-data|.*\.egg-info")
DRAWERS = re.compile(r"(?i)^(utils?|helpers?|commons?|managers?|misc)(\.py)?$")
"""Names of modules and folders that say nothing of what is inside."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A line that must not stand where it stands."""

    where: str
    what: str
    found: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}: {self.found}"


def tracked_files(root: Path = ROOT) -> list[Path]:
    """Every file that belongs to the house, or would with the next commit; without git every file that is not made by a tool."""
    command = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        names = subprocess.run(command, capture_output=True, check=True, text=True).stdout.split("\0")
    except (OSError, subprocess.CalledProcessError):  # an archive, no git, or a checkout that git will not vouch for
        return files_not_made(root)
    return [root / name for name in names if name and (root / name).is_file()]


def files_not_made(root: Path) -> list[Path]:
    """Every file, but for environments, caches and what was built."""
    found = []
    for folder, folders, files in os.walk(root):
        folders[:] = [
            name for name in folders if not MADE.fullmatch(name) and not (Path(folder, name) / "pyvenv.cfg").exists()
        ]
        found += [Path(folder, name) for name in files if not name.endswith(".pyc")]
    return sorted(found)


def findings_in(name: str, text: str) -> Iterator[Finding]:
    """What must not stand in a text; ``name`` is how to speak of it."""
    for number, line in enumerate(text.splitlines(), 1):
        for what, pattern in PATTERNS.items():
            if match := pattern.search(line):
                yield Finding(f"{name}:{number}", what, match[0])
        for match in ADDRESS.finditer(line):
            host = match[1].rstrip(".,;").lower()
            if host not in HOSTS and not FREE_HOSTS.fullmatch(host) and not host.startswith(("{", "$")):
                yield Finding(f"{name}:{number}", "a host nobody vouched for", host)


def drawers_in(names: Iterable[str]) -> Iterator[Finding]:
    """Modules and folders named like a drawer for anything."""
    for name in names:
        for part in Path(name).parts:
            if DRAWERS.match(part):
                yield Finding(name, "a name that says nothing", part)


def survey(paths: Iterable[Path], root: Path = ROOT) -> list[Finding]:
    """What must not stand in any of the files; what is not text is passed over."""
    names = {path: str(path.relative_to(root)) for path in paths}
    found = list(drawers_in(names.values()))
    for path, name in names.items():
        content = path.read_bytes()
        if b"\0" not in content[:8000]:
            found += findings_in(name, content.decode("utf-8", "replace"))
    return found


def main() -> int:
    """Print the survey; 1 if there is anything."""
    found = survey(tracked_files())
    for finding in found:
        print(finding)
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
