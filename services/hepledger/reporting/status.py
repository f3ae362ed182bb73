"""How far every consumer is behind the log, in events and in seconds, and what waits for a person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hepledger.log.port import Entry, EventLog
from hepledger.reporting import queries
from hepledger.reporting.queries import Snapshot
from hepledger.reporting.subjects import Standing
from hepledger.state import replays
from hepledger.state.replays import Progress
from hepledger.state.unit_of_work import UnitOfWork
from hepledger_events.codec import UndecodableEvent, UnknownEvent, decode


@dataclass(frozen=True, slots=True, kw_only=True)
class Lag:
    """How far one projection is behind on one partition; ``seconds`` is the age of the oldest event that waits."""

    standing: Standing
    events: int
    seconds: float


def lags(log: EventLog, standings: Iterable[Standing], now: datetime) -> Iterator[Lag]:
    """The lag of every checkpoint. Where offsets are not dense the number of events is an upper bound."""
    heads = log.heads()
    waiting_since: dict[tuple[int, int], float] = {}
    for standing in standings:
        events = max(0, heads.get(standing.partition, 0) - standing.next_offset)
        place = standing.partition, standing.next_offset
        if events and place not in waiting_since:
            waiting_since[place] = _age(log, standing, now)
        yield Lag(standing=standing, events=events, seconds=waiting_since.get(place, 0.0) if events else 0.0)


def newest_recording(log: EventLog) -> datetime | None:
    """The latest time of recording among the last events of the partitions; None of an empty log."""
    last = (entry for at, head in log.heads().items() if head for entry in log.read(at, head - 1, 1))
    return max((moment for entry in last if (moment := _recorded_at(entry)) is not None), default=None)


def events_waiting(heads: Mapping[int, int], next_offsets: Mapping[int, int]) -> int:
    """How many events of a log a projection has not taken in."""
    return sum(max(0, head - next_offsets.get(partition, 0)) for partition, head in heads.items())


def _age(log: EventLog, standing: Standing, now: datetime) -> float:
    """The age of the first event that waits; one that cannot be read is as old as the checkpoint that stands before it."""
    entry = next(iter(log.read(standing.partition, standing.next_offset, 1)), None)
    since = None if entry is None else _recorded_at(entry)
    return max(0.0, (now - (since or standing.updated_at)).total_seconds())


def _recorded_at(entry: Entry) -> datetime | None:
    try:
        return decode(entry.payload).recorded_at
    except (UndecodableEvent, UnknownEvent):
        return None


def status_document(snapshot: Snapshot, reported: EventLog, now: datetime) -> dict[str, Any]:
    """The consumers with their lag, and what waits, as plain data."""
    parked = queries.parked_counts(snapshot)
    found: dict[str, dict[str, Any]] = {}
    for lag in lags(reported, queries.standings(snapshot), now):
        at = lag.standing
        projection = {"criteria": at.criteria, "version": at.version, "fingerprint": at.fingerprint}
        waiting = {"parked_patients": parked[at.fingerprint], "partitions": []}
        found.setdefault(at.fingerprint, {**projection, **waiting})["partitions"].append(_partition(lag))
    return {
        "reported": [{"partition": at, "next_offset": head} for at, head in sorted(reported.heads().items())],
        "projections": list(found.values()),
        "replays": [_replay(each) for each in replays.progress(UnitOfWork(snapshot))],
        "open_queries": queries.open_queries(snapshot),
        "waiting_to_be_relayed": queries.held_events(snapshot),
    }


def _replay(progress: Progress) -> dict[str, Any]:
    return {
        "criteria": progress.criteria,
        "version": progress.version,
        "fingerprint": progress.fingerprint,
        "partition": progress.partition,
        "until_offset": progress.until_offset,
        "patients_done": progress.done,
        "patients": progress.patients,
    }


def _partition(lag: Lag) -> dict[str, Any]:
    at = lag.standing
    return {
        "partition": at.partition,
        "next_offset": at.next_offset,
        "lag_events": lag.events,
        "lag_seconds": round(lag.seconds, 3),
        "owner": at.owner,
        "epoch": at.epoch,
        "updated_at": at.updated_at,
    }
