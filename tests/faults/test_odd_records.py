"""Records that should not be in a log and are: doubles, late ones, and some that nobody can read."""

from __future__ import annotations

import signal
from random import Random

from hepledger.log.port import NewEntry
from tests.support.builders import biopsy, lab, prescription
from tests.support.cohort_of_many import new_entries
from tests.support.fault_field import CRITERIA, Field, follow
from tests.support.fault_processes import Crew
from tests.support.projecting import entries_of

LOT = 60


def test_records_that_come_twice_and_late_have_no_effect(field: Field, hands: Crew) -> None:
    random = Random(2011)
    cohort = list(new_entries(patients=20, events_of_each=40))
    late = sorted(cohort, key=lambda entry: cohort.index(entry) + random.choice((0, 0, 0, 3, 200)))
    parent = follow(hands, workers=2)
    doubles = 0
    for start in range(0, len(late), LOT):
        field.fill(late[start : start + LOT])
        again = random.sample(late[: start + LOT], 15)
        field.fill(again)
        doubles += len(again)
    hands.until(field.settled(), needed=(parent,))
    parent.stop()
    field.assert_came_through([entry.event_id for entry in cohort])
    assert (field.taken(), doubles) == (len(cohort), 210)


def poisoned() -> list[NewEntry]:
    """A patient whose biopsy the older release does not know, between results that it does."""
    days = ("2023-12-20", "412"), ("2024-02-01", "66"), ("2024-03-01", "35"), ("2024-04-15", "30"), ("2024-06-01", "90")
    results = [lab("POISONED", day, value) for day, value in days]
    return entries_of([prescription("POISONED"), *results[:2], biopsy("POISONED"), *results[2:]])


def garbled() -> list[NewEntry]:
    """A patient one of whose records is no event at all."""
    first, second, third = entries_of([prescription("GARBLED"), lab("GARBLED"), lab("GARBLED", "2024-04-01", "70")])
    return [first, NewEntry(second.event_id, second.key, second.content_hash, b"\x00 no event"), third]


def test_a_poison_record_parks_its_patient_only_and_a_retry_drains_it_though_it_is_killed(
    field: Field, hands: Crew
) -> None:
    cohort, odd = list(new_entries(patients=20, events_of_each=25)), [*poisoned(), *garbled()]
    older = hands.module("tests.support.older_release", "project", "--follow", "--workers", "2", *CRITERIA)
    appended = [*field.fill(cohort[:250]), *field.fill(odd), *field.fill(cohort[250:])]
    hands.until(field.settled(), needed=(older,))
    older.stop()
    assert field.parked() == {"LEE/POISONED", "LEE/GARBLED"}
    assert field.taken() == len(cohort) + 3 + 1

    for point in ("before-drain", "after-facts", "after-commit"):
        retry = hands.hepledger("parked", "retry", "POISONED", CRASHPOINT=point)
        assert retry.end() == -signal.SIGKILL, retry.last_words()
    assert hands.hepledger("parked", "retry", "POISONED").end() == 0, hands.last_words()
    assert hands.hepledger("parked", "retry", "--all").end() == 3, hands.last_words()
    assert field.parked() == {"LEE/GARBLED"}
    field.assert_came_through(appended)
