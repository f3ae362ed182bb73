"""A criteria document as TOML again, so that what the registry shows of a published set is a file that can be validated."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

SECTIONS: Final = ("index", "reading", "baseline", "refractory")
LISTS: Final = ("state", "transition", "landmark")
FIRST: Final = ("id", "version", "title", "citation", "code", "label", "to", "from", "analyte")
BARE_KEY: Final = re.compile(r"[A-Za-z0-9_-]+")


def criteria_toml(document: Mapping[str, Any]) -> Iterator[str]:
    """The lines of the document; ``tomllib`` reads them back to the same document."""
    yield from _pairs({key: value for key, value in document.items() if key not in SECTIONS + LISTS})
    for section in SECTIONS:
        if section in document:
            yield from ("", f"[{section}]", *_pairs(document[section]))
    for name in LISTS:
        for entry in document.get(name, ()):
            yield from ("", f"[[{name}]]", *_pairs(entry))


def _pairs(table: Mapping[str, Any]) -> Iterator[str]:
    for key in sorted(table, key=_place):
        yield f"{_key(key)} = {_value(table[key])}"


def _place(key: str) -> tuple[int, str]:
    return (FIRST.index(key) if key in FIRST else len(FIRST), key)


def _key(key: str) -> str:
    return key if BARE_KEY.fullmatch(key) else _text(key)


def _value(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return _text(value)
        case Mapping():
            return f"{{ {', '.join(f'{_key(key)} = {_value(value[key])}' for key in sorted(value, key=_place))} }}"
        case Sequence():
            return f"[{', '.join(map(_value, value))}]"
        case _:
            return str(value)


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")  # a basic string of TOML is one of JSON
