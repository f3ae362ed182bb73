"""A document as somebody would write it down in TOML, so that tests can publish what they drew."""

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any


def toml(document: Mapping[str, Any]) -> str:
    """The text of a document of plain values, tables, and lists of tables; ``tomllib`` reads the same back."""
    lines = [f"{key} = {written(value)}" for key, value in document.items() if isinstance(value, str | int | Decimal)]
    for key, value in document.items():
        if isinstance(value, Mapping):
            lines += [f"[{key}]", *pairs(value)]
        elif not isinstance(value, str | int | Decimal):
            lines += [line for entry in value for line in (f"[[{key}]]", *pairs(entry))]
    return "\n".join(lines) + "\n"


def pairs(table: Mapping[str, Any]) -> list[str]:
    return [f"{key} = {written(value)}" for key, value in table.items()]


def written(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str():
            return json.dumps(value)
        case Mapping():
            return f"{{ {', '.join(pairs(value))} }}"
        case Sequence():
            return f"[{', '.join(map(written, value))}]"
        case _:
            return str(value)
