"""How contents written under an older version are read: one pure step per version, one after the other, on plain dicts.

Whoever consumes an event knows only its newest shape. There is no older version yet; the first one will stand here as
``("lab_result_recorded", 1): _dose_in_words,`` with its example left in place under ``examples/``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

Step = Callable[[dict[str, Any]], dict[str, Any]]

UPCASTERS: Final[Mapping[tuple[str, int], Step]] = {}
"""(type, version) → the step from that version's data to the next one's."""


class NoUpcaster(LookupError):
    """A step between two versions of an event is missing."""

    def __init__(self, type: str, version: int) -> None:  # noqa: A002 - the field's own name
        self.type, self.version = type, version
        super().__init__(f"no upcaster from version {version} of {type}")


def upcast(
    type: str,  # noqa: A002 - the field's own name
    version: int,
    data: dict[str, Any],
    current: int,
    steps: Mapping[tuple[str, int], Step] = UPCASTERS,
) -> dict[str, Any]:
    """``data`` of an older version as it would be written today. Raises NoUpcaster."""
    for each in range(version, current):
        try:
            step = steps[type, each]
        except KeyError:
            raise NoUpcaster(type, each) from None
        data = step(data)
    return data
