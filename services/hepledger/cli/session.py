"""What every command has in its hand: the settings, the clock, the way into the registry, and the exit code it will end with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

import click

from hepledger.bootstrap import Registry, open_registry
from hepledger.config import Config
from hepledger.errors import WrongUsage


@dataclass(slots=True)
class Session:
    """One run of the command line."""

    config: Config
    clock: Callable[[], datetime]
    exit_code: int = 0  # what the command ends with, also when its reader goes away early

    @contextmanager
    def registry(self) -> Iterator[Registry]:
        """The registry of the settings, open for the length of a command. Raises RegistryMissing, SchemaOutdated."""
        with open_registry(self.config, self.clock) as registry:
            yield registry


in_session = click.make_pass_decorator(Session)

Command = Callable[..., Any]


def json_option(command: Command) -> Command:
    """`--json` on a reading command."""
    return click.option("as_json", "--json", is_flag=True, help="Give the answer as JSON.")(command)


def criteria_option(command: Command) -> Command:
    """`--criteria` on a command that answers under one set."""
    text = "Criteria set: ID (its newest version) or ID@VERSION; without it, the active set."
    return click.option("--criteria", metavar="ID", help=text)(command)


def as_of_option(command: Command) -> Command:
    """`--as-of` on a command that answers from the facts recorded by a time."""
    text = "Answer from what was recorded by then: a date-time with its offset, or a date (its end, UTC)."
    return click.option("--as-of", metavar="WHEN", callback=_as_of, help=text)(command)


def _as_of(_context: click.Context, _parameter: click.Parameter, text: str | None) -> datetime | None:
    return None if text is None else moment_of(text)


def moment_of(text: str) -> datetime:
    """The moment a user means: an ISO date-time with its offset, or a date for the end of that day, UTC."""
    with suppress(ValueError):
        return datetime.combine(date.fromisoformat(text), time.max, UTC)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise WrongUsage(f"--as-of {text}: not a date (2024-03-01) or date-time (2024-03-01T12:00:00+00:00)") from None
    if moment.tzinfo is None:
        raise WrongUsage(f"--as-of {text}: a date-time needs its offset, as in {text}+00:00")
    return moment
