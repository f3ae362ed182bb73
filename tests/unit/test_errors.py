"""The table from errors to exit codes."""

from __future__ import annotations

import pytest

from hepledger.errors import (
    CheckFailed,
    HepledgerError,
    InputRefused,
    NotFound,
    RegistryMissing,
    ServiceUnreachable,
    WrongUsage,
    exit_code_of,
)


class _StrangeNotFound(NotFound):
    """A door's own kind of not found."""


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (HepledgerError(), 1),
        (ValueError("nobody's kind"), 1),
        (WrongUsage(), 2),
        (RegistryMissing(), 2),
        (InputRefused(), 3),
        (NotFound(), 4),
        (_StrangeNotFound(), 4),
        (CheckFailed(), 5),
        (ServiceUnreachable(), 6),
    ],
)
def test_an_error_has_the_exit_code_of_its_nearest_kind(error: Exception, code: int) -> None:
    assert exit_code_of(error) == code


def test_the_docstring_of_an_error_is_its_message_unless_it_has_one() -> None:
    assert str(_StrangeNotFound()) == "A door's own kind of not found."
    assert str(_StrangeNotFound("no LEE-001")) == "no LEE-001"
