"""A batch is taken in: one transaction, or nothing. This is the function to read first."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from hepledger.clinical.facts import microseconds
from hepledger.projection.batch import Batch
from hepledger.projection.crashpoint import crashpoint
from hepledger.projection.doubles import contradictions
from hepledger.projection.folding import fold_all
from hepledger.projection.memory import Memory
from hepledger.projection.numbers import Numbers
from hepledger.projection.poison import unreadable
from hepledger.projection.settling import settle_all
from hepledger.projection.sorting import sort_out
from hepledger.projection.stopping import check_share
from hepledger.state import beliefs, checkpoints, courses, data_queries, facts, outbox, parked
from hepledger.state.checkpoints import Claim
from hepledger.state.unit_of_work import Begin


def project(
    begin: Begin, batch: Batch, memory: Memory, numbers: Numbers, *, clock: Callable[[], datetime], parked_percent: int
) -> list[Claim]:
    """Take a batch in, for all its criteria sets. Gives the claims as they stand after it.

    The result and the position are one transaction, and the position comes first: whoever does not find the checkpoint
    where the claim says changes nothing. Raises Fenced, TooManyParked, DatabaseUnavailable; then nothing was written.
    """
    everywhere = [projected.projection_id for projected in batch.sets]
    poison = unreadable(batch.arrivals, batch.sets)
    while True:
        at = microseconds(now := clock())
        with begin() as uow:
            claims = checkpoints.advance(uow, batch.claims, batch.ends, at)
            crashpoint("after-fence")
            parked.remove(uow, batch.drained)
            at_hand = sort_out(uow, batch, poison, partial(memory.facts_of, everywhere), numbers, at)
            facts.store(uow, at_hand.fact_rows())
            crashpoint("after-facts")
            folded = fold_all(uow, batch, at_hand, memory)
            if folded.poison.stops:  # begin again without what the engine could not take; leaving rolls back
                poison = poison.joined(folded.poison)
                continue
            courses.save(uow, folded.whole_rows())
            courses.save_tails(uow, folded.moved_rows())
            crashpoint("after-courses")
            settled = settle_all(uow, folded.folds, now)
            beliefs.save(uow, settled.beliefs)
            data_queries.save(uow, [*folded.doubts.opened, *contradictions(uow, at_hand.doubles)], folded.doubts.closed)
            crashpoint("after-beliefs")
            outbox.add(uow, settled.announcements())
            crashpoint("after-outbox")
            parked.add(uow, at_hand.parked)
            check_share(uow, batch, at_hand.parked, parked_percent)
            crashpoint("after-parked")
            uow.commit()
        crashpoint("after-commit")
        memory.take_over(folded.folds, at_hand.stops.stops)
        numbers.take_over([(patient.key, patient.patient_id) for patient in at_hand.touched])
        return claims
