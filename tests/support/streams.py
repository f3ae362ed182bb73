"""Random streams: the histories of a few patients, interleaved as they might reach one partition."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from hepledger.log.port import NewEntry
from hepledger_events.reported import InvalidSubmission, parse_submission
from tests.support.projecting import entries_of
from tests.support.strategies import histories

Event = dict[str, Any]


def _renamed(event: Event, patient: str) -> Event:
    source = {"source": f"{patient}/{event['source']}"} if "source" in event else {}
    return {**event, "patient": patient, **source}


def _is_valid(event: Event) -> bool:
    try:
        parse_submission(
            {key: value for key, value in event.items() if key not in {"recorded_at", "offset", "event_id"}}
        )
    except InvalidSubmission:
        return False
    return True


@st.composite
def streams(draw: st.DrawFn, *, patients: int = 3, max_results: int = 8) -> list[NewEntry]:
    """Entries of a log, in its order; some events stand in it twice."""
    waiting = [
        [_renamed(event, f"P{number}") for event in draw(histories(max_results=max_results)) if _is_valid(event)]
        for number in range(draw(st.integers(1, patients)))
    ]
    order = draw(st.permutations([number for number, events in enumerate(waiting) for _ in events]))
    queues = [iter(events) for events in waiting]
    return entries_of(next(queues[number]) for number in order)


def cuts(length: int) -> st.SearchStrategy[list[int]]:
    """Sizes of batches that a stream of this length is taken in by."""
    return st.lists(st.integers(1, max(1, length)), min_size=1, max_size=8)
