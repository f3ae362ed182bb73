"""A batch: what is taken in by one transaction, for which criteria sets, from where to where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hepledger.projection.arrivals import Arrival, entry_of, read_entries
from hepledger.projection.sets import Projected
from hepledger.state.checkpoints import Claim
from hepledger.state.parked import Parked


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Events in log order, and the right to take them in.

    ``starts`` and ``ends`` are offsets by partition: what was stored below ``starts`` is a patient's history, and the
    checkpoints move to ``ends``. ``drained`` are the parked events that this batch is made of; an ordinary one has none.
    """

    arrivals: Sequence[Arrival]
    sets: Sequence[Projected]
    claims: Sequence[Claim]
    starts: Mapping[int, int]
    ends: Mapping[int, int]
    drained: Sequence[Parked] = ()


def retried(events: Sequence[Parked], projected: Projected, standing: Claim) -> Batch:
    """The parked events of one patient as a batch that moves no checkpoint."""
    first = min(event.offset for event in events)
    return Batch(
        arrivals=read_entries(map(entry_of, events)),
        sets=(projected,),
        claims=(standing,),
        starts={standing.partition: first},
        ends={standing.partition: standing.next_offset},
        drained=events,
    )
