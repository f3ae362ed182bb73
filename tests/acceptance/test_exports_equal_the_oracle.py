"""Random cohorts under random criteria, through the real commands: every cell of the exports is the oracle's."""

from __future__ import annotations

import csv
import io
import json
import random
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from hepledger.intake.criteria_files import CriteriaRefused, read_criteria
from hepledger.intake.identity import event_id_of
from hepledger_events.reported import InvalidSubmission, parse_submission
from tests.support.command import Home, home_in, write_ndjson
from tests.support.oracle.exports import HEADERS, People, exports
from tests.support.strategies import criteria_documents, histories
from tests.support.toml import toml

Event = dict[str, Any]
NAMES = [("LEE", "LEE-10"), ("LEE", "LEE-2"), ("lee", "z"), ("A.b", "é x"), ("A-b", "00,1"), ("A_b", 'q"1')]
SUBMITTED = ("type", "occurred_at", "source", "data")


def submissions(number: int, history: Sequence[Event]) -> list[Event]:
    """A history as the messages of a patient of its own; some sources date their reports later than any clock."""
    centre, patient = NAMES[number] if number < len(NAMES) else (f"C{number % 3}", f"P{number}")
    found = []
    for event in history:
        said = {"centre": centre, "patient": patient} | {key: event[key] for key in SUBMITTED if key in event}
        if "source" in said:
            said["source"] = f"{number}/{said['source']}"
        if number % 3 == 0 and "reported_at" in said["data"]:
            said["data"] = {**said["data"], "reported_at": said["data"]["reported_at"].replace("2025", "2097")}
        found.append(said)
    return [said for said in found if is_valid(said)]


def is_valid(said: Event) -> bool:
    try:
        parse_submission(said)
    except InvalidSubmission:
        return False
    return True


def can_be_published(text: str) -> bool:
    """Some of the drawn documents hold a transition that can never come true, which is a fault."""
    try:
        read_criteria(text.encode(), "drawn.toml")
    except CriteriaRefused:
        return False
    return True


def interleaved(messages: Sequence[Sequence[Event]], chance: random.Random) -> list[Event]:
    order = [number for number, of_patient in enumerate(messages) for _ in of_patient]
    chance.shuffle(order)
    queues = [iter(of_patient) for of_patient in messages]
    return [next(queues[number]) for number in order]


def deliver(home: Home, sent: Sequence[Event], sets: Sequence[str], chance: random.Random) -> datetime:
    """Three files, some projected at once and some later, under one set or all. Gives a time after the second."""
    cuts = sorted(chance.choices(range(len(sent) + 1), k=2))
    moment = datetime.now(UTC)
    for number, (start, end) in enumerate(zip([0, *cuts], [*cuts, len(sent)], strict=True)):
        if start < end:
            home.done("ingest", write_ndjson(home.folder.parent / f"{number}.ndjson", sent[start:end]))
        if chance.random() < 0.6:
            home.done("project", *under(sets[: number + 1]))
        if number == 1:
            time.sleep(0.002)  # a moment that the next file is recorded after
            moment = datetime.now(UTC)
            time.sleep(0.002)
    home.done("project", *under(sets))
    return moment


def under(sets: Sequence[str]) -> list[str]:
    return [word for name in sets for word in ("--criteria", name)]


def as_recorded(home: Home, sent: Sequence[Event], criteria: str) -> list[Event]:
    """The messages with what the log added: their ids, places and times. What came twice is there twice."""
    facts = {row["event_id"]: row for row in csv.DictReader(io.StringIO(home.export("facts", *under([criteria]))))}
    events = []
    for said in sent:
        submission = parse_submission(said)
        event_id = str(event_id_of(submission, submission.content()))
        row = facts[event_id]
        recorded_at = datetime.fromisoformat(row["recorded_at"])
        events.append(said | {"event_id": event_id, "recorded_at": recorded_at, "offset": int(row["offset"])})
        assert json.loads(row["content"]) == submission.content()
    assert {event["event_id"] for event in events} == set(facts)
    return events


def by_patient(events: Sequence[Event], until: datetime | None = None) -> People:
    people: dict[tuple[str, str], list[Event]] = {}
    for event in events:
        if until is None or event["recorded_at"] <= until:
            people.setdefault((event["centre"], event["patient"]), []).append(event)
    return people


@settings(
    max_examples=4, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck), database=None
)
@given(
    histories_=st.lists(histories(), min_size=6, max_size=12),
    documents=st.lists(
        criteria_documents().filter(lambda drawn: can_be_published(toml(drawn))), min_size=2, max_size=3
    ),
    chance=st.integers(0, 2**32),
)
def test_every_cell_of_an_export_is_what_the_oracle_says(
    histories_: list[list[Event]], documents: list[dict[str, Any]], chance: int
) -> None:
    dice = random.Random(chance)
    sets = [f"random-{number}" for number in range(len(documents))]
    with tempfile.TemporaryDirectory() as folder:
        home = home_in(Path(folder))
        home.done("init")
        for name, document in zip(sets, documents, strict=True):
            document["id"] = name
            (file := Path(folder) / f"{name}.toml").write_text(toml(document), "utf-8")
            home.done("criteria", "publish", file)
        sent = interleaved([submissions(*each) for each in enumerate(histories_)], dice)
        moment = deliver(home, sent, sets, dice)
        events = as_recorded(home, sent, sets[0])
        for document in documents:
            now, then = exports(document, by_patient(events)), exports(document, by_patient(events, moment))
            for what in HEADERS:
                asked = under([document["id"]])
                assert cells(home.export(what, *asked)) == now[what]
                assert cells(home.export(what, *asked, "--as-of", moment.isoformat())) == then[what]
        home.done("verify")


def cells(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))
