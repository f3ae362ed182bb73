"""Set-based writes and reads, and what of them depends on the engine. Nobody else asks which database it is.

SQLAlchemy Core holds the statements, but rows go to the driver's own `executemany`: Core's is half as fast. On PostgreSQL many
rows go by COPY into a temporary table (see bulk_postgresql).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any, Final, NamedTuple

import sqlalchemy as sql
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Integer,
    MetaData,
    Select,
    Table,
    Text,
    bindparam,
    func,
    select,
    type_coerce,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import Insert as InsertOnPostgresql
from sqlalchemy.dialects.sqlite import Insert as InsertOnSqlite
from sqlalchemy.schema import CreateTable
from sqlalchemy.types import NullType

from hepledger.postgresql import copy_into, execute_many
from hepledger.state import bulk_postgresql as by_copy
from hepledger.tables import fact

Row = tuple[Any, ...]
_Insert = InsertOnPostgresql | InsertOnSqlite
_Names = tuple[str, ...]


class _Prepared(NamedTuple):
    """A statement for the driver, and what puts the values of a row in the order of its parameters (None: they stand so)."""

    statement: str
    ordered: Callable[[Row], Row] | None


_incoming: Final = Table(
    "incoming",
    MetaData(),
    Column("number", Integer, primary_key=True),
    Column("patient_id", Integer),
    Column("kind", Integer),
    Column("identity", Text),
    prefixes=["TEMPORARY"],
)
"""What is at hand and looked up, as a table to join with; it lives as long as its connection."""


def insert(connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[Row]) -> None:
    """Insert rows. A row whose key is there already is left as it is."""
    names = tuple(columns)
    if _on_postgresql(connection):
        rows = by_copy.in_one_order(table, names, rows)
    if _goes_by_copy(connection, rows):
        by_copy.insert(connection, table, names, rows)
    else:
        _many(connection, _insert(connection.dialect.name, table, names), rows)


def add(connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[Row]) -> None:
    """Insert rows of which the caller knows that none is there: many go by COPY, without the detour by a temporary table."""
    if _goes_by_copy(connection, rows):
        copy_into(connection, table, columns, rows)
    else:
        _many(connection, _insert(connection.dialect.name, table, tuple(columns)), rows)


def upsert(connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[Row]) -> None:
    """Insert rows, or overwrite those of the same primary key."""
    if _goes_by_copy(connection, rows):
        by_copy.upsert(connection, table, tuple(columns), rows)
    else:
        _many(connection, _upsert(connection.dialect.name, table, tuple(columns)), rows)


def update(
    connection: Connection, table: Table, changed: Sequence[str], key: Sequence[str], rows: Sequence[Row]
) -> None:
    """Change columns of the rows that are found by ``key``. A row holds the new values, then those of the key."""
    if _goes_by_copy(connection, rows):
        by_copy.update(connection, table, tuple(changed), tuple(key), rows)
    else:
        _many(connection, _update(connection.dialect.name, table, tuple(changed), tuple(key)), rows)


def close(connection: Connection, table: Table, key: Sequence[str], rows: Sequence[Row]) -> None:
    """Set ``known_to`` of the open rows that are found by ``key`` and were opened before.

    A row holds ``known_to``, the values of the key, and ``known_to`` again. They are taken one after the other: what is
    opened and closed twice is two rows, and each is closed by the first that comes after it.
    """
    _many(connection, _close(connection.dialect.name, table, tuple(key)), rows)


def remove(connection: Connection, table: Table, key: Sequence[str], rows: Sequence[Row]) -> None:
    """Delete the rows that are found by ``key``."""
    if _goes_by_copy(connection, rows):
        by_copy.remove(connection, table, tuple(key), rows)
    else:
        _many(connection, _remove(connection.dialect.name, table, tuple(key)), rows)


def among(
    connection: Connection, column: ColumnElement[Any], values: Iterable[int] | Iterable[str]
) -> ColumnElement[bool]:
    """The column is one of the values: one parameter, however many they are."""
    listed_values = list(values)
    if _on_postgresql(connection):
        kind = BigInteger() if isinstance(column.type, Integer) else column.type
        return column == sql.any_(sql.literal(listed_values, ARRAY(kind)))
    listed = func.json_each(json.dumps(listed_values)).table_valued("value")
    return column.in_(select(listed.c.value))


def raw(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """The column as the driver gives it: a conversion per value is felt where a million are read."""
    return type_coerce(column, NullType())


def stream(connection: Connection, statement: Select[Any]) -> Iterator[Row]:
    """Read what may be long: a thousand rows are held at a time."""
    with connection.execute(statement, execution_options={"stream_results": True}) as result:
        for rows in result.partitions(1_000):
            yield from rows


def known_versions(connection: Connection, wanted: Collection[tuple[int, int, int, str]]) -> Iterator[Row]:
    """Which facts are stored of some identities.

    ``wanted`` are (number, patient_id, kind, identity); the answers are (number, event_id, offset), one for each version.
    """
    if not wanted:
        return
    at_hand = _at_hand(connection, wanted)
    same = [at_hand.c[name] == fact.c[name] for name in ("patient_id", "kind", "identity")]
    yield from stream(connection, select(at_hand.c.number, raw(fact.c.event_id), fact.c.offset).where(*same))


def known_rows(
    connection: Connection, wanted: Collection[tuple[int, int, int, str]], columns: Sequence[str]
) -> Iterator[Row]:
    """As `known_versions`, with these columns: (number, *columns)."""
    asked = _at_hand(connection, wanted)
    same = [fact.c[name] == asked.c[name] for name in ("patient_id", "kind", "identity")]
    found = select(asked.c.number, *fact.c[*columns]).select_from(asked.join(fact, sql.and_(*same)))
    yield from connection.execute(found)


def _at_hand(connection: Connection, wanted: Collection[Row]) -> sql.FromClause:
    if _on_postgresql(connection):
        return by_copy.wanted(connection, wanted)
    connection.exec_driver_sql(_created(), ())
    connection.execute(sql.delete(_incoming))
    names = tuple(column.name for column in _incoming.columns)
    _many(connection, _insert("sqlite", _incoming, names), list(wanted))
    return _incoming


def _many(connection: Connection, prepared: _Prepared, rows: Sequence[Row]) -> None:
    if not rows:
        return
    in_order = list(rows) if prepared.ordered is None else list(map(prepared.ordered, rows))
    if _on_postgresql(connection):
        execute_many(connection, prepared.statement, in_order)
    else:
        connection.exec_driver_sql(prepared.statement, in_order)


def _on_postgresql(connection: Connection) -> bool:
    return connection.dialect.name == "postgresql"


def _goes_by_copy(connection: Connection, rows: Sequence[Row]) -> bool:
    return _on_postgresql(connection) and len(rows) > by_copy.FEW


@lru_cache(maxsize=1)
def _created() -> str:
    return str(CreateTable(_incoming, if_not_exists=True).compile(dialect=sqlite.dialect()))


@lru_cache(maxsize=64)
def _insert(engine: str, table: Table, columns: _Names) -> _Prepared:
    return _prepared(engine, _new(engine, table).values(_places(columns)).on_conflict_do_nothing(), columns)


@lru_cache(maxsize=64)
def _upsert(engine: str, table: Table, columns: _Names) -> _Prepared:
    new = _new(engine, table).values(_places(columns))
    key = [column.name for column in table.primary_key]
    changes = {name: new.excluded[name] for name in columns if name not in key}
    return _prepared(engine, new.on_conflict_do_update(index_elements=key, set_=changes), columns)


@lru_cache(maxsize=64)
def _update(engine: str, table: Table, changed: _Names, key: _Names) -> _Prepared:
    statement = sql.update(table).values(_places(changed)).where(*_equal(table, key))
    return _prepared(engine, statement, (*changed, *(f"of_{name}" for name in key)))


@lru_cache(maxsize=64)
def _close(engine: str, table: Table, key: _Names) -> _Prepared:
    opened = table.c.known_from < bindparam("before")
    statement = sql.update(table).values(known_to=bindparam("known_to")).where(*_equal(table, key), opened)
    order = ("known_to", *(f"of_{name}" for name in key), "before")
    return _prepared(engine, statement.where(table.c.known_to.is_(None)), order)


@lru_cache(maxsize=64)
def _remove(engine: str, table: Table, key: _Names) -> _Prepared:
    return _prepared(engine, sql.delete(table).where(*_equal(table, key)), tuple(f"of_{name}" for name in key))


def _places(columns: Iterable[str]) -> dict[str, Any]:
    return {name: bindparam(name) for name in columns}


def _equal(table: Table, key: Iterable[str]) -> list[ColumnElement[bool]]:
    return [table.c[name] == bindparam(f"of_{name}") for name in key]


def _new(engine: str, table: Table) -> _Insert:
    return InsertOnPostgresql(table) if engine == "postgresql" else InsertOnSqlite(table)


def _prepared(engine: str, statement: sql.UpdateBase, order: Sequence[str]) -> _Prepared:
    """A statement for the driver, whose parameters need not stand in the order in which the rows hold them."""
    compiled = statement.compile(dialect=by_copy.DIALECT if engine == "postgresql" else sqlite.dialect())
    places = tuple(compiled.positiontup or ())
    assert sorted(places) == sorted(order)  # noqa: S101 - or values would land in other columns
    return _Prepared(str(compiled), None if places == tuple(order) else itemgetter(*map(order.index, places)))
