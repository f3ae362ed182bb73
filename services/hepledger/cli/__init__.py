"""The command line: it turns arguments into use cases, answers into text or JSON, and errors into exit codes."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import NoReturn

STOPPED = 130  # as shells say it of a program that was interrupted
WORKERS = "--workers"


def main() -> NoReturn:
    """The program. Its rooms are opened here and not above: Ctrl-C is no traceback while they are read, either.

    What is made meanwhile stays to the end, and the collector need not look through it.
    """
    gc.disable()
    with _workers_ahead(sys.argv[1:]):
        try:
            from hepledger.cli.entry import main as program  # noqa: PLC0415
        except KeyboardInterrupt:
            sys.exit(STOPPED)
        gc.freeze()
        gc.enable()
        program()


def _workers_ahead(arguments: Sequence[str]) -> AbstractContextManager[None]:
    """Workers that are asked for read the program while this process does (see processes)."""
    if not any(word.startswith(WORKERS) for word in arguments):
        return nullcontext()
    from hepledger.cli.processes import begun_ahead  # noqa: PLC0415 - most commands need no other process

    return begun_ahead(arguments)


class Terminated(KeyboardInterrupt):
    """SIGTERM, taken as Ctrl-C is: transactions are rolled back and files that are half-made removed."""
