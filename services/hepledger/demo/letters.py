"""What a centre sends about a patient, apart from laboratory results: the same submissions that any centre may send."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from hepledger.demo.person import Given, Person

DIAGNOSIS: Final = "autoimmune hepatitis"
ROUTE: Final = "oral"

_PRINTED_LIMIT: Final = re.compile(r"(?:[\d.,]+-)?(<=|≤|<)?([\d.,]+)")


@dataclass(frozen=True, slots=True)
class Sent:
    """A submission and the day it left the centre; ``printed_limit`` is the limit as it stood on the report."""

    on: date
    submission: dict[str, Any]
    printed_limit: str = ""


def letters_about(person: Person) -> Iterator[Sent]:
    """Enrolment, prescriptions (sent when started, corrected when stopped), adverse events, biopsies, transplant, death."""
    yield _enrolment(person)
    for number, given in enumerate(person.given, 1):
        yield from _prescription(person, f"{person.patient}/rx{number}", given)
    for number, event in enumerate(person.adverse, 1):
        data = {
            "event_id": f"{person.patient}/ae{number}",
            "term": event.term,
            "grade": event.grade,
            "suspected_drug": event.suspected_drug,
            "action": event.action,
        }
        yield Sent(
            event.on + timedelta(days=7), submission(person, "adverse_event_recorded", data, event.on.isoformat())
        )
    for number, biopsy in enumerate(person.biopsies, 1):
        scores = {"activity_index": str(biopsy.activity_index), "fibrosis_stage": str(biopsy.fibrosis_stage)}
        data = {"biopsy_id": f"{person.patient}/bx{number}", **scores}
        yield Sent(biopsy.on + timedelta(days=14), submission(person, "biopsy_recorded", data, biopsy.on.isoformat()))
    yield from _ends(person)


def submission(
    person: Person, kind: str, data: dict[str, Any], occurred_at: str | None = None, source: str = ""
) -> dict[str, Any]:
    """A submission about a patient, its keys in the order people read them."""
    made: dict[str, Any] = {"type": kind, "centre": person.centre, "patient": person.patient}
    if occurred_at:
        made["occurred_at"] = occurred_at
    if source:
        made["source"] = source
    made["data"] = data
    return made


def limit_of(printed: str) -> dict[str, str]:
    """The upper limit that a printed range states, with its comparator."""
    match = _PRINTED_LIMIT.fullmatch(printed)
    if match is None:
        raise ValueError(f"{printed!r} is not a limit as laboratories print them")
    return {"value": match[2].replace(",", "."), "comparator": "<" if match[1] == "<" else "<="}


def _enrolment(person: Person) -> Sent:
    data = {
        "sex": person.sex,
        "birth_year": person.birth_year,
        "diagnosed_on": person.diagnosed_on.isoformat(),
        "enrolled_on": person.enrolled_on.isoformat(),
        "diagnosis": DIAGNOSIS,
    }
    return Sent(person.enrolled_on, submission(person, "patient_enrolled", data))


def _prescription(person: Person, identity: str, given: Given) -> Iterator[Sent]:
    data: dict[str, Any] = {
        "prescription_id": identity,
        "drug": given.drug,
        "dose": {"value": given.dose, "unit": "mg", "per": "day"},
        "route": ROUTE,
        "started_on": given.started.isoformat(),
        "stopped_on": None,
        "indications": list(given.indications),
        "reported_at": given.started.isoformat(),
    }
    yield Sent(given.started, submission(person, "prescription_recorded", data))
    if given.stopped is not None:
        told = given.stopped + timedelta(days=1)
        end = {
            "stopped_on": given.stopped.isoformat(),
            "stop_reason": given.stop_reason,
            "reported_at": told.isoformat(),
        }
        yield Sent(told, submission(person, "prescription_corrected", {**data, **end}))


def _ends(person: Person) -> Iterator[Sent]:
    if person.transplanted_on is not None:
        data: dict[str, Any] = {"on": person.transplanted_on.isoformat()}
        yield Sent(person.transplanted_on + timedelta(days=10), submission(person, "transplant_recorded", data))
    if person.died_on is not None:
        data = {"on": person.died_on.isoformat(), "cause": person.death_cause}
        yield Sent(person.died_on + timedelta(days=21), submission(person, "death_recorded", data))
