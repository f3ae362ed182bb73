"""What every command has in its hand: the settings, the clock, the way into the registry, and the exit code it will end with."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

import click

from hepledger.bootstrap import Registry, open_registry
from hepledger.config import Config
from hepledger.errors import WrongUsage
from hepledger.reporting.data_cut_event import check_name, reads_as_time
from hepledger_events.registry import CUT_NAME


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


When = datetime | str
"""What `--as-of` names: a time of recording, or a data cut."""


def as_of_option(command: Command) -> Command:
    """`--as-of` on a command that answers from the facts recorded by a time."""
    text = (
        "Answer from what was recorded by then: a date-time with its offset, a date (its end, UTC), or the name of a data"
        " cut. Without --criteria, under the set that was the registry's answer then."
    )
    return click.option("--as-of", metavar="WHEN", callback=_as_of, help=text)(command)


def cut_option(command: Command) -> Command:
    """`--cut` on a command that gives the answer of a data cut again."""
    text = "Answer as a data cut did: from its facts, under its criteria; the hash is verified."
    return click.option("--cut", metavar="NAME", callback=_cut, help=text)(command)


def asked_when(criteria: str | None, as_of: When | None, cut: str | None) -> When | None:
    """What `--cut` and `--as-of` come to together. Raises WrongUsage where they, or `--criteria`, contradict each other."""
    if cut is None:
        return as_of
    if as_of is not None:
        raise WrongUsage("--cut and --as-of both say which facts are meant: give one of them")
    if criteria is not None:
        raise WrongUsage(f"--cut {cut} has its own criteria: for its facts under others give --as-of {cut}")
    return cut


def _as_of(_context: click.Context, _parameter: click.Parameter, text: str | None) -> When | None:
    return None if text is None else when_of(text)


def _cut(_context: click.Context, _parameter: click.Parameter, name: str | None) -> str | None:
    if name is not None:
        check_name(name)
    return name


def when_of(text: str) -> When:
    """The time a user means, or the data cut: what reads as a time is one, and no cut is named so. Raises WrongUsage."""
    try:
        return moment_of(text)
    except WrongUsage:
        if re.fullmatch(CUT_NAME, text) is None or reads_as_time(text):
            raise
        return text


def moment_of(text: str) -> datetime:
    """The moment a user means: an ISO date-time with its offset, or a date for the end of that day, UTC."""
    with suppress(ValueError):
        return datetime.combine(date.fromisoformat(text), time.max, UTC)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise WrongUsage(
            f"--as-of {text}: not a date (2024-03-01), a date-time (2024-03-01T12:00:00+00:00) or the name of a data cut"
        ) from None
    if moment.tzinfo is None:
        raise WrongUsage(f"--as-of {text}: a date-time needs its offset, as in {text}+00:00")
    return moment
