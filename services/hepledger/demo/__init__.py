"""A registry to try things on: a made-up cohort that contains six patients built to give a published series."""

from hepledger.demo.run import run

__all__ = ["run"]
