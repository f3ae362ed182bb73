"""The command line: thin commands over the rooms below."""

from hepledger.cli.entry import main

__all__ = ["main"]
