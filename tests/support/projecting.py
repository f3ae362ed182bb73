"""A state to project into, events to project, and the rows that came of it, in a form that can be compared."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

from sqlalchemy import Engine, select

from hepledger.clinical import criteria_checks
from hepledger.clinical.conditions import All, Condition, Normal, Value
from hepledger.clinical.conditions import Any as AnyOf
from hepledger.clinical.measurement import SCALE, canonical_unit
from hepledger.clinical.walk import Plan
from hepledger.database import make_engine, sqlite_url
from hepledger.intake.submit import new_entry
from hepledger.log.port import EventLog, NewEntry
from hepledger.projection.consumer import Consumer, Habits
from hepledger.projection.relay import Relay, relay_all
from hepledger.projection.retry import Retried, retry
from hepledger.projection.sets import Projected, set_up
from hepledger.state import catalogue, parked
from hepledger.state.unit_of_work import Begin, begin_on
from hepledger.tables import METADATA, patient
from hepledger_events.reported import parse_submission

FIRST_CLOCK = datetime(2025, 1, 1, tzinfo=UTC)
LATER = datetime(2026, 1, 1, tzinfo=UTC)
SHIPPED = Path(criteria_checks.__file__).parent / "criteria_sets"
NOT_COMPARED = frozenset({"epoch", "owner", "updated_at", "seq", "parked_at"})
COMPARED = [
    "patient",
    "fact",
    "checkpoint",
    "course",
    "transition",
    "episode",
    "landmark",
    "data_query",
    "outbox",
    "parked",
]


def shipped(name: str) -> dict[str, Any]:
    """A document that ships."""
    return tomllib.loads((SHIPPED / f"{name}.toml").read_text("utf-8"), parse_float=Decimal)


@dataclass(frozen=True, slots=True)
class State:
    """A database with some criteria sets set up, the first of them active."""

    engine: Engine
    begin: Begin
    sets: list[Projected]

    def consumer(self, log: EventLog, sets: Sequence[Projected] | None = None, **habits: int) -> Consumer:
        """A consumer of these sets that has claimed every partition."""
        consumer = Consumer(
            log,
            self.begin,
            self.sets if sets is None else sets,
            clock=lambda: LATER,
            owner="test",
            habits=Habits(**habits),
        )
        consumer.claim()
        return consumer

    def project(self, log: EventLog, sets: Sequence[Projected] | None = None, **habits: int) -> int:
        """Everything the log holds, taken in."""
        consumer = self.consumer(log, sets, **habits)
        try:
            return consumer.drain()
        finally:
            consumer.close()

    def relay(self, log: EventLog, owner: str = "test") -> Relay:
        """A relay to a log."""
        return Relay(self.begin, log, clock=lambda: LATER, owner=owner)

    def relay_all(self, log: EventLog) -> int:
        """Everything that waits, published."""
        return relay_all(self.begin, log, lambda: LATER, "test")

    def retry(self, projected: Projected, key: str) -> Retried:
        """The parked events of a patient, tried again."""
        return retry(self.begin, projected, key, lambda: LATER)

    def parked(self, projected: Projected) -> list[str]:
        """Who is parked."""
        with self.begin() as uow:
            return sorted(key for _, key in parked.keys(uow, [projected.projection_id]))

    def rows(self, *tables: str) -> dict[str, list[Mapping[str, Any]]]:
        """The rows of some tables (of all that are compared), patients by their keys, times of writing left out."""
        with self.engine.connect() as connection:
            who = {row.patient_id: f"{row.centre}/{row.patient}" for row in connection.execute(select(patient))}
            return {
                name: sorted(
                    (_comparable(row, who) for row in connection.execute(select(METADATA.tables[name])).mappings()),
                    key=repr,
                )
                for name in tables or COMPARED
            }


def _comparable(row: Mapping[Any, Any], who: Mapping[int, str]) -> dict[str, Any]:
    kept = {name: value for name, value in row.items() if name not in NOT_COMPARED}
    if "patient_id" in kept:
        kept["patient_id"] = who[kept["patient_id"]]
    return kept


def state_with(documents: Sequence[Mapping[str, Any]], file: Path | None = None) -> State:
    """A new database, in memory unless a file is given."""
    return state_on(make_engine("sqlite://" if file is None else sqlite_url(file)), documents)


def state_on(engine: Engine, documents: Sequence[Mapping[str, Any]]) -> State:
    """A database, set up if it is empty."""
    METADATA.create_all(engine)
    begin = begin_on(engine)
    with begin() as uow:
        catalogue.register(uow, documents)
        names = [f"{document['id']}@{document['version']}" for document in documents]
        known = [catalogue.get_criteria(uow, name) for name in names]
        sets = [set_up(uow, each) for each in known]
        if catalogue.find_active(uow) is None:
            catalogue.make_active(uow, known[0], 0)
        uow.commit()
    return State(engine, begin, sets)


def entries_of(submissions: Iterable[Mapping[str, Any]], *, every: timedelta = timedelta(hours=1)) -> list[NewEntry]:
    """Submissions as new entries of the log, recorded one after the other (``recorded_at`` of their own comes first)."""
    entries = []
    for number, said in enumerate(submissions):
        recorded_at = said.get("recorded_at", FIRST_CLOCK + number * every)
        known = {key: value for key, value in said.items() if key not in {"recorded_at", "offset", "event_id"}}
        entries.append(new_entry(parse_submission(known), recorded_at))
    return entries


def brittle(projected: Projected, cursed: AbstractSet[str]) -> Projected:
    """The same set in a release whose engine fails on results of these values."""
    criteria = projected.plan.criteria
    broken = [
        replace(
            rule, condition=AnyOf((*(_failing_on(rule.condition.analyte, text) for text in cursed), rule.condition))
        )
        if isinstance(rule.condition, Normal)
        else rule
        for rule in criteria.transitions
    ]
    return replace(projected, plan=Plan(replace(criteria, transitions=tuple(broken))))


def _failing_on(analyte: str, text: str) -> Condition:
    """A condition as a bad release may have it, compiled or not: no number stands where it comes to compare, at one value alone."""
    value, no_number = int(text) * SCALE, cast("int", None)
    steps = ((1, -value, False), (-1, value, False), (no_number, 0, False))
    return All(tuple(Value(analyte, (), canonical_unit(analyte), (step,)) for step in steps))
