"""A raw criteria document seen as states and the ways between them, whatever is broken in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

Document = Mapping[str, object]

START: Final = "start"
"""The state before any is entered."""

ANY_STATE: Final = "*"
"""In ``from``: whatever the present state is, start included."""


def entries(document: Document, section: str) -> Iterator[tuple[str, Mapping[str, object]]]:
    """The tables of ``[[section]]`` with their places, such as ``transition[2]``; what is no table is passed over."""
    listed = document.get(section)
    if isinstance(listed, list | tuple):
        for number, entry in enumerate(listed):
            if isinstance(entry, Mapping):
                yield f"{section}[{number}]", entry


def table(document: Document, key: str) -> Mapping[str, object]:
    """The table under a key; an empty one where there is none, or something else."""
    found = document.get(key)
    return found if isinstance(found, Mapping) else {}


def sources(place: str, transition: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """The states that a transition leaves, each with its place."""
    match transition.get("from"):
        case str(code):
            yield f"{place}.from", code
        case [*codes]:
            yield from ((f"{place}.from[{number}]", code) for number, code in enumerate(codes) if isinstance(code, str))


def unreachable_states(document: Document) -> Iterator[tuple[str, str]]:
    """The declared states, with their places, that no walk from start enters.

    A transition whose ``from`` cannot be read is taken to leave every state: its own fault is told elsewhere, and would
    otherwise be told again for each state behind it.
    """
    reached = {START}
    ways = [_way(place, transition) for place, transition in entries(document, "transition")]
    grown = True
    while grown:
        entered = {to for leaves, to in ways if leaves is None or leaves & reached} - reached
        reached |= entered
        grown = bool(entered)
    for place, state in entries(document, "state"):
        code = state.get("code")
        if ways and isinstance(code, str) and code not in reached | {ANY_STATE}:
            yield place, code


def _way(place: str, transition: Mapping[str, object]) -> tuple[frozenset[str] | None, str]:
    """The states a transition leaves (None: any) and the one it enters."""
    leaves = frozenset(code for _, code in sources(place, transition))
    target = transition.get("to")
    return (leaves if leaves and ANY_STATE not in leaves else None, target if isinstance(target, str) else "")
