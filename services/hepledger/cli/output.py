"""How answers reach a person or a program: aligned text or JSON on stdout, notes and progress on stderr."""

from __future__ import annotations

import codecs
import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import date
from decimal import Decimal
from io import TextIOWrapper
from pathlib import Path
from textwrap import indent
from typing import Any

import click

LINES_AT_ONCE = 500


def say(lines: str | Iterable[str]) -> None:
    """Prints a line, or many."""
    waiting: list[str] = []
    for line in [lines] if isinstance(lines, str) else lines:
        waiting.append(line)
        if len(waiting) == LINES_AT_ONCE:
            click.echo("\n".join(waiting))
            waiting.clear()
    if waiting:
        click.echo("\n".join(waiting))


def note(line: str) -> None:
    """A remark beside the answer: on stderr, so that a pipe gets the answer alone."""
    click.echo(line, err=True)


def say_json(value: Any) -> None:
    """Prints one JSON value; dates and moments in ISO form, decimals as text."""
    click.echo(json.dumps(value, ensure_ascii=not _writes_utf8(), indent=2, default=_plain))


def say_json_with(head: Mapping[str, Any], name: str, items: Iterable[Any]) -> None:
    """Prints one JSON object, of which the list ``name`` at the end is printed as it comes."""
    escaped = not _writes_utf8()
    before = json.dumps(dict(head), ensure_ascii=escaped, indent=2, default=_plain).removesuffix("\n}")
    click.echo(f"{before},\n  {json.dumps(name)}: [", nl=False)
    between = ""
    for item in items:
        text = json.dumps(item, ensure_ascii=escaped, indent=2, default=_plain)
        click.echo(f"{between}\n{indent(text, '    ')}", nl=False)
        between = ","
    click.echo("\n  ]\n}" if between else "]\n}")


def prepare_streams() -> None:
    """A stream that the shell closed swallows what is said; what a terminal's encoding has no sign for is escaped."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115  for the whole run
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def _writes_utf8() -> bool:
    """Whether stdout takes every character; JSON has escapes of its own for those it does not."""
    return codecs.lookup(getattr(sys.stdout, "encoding", None) or "utf-8").name == "utf-8"


def _plain(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal | Path):
        return str(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no JSON form here")


@contextmanager
def progress(label: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal, nothing in a pipe; yields the function that is told how much more is done."""
    if total <= 0 or not sys.stderr.isatty():
        yield lambda _done: None
        return
    with click.progressbar(length=total, label=label, file=sys.stderr) as bar:
        yield bar.update


@contextmanager
def paced(label: str, total: int, unit: str) -> Iterator[Callable[[int], None]]:
    """As `progress`, with how many of what are done in a second."""
    if total <= 0 or not sys.stderr.isatty():
        yield lambda _done: None
        return
    since, done = time.monotonic(), 0

    def rate(so_far: int | None) -> str:
        return "" if not so_far else f"{so_far / max(time.monotonic() - since, 0.001):,.0f} {unit}/s"

    with click.progressbar(length=total, label=label, file=sys.stderr, item_show_func=rate) as bar:

        def tell(more: int) -> None:
            nonlocal done
            done += more
            bar.update(more, done)

        yield tell


@contextmanager
def progress_to(label: str) -> Iterator[Callable[[int, int], None]]:
    """As `progress`, where the work itself knows the total: yields the function that is told what is done of what."""
    with ExitStack() as stack:
        begun: list[Callable[[int], None]] = []
        told = 0

        def tell(done: int, total: int) -> None:
            nonlocal told
            if not begun:
                begun.append(stack.enter_context(progress(label, total)))
            begun[0](done - told)
            told = done

        yield tell
