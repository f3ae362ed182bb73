"""Every error of hepledger that a user can meet descends from one root, so that a door can turn any into a status.

The docstring of an error is its default message; what it is about are attributes. The one table at the end says what
each means to a caller.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType


class HepledgerError(Exception):
    """Something went wrong in hepledger."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (self.__doc__ or "").strip())


class InputRefused(HepledgerError):
    """Some of the input was refused."""


class NotFound(HepledgerError):
    """There is nothing of that name here."""


class CheckFailed(HepledgerError):
    """A check failed."""


class ServiceUnreachable(HepledgerError):
    """A service is out of reach."""


class WrongUsage(HepledgerError):
    """The command was not understood."""


class NotInThisVersion(WrongUsage):
    """This is not in this version of hepledger."""


class RegistryMissing(WrongUsage):
    """There is no registry here yet: create one with `hepledger init`."""


class SchemaOutdated(WrongUsage):
    """The database was made by another version of hepledger: upgrade it with `hepledger migrate`."""


EXIT_CODES: Mapping[type[HepledgerError], int] = MappingProxyType(
    {
        HepledgerError: 1,
        WrongUsage: 2,
        InputRefused: 3,
        NotFound: 4,
        CheckFailed: 5,
        ServiceUnreachable: 6,
    }
)


def exit_code_of(error: BaseException) -> int:
    """The exit code of an error: that of its nearest ancestor in the table, 1 for an error of nobody's kind."""
    return next((EXIT_CODES[kind] for kind in type(error).__mro__ if kind in EXIT_CODES), 1)
