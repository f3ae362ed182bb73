"""The cohort of the replay benchmark is written past intake: every event must be the one that intake would have written."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

from hepledger.intake.submit import new_entry
from hepledger.log.port import NewEntry
from hepledger_events.reported import parse_submission
from tests.benchmarks.replay_cohort import CORRECTION, DRUGS, PRESCRIBED, RECORDED, RETRACTION, cohort
from tests.benchmarks.replay_log import FIRST, entries, said, words_of


def taken_in(patient: int, kind: int, serial: int, day: int, recorded: int, value: int, limit: int) -> NewEntry:
    moment = FIRST + timedelta(days=recorded)
    date = (FIRST + timedelta(days=day)).date().isoformat()
    words = words_of(patient, kind, serial, date, moment.isoformat(), value, limit)
    submission = said(kind, DRUGS[serial][0] if kind == PRESCRIBED else "", words)
    return new_entry(parse_submission(submission), datetime.fromisoformat(words["moment"]))


def test_every_event_is_the_one_that_intake_writes() -> None:
    told = cohort(50, 50)
    rows = list(zip(*(column.tolist() for column in told), strict=True))
    assert list(entries(told)) == [taken_in(*row) for row in rows]
    assert set(told.kind.tolist()) == {PRESCRIBED, RECORDED, CORRECTION, RETRACTION}


def test_events_come_in_the_order_in_which_they_were_recorded() -> None:
    told = cohort(30, 20)
    assert told.recorded.tolist() == sorted(told.recorded.tolist())


def test_each_patient_has_the_results_that_were_asked_for_and_the_same_seed_tells_the_same() -> None:
    told = cohort(30, 20)
    results = Counter(told.patient[told.kind == RECORDED].tolist())
    assert results == dict.fromkeys(range(30), 20)
    assert all((one == other).all() for one, other in zip(told, cohort(30, 20), strict=True))
