"""Set-based writes and reads, and what of them depends on the engine. Nobody else asks which database it is.

SQLAlchemy Core holds the statements, but rows go to the driver's own `executemany`: Core's is half as fast. Another engine
brings its own way of doing the same here (a COPY into a temporary table, and one statement from there).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any, Final, NamedTuple

import sqlalchemy as sql
from sqlalchemy import (
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
from sqlalchemy.dialects.sqlite import insert as insert_on_sqlite
from sqlalchemy.schema import CreateTable
from sqlalchemy.types import NullType

from hepledger.errors import NotInThisVersion
from hepledger.tables import fact

Row = tuple[Any, ...]
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
    _many(connection, _insert(table, tuple(columns)), rows)


def upsert(connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[Row]) -> None:
    """Insert rows, or overwrite those of the same primary key."""
    _many(connection, _upsert(table, tuple(columns)), rows)


def update(
    connection: Connection, table: Table, changed: Sequence[str], key: Sequence[str], rows: Sequence[Row]
) -> None:
    """Change columns of the rows that are found by ``key``. A row holds the new values, then those of the key."""
    _many(connection, _update(table, tuple(changed), tuple(key)), rows)


def close(connection: Connection, table: Table, key: Sequence[str], rows: Sequence[Row]) -> None:
    """Set ``known_to`` of the open rows that are found by ``key`` and were opened before.

    A row holds ``known_to``, the values of the key, and ``known_to`` again.
    """
    _many(connection, _close(table, tuple(key)), rows)


def remove(connection: Connection, table: Table, key: Sequence[str], rows: Sequence[Row]) -> None:
    """Delete the rows that are found by ``key``."""
    _many(connection, _remove(table, tuple(key)), rows)


def among(
    connection: Connection, column: ColumnElement[Any], values: Iterable[int] | Iterable[str]
) -> ColumnElement[bool]:
    """The column is one of the values: one parameter, however many they are."""
    _only_sqlite(connection)
    listed = func.json_each(json.dumps(list(values))).table_valued("value")
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
    connection.exec_driver_sql(_created(), ())
    connection.execute(sql.delete(_incoming))
    _many(connection, _insert(_incoming, tuple(column.name for column in _incoming.columns)), list(wanted))
    same = [_incoming.c[name] == fact.c[name] for name in ("patient_id", "kind", "identity")]
    yield from stream(connection, select(_incoming.c.number, raw(fact.c.event_id), fact.c.offset).where(*same))


def _many(connection: Connection, prepared: _Prepared, rows: Sequence[Row]) -> None:
    _only_sqlite(connection)
    if rows:
        in_order = list(rows) if prepared.ordered is None else list(map(prepared.ordered, rows))
        connection.exec_driver_sql(prepared.statement, in_order)


def _only_sqlite(connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        raise NotInThisVersion(f"state on {connection.dialect.name} is not in this version")


@lru_cache(maxsize=1)
def _created() -> str:
    return str(CreateTable(_incoming, if_not_exists=True).compile(dialect=sqlite.dialect()))


@lru_cache(maxsize=64)
def _insert(table: Table, columns: _Names) -> _Prepared:
    return _prepared(insert_on_sqlite(table).values(_places(columns)).on_conflict_do_nothing(), columns)


@lru_cache(maxsize=64)
def _upsert(table: Table, columns: _Names) -> _Prepared:
    new = insert_on_sqlite(table).values(_places(columns))
    key = [column.name for column in table.primary_key]
    changes = {name: new.excluded[name] for name in columns if name not in key}
    return _prepared(new.on_conflict_do_update(index_elements=key, set_=changes), columns)


@lru_cache(maxsize=64)
def _update(table: Table, changed: _Names, key: _Names) -> _Prepared:
    statement = sql.update(table).values(_places(changed)).where(*_equal(table, key))
    return _prepared(statement, (*changed, *(f"of_{name}" for name in key)))


@lru_cache(maxsize=64)
def _close(table: Table, key: _Names) -> _Prepared:
    opened = table.c.known_from < bindparam("before")
    statement = sql.update(table).values(known_to=bindparam("known_to")).where(*_equal(table, key), opened)
    order = ("known_to", *(f"of_{name}" for name in key), "before")
    return _prepared(statement.where(table.c.known_to.is_(None)), order)


@lru_cache(maxsize=64)
def _remove(table: Table, key: _Names) -> _Prepared:
    return _prepared(sql.delete(table).where(*_equal(table, key)), tuple(f"of_{name}" for name in key))


def _places(columns: Iterable[str]) -> dict[str, Any]:
    return {name: bindparam(name) for name in columns}


def _equal(table: Table, key: Iterable[str]) -> list[ColumnElement[bool]]:
    return [table.c[name] == bindparam(f"of_{name}") for name in key]


def _prepared(statement: sql.UpdateBase, order: Sequence[str]) -> _Prepared:
    """A statement for the driver, whose parameters need not stand in the order in which the rows hold them."""
    compiled = statement.compile(dialect=sqlite.dialect())
    places = tuple(compiled.positiontup or ())
    assert sorted(places) == sorted(order)  # noqa: S101 - or values would land in other columns
    return _Prepared(str(compiled), None if places == tuple(order) else itemgetter(*map(order.index, places)))
