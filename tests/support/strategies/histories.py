"""One patient's events: few facts with many versions, late, twice, corrected, retracted, finalised and in conflict."""

import json
import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from tests.support.strategies.contents import (
    Content,
    dated,
    days,
    enrolment,
    first_sample,
    laboratory,
    perhaps_to_the_month,
    rarely,
    treatments,
)

Event = dict[str, Any]
FIRST_CLOCK = datetime(2025, 1, 1, tzinfo=UTC)
# The clock of the log and the sources' own times meet at midnights, so that versions tie.
REPORTED_AT = ("2025-01-01T00:00:00+00:00", "2025-01-02T09:00:00+09:00", "2025-01-03", "2025-01-04T00:00:00+00:00")
NAMESPACE = uuid.UUID("6f0d2b0e-6a3c-4a1e-9d53-0d3f2c1b7a55")


def submission(kind: str, content: Content) -> Event:
    event: Event = {"type": kind, "centre": "LEE", "patient": "LEE-001", "data": content.data}
    return event if content.occurred_at is None else event | {"occurred_at": content.occurred_at}


@st.composite
def laboratory_fact(draw: st.DrawFn, result_id: str, analytes: tuple[str, ...], reported: bool) -> list[Event]:
    """One to four messages about one result."""
    first = first_sample(draw(st.sampled_from(analytes)))
    content = draw(first if result_id == "R0" else laboratory(analytes))
    versions = [draw(statement("lab_result_recorded", content, result_id, reported))]
    while len(versions) < 4 and rarely(draw, 4):
        versions.append(draw(later_message(content, result_id, analytes, reported, versions)))
    return versions


@st.composite
def statement(draw: st.DrawFn, kind: str, content: Content, result_id: str, reported: bool) -> Event:
    data = {"result_id": result_id, **content.data, **draw(report(reported))}
    return submission(kind, replace(content, data=data))


@st.composite
def report(draw: st.DrawFn, reported: bool) -> dict[str, str]:
    """When the source says it was reported, if it says so."""
    choices: list[dict[str, str]] = [{"reported_at": text} for text in REPORTED_AT]
    return draw(st.sampled_from(choices if reported else [{}, {}, *choices]))


@st.composite
def later_message(
    draw: st.DrawFn, content: Content, result_id: str, analytes: tuple[str, ...], reported: bool, versions: list[Event]
) -> Event:
    match draw(st.sampled_from(("correct", "again", "retract", "finalise", "conflict"))):
        case "again":
            return dict(draw(st.sampled_from(versions)))
        case "retract":
            data = {"result_id": result_id, "reason": "entered_in_error", **draw(report(reported))}
            return submission("lab_result_retracted", Content(occurred_at=None, data=data))
        case "finalise":
            data = {"result_id": result_id, **draw(report(reported))}
            return submission("lab_result_finalised", Content(occurred_at=None, data=data))
        case "correct":
            return draw(statement("lab_result_corrected", draw(changed(content, analytes)), result_id, reported))
    return draw(statement("lab_result_recorded", draw(changed(content, analytes)), result_id, reported))


@st.composite
def changed(draw: st.DrawFn, content: Content, analytes: tuple[str, ...]) -> Content:
    """Another value of the same sample, another day of the same value, or another result altogether."""
    other = draw(laboratory((content.data["analyte"],)))
    match draw(st.sampled_from(("value", "day", "all"))):
        case "value":
            return replace(other, occurred_at=content.occurred_at)
        case "day":
            return replace(content, occurred_at=other.occurred_at)
    return draw(laboratory(analytes))


@st.composite
def prescription_facts(draw: st.DrawFn, reported: bool) -> list[Event]:
    events = []
    for number, content in enumerate(draw(treatments())):
        identity = {"prescription_id": f"P{number}"}
        data = identity | content.data | draw(report(reported))
        events.append(submission("prescription_recorded", replace(content, data=data)))
        if rarely(draw, 8):
            stopped = data | {"stopped_on": None} | draw(report(reported))
            events.append(submission("prescription_corrected", replace(content, data=stopped)))
        if rarely(draw, 12):
            data = identity | {"reason": "entered_in_error"} | draw(report(reported))
            events.append(submission("prescription_retracted", Content(occurred_at=None, data=data)))
    return events


@st.composite
def other_facts(draw: st.DrawFn, reported: bool) -> list[Event]:
    """Enrolment, death, transplant, adverse events and biopsies: they date landmarks, and no reading."""
    events = []
    if draw(st.booleans()):
        events.append(submission("patient_enrolled", draw(enrolment())))
    if rarely(draw, 6):
        events.append(submission("death_recorded", draw(dated(cause="liver failure"))))
    if rarely(draw, 6):
        events.append(submission("transplant_recorded", draw(dated())))
    if rarely(draw, 4):
        happened = Content(
            occurred_at=perhaps_to_the_month(draw, draw(days())), data={"event_id": "A1", "term": "Tremor"}
        )
        events.append(submission("adverse_event_recorded", happened))
        if draw(st.booleans()):
            retraction = Content(occurred_at=None, data={"event_id": "A1", "reason": "entered_in_error"})
            events.append(submission("adverse_event_retracted", retraction))
    if rarely(draw, 6):
        happened = Content(
            occurred_at=perhaps_to_the_month(draw, draw(days())), data={"biopsy_id": "B1", "fibrosis_stage": "2"}
        )
        events.append(submission("biopsy_recorded", happened))
    return [event | {"data": event["data"] | draw(report(reported))} for event in events] if reported else events


def arriving(submissions: Sequence[Event], days_between: Sequence[int]) -> list[Event]:
    """The submissions as the log takes them in this order, `days_between` after one another by its clock."""
    clock, events = FIRST_CLOCK, []
    for offset, (said, waited) in enumerate(zip(submissions, days_between, strict=True)):
        clock += timedelta(days=waited)
        events.append(said | {"recorded_at": clock, "offset": offset})
    return events


def identified(said: Event, source: str | None) -> Event:
    """With its event id: that of the sender's message, else of the content itself."""
    name = source or json.dumps(said, sort_keys=True)
    named = {} if source is None else {"source": source}
    return said | named | {"event_id": str(uuid.uuid5(NAMESPACE, name))}


@st.composite
def histories(
    draw: st.DrawFn,
    *,
    analytes: tuple[str, ...] = ("ALT", "AST", "IGG"),
    max_results: int = 16,
    always_reported: bool = False,
) -> list[Event]:
    """The events of one patient in the order of the log.

    With `always_reported` every version has its own time, so that another order of arrival (see `arriving`) may change
    nothing but conflicts.
    """
    said = draw(prescription_facts(always_reported)) + draw(other_facts(always_reported))
    for number in range(draw(st.integers(0, max_results) | st.integers(max_results // 2, max_results))):
        said += draw(laboratory_fact(f"R{number}", analytes, always_reported))
    messages = [identified(each, None if rarely(draw, 6) else f"lims/{number}") for number, each in enumerate(said)]
    if messages and rarely(draw, 4):
        messages.append(draw(st.sampled_from(messages)))
    messages = draw(st.permutations(messages))
    waits = st.lists(st.sampled_from((0, 0, 1)), min_size=len(messages), max_size=len(messages))
    return arriving(messages, draw(waits))
