"""The projection that the `eventsourcing` library is measured with: where each patient stands, one row each, kept by ALT alone.

It is less than ours derives: a baseline, a nadir, the last value and a state by three rules.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, NamedTuple

from eventsourcing.dispatch import singledispatchmethod
from eventsourcing.persistence import Tracking
from eventsourcing.postgres import PostgresDatastore, PostgresTrackingRecorder
from eventsourcing.projection import Projection
from psycopg import Cursor
from psycopg.sql import SQL, Identifier


class Standing(NamedTuple):
    """Where a patient stands. Days are ISO dates, ALTs as reported in U/L."""

    index_on: str | None = None
    baseline: Decimal | None = None
    nadir: Decimal | None = None
    last: Decimal | None = None
    last_on: str | None = None
    state: str = "start"

    def after_start(self, on: str) -> Standing:
        """With the start of the drug that the course is counted from."""
        return self._replace(index_on=on if self.index_on is None else min(on, self.index_on))

    def after_alt(self, on: str, value: Decimal, limit: Decimal) -> Standing:
        """With one more ALT. Before the index date it is the baseline; a late one is left out, where ours walks again."""
        if self.last_on is not None and on < self.last_on:
            return self
        if self.index_on is None or on <= self.index_on:
            return self._replace(baseline=value, last=value, last_on=on)
        nadir = value if self.nadir is None else min(value, self.nadir)
        return self._replace(nadir=nadir, last=value, last_on=on, state=self._state(value, limit))

    def _state(self, value: Decimal, limit: Decimal) -> str:
        if value <= limit:
            return "CR"
        if self.state in ("CR", "relapse"):
            return "relapse" if value > 2 * limit else self.state
        return "PR" if self.baseline is not None and value <= self.baseline / 2 else "NR"


class ResponsesInPostgresql(PostgresTrackingRecorder):
    """The materialised view: a table beside the library's own, written in one transaction with the position."""

    def __init__(self, datastore: PostgresDatastore, **settings: Any) -> None:
        super().__init__(datastore, **settings)
        table = SQL("{}.{}").format(Identifier(datastore.schema), Identifier("responses"))
        names = SQL(", ").join(map(Identifier, Standing._fields))
        changes = SQL(", ").join(SQL("{0} = EXCLUDED.{0}").format(Identifier(name)) for name in Standing._fields)
        self.sql_create_statements.append(
            SQL(
                "CREATE TABLE IF NOT EXISTS {} (patient text PRIMARY KEY, index_on text, baseline numeric, nadir numeric, "
                "last numeric, last_on text, state text NOT NULL)"
            ).format(table)
        )
        self._select = SQL("SELECT {} FROM {} WHERE patient = %s").format(names, table)
        self._upsert = SQL(
            "INSERT INTO {} (patient, {}) VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT (patient) DO UPDATE SET {}"
        ).format(table, names, changes)

    def take_in(self, fact: Any, tracking: Tracking) -> None:
        """Take an event in and record the position, both or neither. What concerns no row costs the position only."""
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            data = getattr(fact, "data", None)
            if data is None:
                return
            self._keep(cursor, fact, tracking)
            if data.get("analyte") == "ALT" or data.get("drug") == "tacrolimus":
                self._move(cursor, fact)

    def _keep(self, cursor: Cursor[Any], fact: Any, tracking: Tracking) -> None:
        """Nothing is kept but where a patient stands."""

    def _move(self, cursor: Cursor[Any], fact: Any) -> None:
        row = cursor.execute(self._select, (fact.key,), prepare=True).fetchone()
        before = Standing() if row is None else Standing(**row)
        after = _moved(before, fact)
        if after is not before:
            cursor.execute(self._upsert, (fact.key, *after), prepare=True)


class FactsInPostgresql(ResponsesInPostgresql):
    """The same, and each fact as a row, as ours keeps them."""

    def __init__(self, datastore: PostgresDatastore, **settings: Any) -> None:
        super().__init__(datastore, **settings)
        table = SQL("{}.{}").format(Identifier(datastore.schema), Identifier("facts"))
        self.sql_create_statements.append(
            SQL(
                "CREATE TABLE IF NOT EXISTS {} (patient text, position bigint, type text, occurred_at text, content text, "
                "PRIMARY KEY (patient, position))"
            ).format(table)
        )
        self._insert = SQL("INSERT INTO {} VALUES (%s, %s, %s, %s, %s)").format(table)

    def _keep(self, cursor: Cursor[Any], fact: Any, tracking: Tracking) -> None:
        row = (fact.key, tracking.notification_id, fact.type, fact.occurred_at, json.dumps(fact.data))
        cursor.execute(self._insert, row, prepare=True)


class ResponseProjection(Projection[ResponsesInPostgresql]):
    """Every event goes to the view."""

    name = "responses"

    @singledispatchmethod
    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        """Take in an event of the library's sequence."""
        self.view.take_in(domain_event, tracking)


def _moved(before: Standing, fact: Any) -> Standing:
    data = fact.data
    if "drug" in data:
        return before.after_start(data["started_on"])
    return before.after_alt(fact.occurred_at[:10], Decimal(data["value"]), Decimal(data["reference_high"]["value"]))
