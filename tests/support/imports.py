"""Who imports what, read from the source: for walls that name modules by what they may see rather than by what they may not."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

PURE = frozenset(
    {
        "__future__", "bisect", "collections", "collections.abc", "dataclasses", "datetime", "decimal", "enum", "fractions",
        "functools", "itertools", "json", "math", "operator", "re", "struct", "types", "typing", "zlib",
    }
)  # fmt: skip
"""Modules of the standard library that compute and nothing else."""

CLINICAL_SEES = PURE | {"hepledger.clinical", "hepledger_events.vocabulary"}

ROOMS_OF: Mapping[str, tuple[str, ...]] = {
    "sqlalchemy": (
        "hepledger/tables", "hepledger/database", "hepledger/postgresql", "hepledger/state/", "hepledger/log/sql", "hepledger/reporting/queries",
        "hepledger/bootstrap", "migrations/",
    ),
    "psycopg": ("hepledger/postgresql",),
    "alembic": ("hepledger/state/migrate", "migrations/"),
    "sqlite3": ("hepledger/database", "hepledger/state/", "hepledger/log/sql"),
    "pydantic": ("hepledger_events/", "hepledger/intake/"),
    "pydantic_core": ("hepledger_events/", "hepledger/intake/"),
    "click": ("hepledger/cli/",),
    "kafka": ("hepledger/log/kafka",),
    "pyarrow": ("hepledger/reporting/",),
}  # fmt: skip
"""Third-party package → the only places that may import it."""

UNFIT_FOR_CLINICAL = frozenset({"now", "today", "utcnow", "open", "print", "input", "float"})
"""Calls that read a clock or a file, speak, or leave exact arithmetic."""


def imported(source: str) -> Iterator[str]:
    """The absolute names of all modules that a module imports, wherever in it."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or "."


def called(source: str) -> Iterator[str]:
    """The names of everything that a module calls."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            match node.func:
                case ast.Name(id=name) | ast.Attribute(attr=name):
                    yield name


def unfit_for_clinical(name: str, source: str) -> list[str]:
    """What a module of `clinical` may not see or do."""
    seen = [
        f"{name} imports {module}"
        for module in imported(source)
        if module not in CLINICAL_SEES and not module.startswith("hepledger.clinical.")
    ]
    return seen + [f"{name} calls {call}" for call in called(source) if call in UNFIT_FOR_CLINICAL]


def out_of_room(name: str, source: str) -> list[str]:
    """Third-party packages that a module may not import; `name` is its path from the folder of its package."""
    packages = {module.partition(".")[0] for module in imported(source)}
    return [
        f"{name} imports {package}"
        for package, rooms in ROOMS_OF.items()
        if package in packages and not name.startswith(rooms)
    ]


def sources(folders: Iterable[Path]) -> Iterator[tuple[str, str]]:
    """Name and text of the modules below some folders; names begin with the folder's own."""
    for folder in folders:
        for path in sorted(folder.rglob("*.py")):
            yield str(path.relative_to(folder.parent)), path.read_text("utf-8")
