"""Records that came twice. They have no effect; but where the second says something else under the first one's id, a centre should know.

A log that decides duplicates lets no such record in. Kafka does not know an event from its double.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from hepledger.projection.arrivals import Arrival
from hepledger.state import facts
from hepledger.state.data_queries import Doubt
from hepledger.state.unit_of_work import UnitOfWork

PROBLEM: Final = "the same message came again with other content, which was left out"


class Double(NamedTuple):
    """An event whose id was heard of before, about the same fact."""

    arrival: Arrival
    patient_id: int


def contradictions(uow: UnitOfWork, doubles: Sequence[Double]) -> list[tuple[Doubt, int]]:
    """The doubles that say something else than the event that is stored, as queries with the offsets of the doubles."""
    rows = [double.arrival.fact_row(double.patient_id) for double in doubles]
    keys = [(place, row[0], int(row[1]), row[2]) for place, row in enumerate(rows)]
    found = []
    for place, event_id, offset, said in facts.find_said(uow, keys) if keys else ():
        entry, row = doubles[place].arrival.entry, rows[place]
        if event_id == entry.event_id and offset != entry.offset and said != facts.said_in(row):
            found.append((Doubt(row[0], int(row[1]), row[2], event_id, PROBLEM), entry.offset))
    return found
