"""How many parked patients are too many: a bad release is not a thousand bad patients, so above a share the projection stops."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from hepledger.errors import HepledgerError
from hepledger.projection.batch import Batch
from hepledger.state import parked
from hepledger.state.parked import Parked
from hepledger.state.unit_of_work import UnitOfWork

FEWEST: Final = 5
"""Fewer parked patients than this stop nothing, whatever their share: a registry begins small."""


class TooManyParked(HepledgerError):
    """Too large a share of the patients could not be gone on with: nothing more is taken in until the cause is found."""

    def __init__(self, criteria: str, waiting: int, known: int, reason: str) -> None:
        self.criteria, self.waiting, self.known, self.reason = criteria, waiting, known, reason
        super().__init__(
            f"the projection of {criteria} stopped: {waiting} of {known} patients would be parked ({reason})."
            " Nothing of this batch was written: look at the reason, and at what was changed last"
        )


def check_share(uow: UnitOfWork, batch: Batch, rows: Sequence[Parked], parked_percent: int) -> None:
    """Stop a batch that parks events where too many patients are parked with them. Raises TooManyParked.

    A retry is let through: it parks nobody who was not parked before.
    """
    if batch.drained or not rows:
        return
    for projected in batch.sets:
        waiting, known = parked.share(uow, projected.projection_id)
        if waiting >= FEWEST and waiting * 100 > known * parked_percent:
            raise TooManyParked(projected.criteria, waiting, known, rows[-1].reason)
