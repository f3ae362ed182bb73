"""The `hepledger` command: its options, and the one place where a failure becomes a line and an exit code."""

from __future__ import annotations

import gc
import os
import signal
import sys
import traceback
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib import import_module
from importlib.metadata import version
from types import FrameType
from typing import Any, Final, NoReturn

import click

from hepledger.cli import STOPPED, Terminated
from hepledger.cli.output import prepare_streams
from hepledger.cli.session import Session
from hepledger.config import config_from
from hepledger.database import faults_told
from hepledger.errors import HepledgerError, exit_code_of

TERMINATED = 143  # as shells say it of a program that this signal ended

ROOMS: Final[Mapping[str, str]] = {
    "init": "setting_up",
    "migrate": "setting_up",
    "demo": "setting_up",
    "log": "log",
    "ingest": "intake",
    "quarantine": "quarantine",
    "project": "projecting",
    "relay": "projecting",
    "replay": "replaying",
    "rebuild": "replaying",
    "activate": "activating",
    "rollback": "activating",
    "parked": "parked",
    "criteria": "criteria",
    "course": "courses",
    "export": "courses",
    "report": "courses",
    "compare": "comparing",
    "cut": "cutting",
    "queries": "queries",
    "status": "watching",
    "doctor": "watching",
    "verify": "verifying",
}
"""In which module of this package a command is found: it is read when the command is asked for, as reading all of them is what most
commands would take longest for."""


class Commands(click.Group):
    """All commands; a reader that goes away (`| head`) ends a command quietly, with the code it has earned."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - the signature is click's
        """Their names, as the help lists them."""
        return sorted(ROOMS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name."""
        if cmd_name in ROOMS and cmd_name not in self.commands:
            import_module(f"hepledger.cli.{ROOMS[cmd_name]}").add_to(self)
        return super().get_command(ctx, cmd_name)

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command named on the command line."""
        try:
            with faults_told(None if ctx.obj is None else ctx.obj.config.database):
                super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        except Exception as error:
            if ctx.obj is not None and ctx.obj.config.debug:
                traceback.print_exception(error)
            raise
        ctx.exit(ctx.obj.exit_code)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--home", metavar="DIR", help="Folder of the embedded registry (default ./hepledger-data).")
@click.option("--database-url", metavar="URL", help="sqlite:///FILE or postgresql://…, instead of --home.")
@click.option("--log-url", metavar="URL", help="Where the log is: sql: (in the database) or kafka://HOST:PORT.")
@click.option("--debug", is_flag=True, help="Show the traceback of a failure.")
@click.version_option(version("hepledger"), prog_name="hepledger")
@click.pass_context
def cli(context: click.Context, home: str | None, database_url: str | None, log_url: str | None, debug: bool) -> None:
    """A registry of treatment response in autoimmune hepatitis.

    Laboratory results and prescriptions go into a log; response categories and relapses come out, under criteria that
    are documents. Settings also come from HEPLEDGER_… variables (HEPLEDGER_HOME, …).

    Exit codes: 0 done, 1 unexpected failure, 2 wrong usage, 3 input refused, 4 not found, 5 a check failed, 6 a service
    out of reach.
    """
    config = config_from(os.environ, home=home, database_url=database_url, log_url=log_url, debug=debug)
    context.obj = Session(config, lambda: datetime.now(UTC))


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """The program: runs the command of the arguments and exits with its code."""
    prepare_streams()
    signal.signal(signal.SIGTERM, _terminate)
    code = run(sys.argv[1:] if arguments is None else arguments)
    gc.freeze()  # it all goes with the process, and the collector need not look through it first
    sys.exit(code)


def _terminate(_number: int, _frame: FrameType | None) -> NoReturn:
    raise Terminated


def run(arguments: Sequence[str]) -> int:
    """Runs the command of the arguments and gives its exit code; every failure is told in one line."""
    try:
        return int(cli.main(list(arguments), prog_name="hepledger", standalone_mode=False) or 0)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort as abort:
        return _told("stopped", TERMINATED if isinstance(abort.__cause__, Terminated) else STOPPED)
    except SystemExit:  # click goes by itself when the reader of its help has gone away
        return 0
    except HepledgerError as error:
        return _told(str(error), exit_code_of(error))
    except OSError as error:
        return _told(_of_system(error), 1)
    except Exception as error:  # noqa: BLE001  the last door: what nobody foresaw is told, not thrown at a user
        reason = " ".join(str(error).split())
        return _told(f"unexpected failure ({type(error).__name__}: {reason}); --debug shows where", 1)


def _told(message: str, code: int) -> int:
    click.echo(f"hepledger: {message}", err=True)
    return code


def _of_system(error: OSError) -> str:
    if error.filename:
        return f"{error.filename}: {error.strerror}"
    return f"something could not be read or written: {error.strerror or error}"
