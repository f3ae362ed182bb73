"""The stop for modules and functions that grow: what is too long to read at one sitting is split while it still can be.

`python -m tests.support.sizes` prints what is too long and what is about to be; it fails on the first kind.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("events", "services", "migrations", "deploy", "tests")

MODULE_WARNING = 300
MODULE_STOP = 400
FUNCTION_STOP = 40


@dataclass(frozen=True, slots=True)
class TooLong:
    """A module or a function with its number of lines; only a warning where ``stop`` is false."""

    where: str
    lines: int
    limit: int
    stop: bool

    def __str__(self) -> str:
        return f"{'stop' if self.stop else 'warning'}: {self.where} has {self.lines} lines, {self.limit} are the limit"


def modules(root: Path = ROOT) -> Iterator[Path]:
    """Every Python module of the house."""
    for room in ROOMS:
        yield from sorted((root / room).rglob("*.py"))


def too_long(name: str, source: str) -> Iterator[TooLong]:
    """What is too long in one module; ``name`` is how to speak of it."""
    lines = len(source.splitlines())
    if lines > MODULE_WARNING:
        stop = lines > MODULE_STOP
        yield TooLong(name, lines, MODULE_STOP if stop else MODULE_WARNING, stop)
    for function, length, line in functions(source):
        if length > FUNCTION_STOP:
            yield TooLong(f"{name}:{line} {function}", length, FUNCTION_STOP, True)


def functions(source: str) -> Iterator[tuple[str, int, int]]:
    """The functions of a module: name, lines from `def` to the last, line of `def`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1, node.lineno


def survey(paths: Iterable[Path], root: Path = ROOT) -> list[TooLong]:
    """What is too long in any of the modules."""
    return [long for path in paths for long in too_long(str(path.relative_to(root)), path.read_text("utf-8"))]


def main() -> int:
    """Print the survey; 1 if anything must be split."""
    paths = list(modules())
    found = survey(paths)
    for long in sorted(found, key=lambda long: long.stop):
        print(long)
    lengths = [
        length for path in paths if "tests" not in path.parts for _, length, _ in functions(path.read_text("utf-8"))
    ]
    print(f"{len(paths)} modules; the median function outside the tests has {median(lengths or [0]):.0f} lines")
    return int(any(long.stop for long in found))


if __name__ == "__main__":
    sys.exit(main())
