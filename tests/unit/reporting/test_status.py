"""How far a consumer is behind."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hepledger.intake.submit import new_entry
from hepledger.log.memory import MemoryLog
from hepledger.log.port import NewEntry
from hepledger.reporting.status import events_waiting, lags, newest_recording
from hepledger.reporting.subjects import Standing
from hepledger_events.reported import parse_submission
from tests.support.builders import lab

NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)


def log_of_an_hourly_delivery(events: int) -> MemoryLog:
    log = MemoryLog("hepledger.reported")
    for hour in range(events):
        submission = parse_submission(lab(result_id=str(hour)))
        log.append([new_entry(submission, NOON + timedelta(hours=hour))])
    return log


def standing(next_offset: int) -> Standing:
    return Standing(
        criteria="hegade-2011",
        version=1,
        fingerprint="f",
        partition=0,
        next_offset=next_offset,
        epoch=1,
        owner="test",
        updated_at=NOON - timedelta(hours=1),
    )


def test_the_lag_in_seconds_is_the_age_of_the_oldest_event_that_waits() -> None:
    (lag,) = lags(log_of_an_hourly_delivery(3), [standing(1)], NOON + timedelta(hours=5))
    assert (lag.events, lag.seconds) == (2, 4 * 3600)


def test_a_consumer_that_has_caught_up_has_no_lag() -> None:
    (lag,) = lags(log_of_an_hourly_delivery(3), [standing(3)], NOON + timedelta(hours=5))
    assert (lag.events, lag.seconds) == (0, 0)


def test_an_event_nobody_can_read_is_as_old_as_the_checkpoint_before_it() -> None:
    log = MemoryLog("hepledger.reported")
    log.append([NewEntry(b"0" * 16, "LEE/LEE-001", b"0" * 32, b"not an event")])
    (lag,) = lags(log, [standing(0)], NOON)
    assert (lag.events, lag.seconds) == (1, 3600)


def test_the_newest_recording_is_that_of_the_last_event() -> None:
    assert newest_recording(log_of_an_hourly_delivery(3)) == NOON + timedelta(hours=2)
    assert newest_recording(log_of_an_hourly_delivery(0)) is None


def test_waiting_events_are_counted_over_all_partitions() -> None:
    assert events_waiting({0: 10, 1: 5}, {0: 4}) == 11
