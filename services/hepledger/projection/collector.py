"""The garbage collector rests while a batch is worked on.

A batch makes a million small objects, none of which refers back to what refers to it, so that counting references frees them
all; the collector would look through them again and again and find nothing, for a quarter of the whole time. What little goes
round in circles is collected every now and then.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

ROUNDS: Final = 100
"""After so many batches everything is looked through once."""


class Collector:
    """Python's garbage collector, as a consumer uses it."""

    __slots__ = ("_rests",)

    def __init__(self) -> None:
        self._rests = 0

    @contextmanager
    def at_rest(self) -> Iterator[None]:
        """No collection within, and none of what was made within as soon as it is over."""
        worked = gc.isenabled()
        gc.disable()
        try:
            yield
        finally:
            self._rests += 1
            gc.freeze()
            gc.unfreeze()  # together they age what there is without looking at it
            if self._rests % ROUNDS == 0:
                gc.collect()
            if worked:
                gc.enable()
