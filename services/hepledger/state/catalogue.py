"""Which criteria sets the registry knows, which of them are projected, and which one is the registry's answer.

Sets ship with the program or are published as events; both end here, each known by the fingerprint of its document.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from sqlalchemy import select

from hepledger.clinical.facts import microseconds
from hepledger.errors import HepledgerError, NotFound
from hepledger.state import activations, bulk, cuts
from hepledger.state.activations import Kind
from hepledger.state.unit_of_work import UnitOfWork
from hepledger.tables import activation, active_criteria, criteria_set, projection, replay, stream_position
from hepledger_events.canonical import canonical_json
from hepledger_events.codec import decode
from hepledger_events.criteria import CriteriaDocument, canonical_document, fingerprint, parse_criteria
from hepledger_events.envelope import Envelope

FIRST_ACTIVE: Final = "hegade-2011"
"""The set under which a new registry answers."""

_PAGE: Final = 100


class CriteriaUnknown(NotFound):
    """There is no criteria set of that name."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"there is no criteria set {name}: see `hepledger criteria list`")


class CriteriaClash(HepledgerError):
    """Two different documents have the same id and version."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"another document is known as {name}: a change is a new version")


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownCriteria:
    """A criteria set that the registry knows. ``document`` is the canonical one; ``published_at`` (µs) is None if it ships."""

    fingerprint: str
    id: str
    version: int
    title: str
    document: Mapping[str, Any]
    published_at: int | None

    @property
    def name(self) -> str:
        """Id and version, as a user writes them: ``hegade-2011@1``."""
        return f"{self.id}@{self.version}"


class ReadableLog(Protocol):
    """What the catalogue needs of the registry's log."""

    @property
    def stream(self) -> str:
        """The name of the stream."""
        ...

    def read(self, partition: int, start: int, limit: int) -> Iterable[Any]:
        """The entries of a partition from ``start`` on, in order, each with ``payload`` and ``next_offset``."""
        ...


def register(uow: UnitOfWork, documents: Iterable[Mapping[str, Any]]) -> None:
    """Make the sets that ship known. Raises InvalidCriteria, and CriteriaClash if other content has the id and version."""
    for document in map(parse_criteria, documents):
        _add(uow, document, None)
        standing = find_criteria(uow, f"{document.id}@{document.version}")
        if standing is None or standing.fingerprint != fingerprint(document):
            raise CriteriaClash(f"{document.id}@{document.version}")


def catch_up(uow: UnitOfWork, log: ReadableLog) -> int:
    """Take in what was published since last time. Gives the number of events read.

    Of two publications of one id and version the earlier in the log stands: the later one lost a race, and whoever
    published it finds the other under the name.
    """
    start = position = _position(uow, log.stream)
    read = 0
    while page := list(log.read(0, position, _PAGE)):
        for entry in page:
            _fold(uow, decode(entry.payload))
            position, read = entry.next_offset, read + 1
    if position != start:
        bulk.upsert(
            uow.connection, stream_position, ("stream", "partition", "next_offset"), [(log.stream, 0, position)]
        )
    return read


def _fold(uow: UnitOfWork, event: Envelope) -> None:
    if event.type == "criteria_published" and isinstance(event.data, dict):
        _add(uow, parse_criteria(event.data["document"]), microseconds(event.recorded_at))
    elif event.type == "cut_created" and isinstance(event.data, dict):
        cuts.add(uow, event.data, microseconds(event.recorded_at))


def _add(uow: UnitOfWork, document: CriteriaDocument, published_at: int | None) -> None:
    proof, text = fingerprint(document), canonical_json(canonical_document(document))
    row = (proof, document.id, document.version, document.title or document.id, text, published_at)
    bulk.insert(uow.connection, criteria_set, tuple(column.name for column in criteria_set.columns), [row])


def taken_in(uow: UnitOfWork, log: ReadableLog) -> int:
    """The first offset of the registry's log that was not taken in yet."""
    return _position(uow, log.stream)


def _position(uow: UnitOfWork, stream: str) -> int:
    mine = (stream_position.c.stream == stream) & (stream_position.c.partition == 0)
    return uow.connection.execute(select(stream_position.c.next_offset).where(mine)).scalar_one_or_none() or 0


def known_criteria(uow: UnitOfWork) -> list[KnownCriteria]:
    """Every set the registry knows, by id and version."""
    rows = uow.connection.execute(select(criteria_set).order_by(criteria_set.c.id, criteria_set.c.version))
    return [_known(row) for row in rows.mappings()]


def find_criteria(uow: UnitOfWork, name: str) -> KnownCriteria | None:
    """The set of a name: ``id`` (its newest version), ``id@version``, or a fingerprint."""
    id_, _, version = name.partition("@")
    named = (criteria_set.c.id == id_) | (criteria_set.c.fingerprint == name)
    statement = select(criteria_set).where(named).order_by(criteria_set.c.version.desc()).limit(1)
    if version:
        statement = statement.where(
            criteria_set.c.version == (int(version) if version.isdecimal() and len(version) < 10 else -1)
        )
    row = uow.connection.execute(statement).mappings().one_or_none()
    return None if row is None else _known(row)


def get_criteria(uow: UnitOfWork, name: str) -> KnownCriteria:
    """The set of a name (see `find_criteria`). Raises CriteriaUnknown."""
    known = find_criteria(uow, name)
    if known is None:
        raise CriteriaUnknown(name)
    return known


def _known(row: Mapping[Any, Any]) -> KnownCriteria:
    return KnownCriteria(**{**row, "document": json.loads(row["document"])})


def projection_of(uow: UnitOfWork, known: KnownCriteria) -> int:
    """The number of a set's projection, given out the first time."""
    row = (known.fingerprint, known.id, known.version)
    bulk.insert(uow.connection, projection, ("fingerprint", "criteria", "version"), [row])
    mine = select(projection.c.projection_id).where(projection.c.fingerprint == known.fingerprint)
    return int(uow.connection.execute(mine).scalar_one())


def find_projection(uow: UnitOfWork, known: KnownCriteria) -> int | None:
    """The number of a set's projection; None if none was ever begun."""
    mine = select(projection.c.projection_id).where(projection.c.fingerprint == known.fingerprint)
    return uow.connection.execute(mine).scalar_one_or_none()


def projected(uow: UnitOfWork) -> list[KnownCriteria]:
    """The sets that were ever projected, the first one first. One that is being replayed is not yet among them."""
    joined = criteria_set.join(projection, projection.c.fingerprint == criteria_set.c.fingerprint)
    asked = select(criteria_set).select_from(joined).order_by(projection.c.projection_id)
    rows = uow.connection.execute(asked.where(projection.c.projection_id.not_in(select(replay.c.projection_id))))
    return [_known(row) for row in rows.mappings()]


def find_active(uow: UnitOfWork) -> str | None:
    """The fingerprint of the set that is the registry's answer; None before the first was made so."""
    return uow.connection.execute(select(active_criteria.c.fingerprint)).scalar_one_or_none()


def find_active_at(uow: UnitOfWork, moment: int) -> str | None:
    """The fingerprint of what was the registry's answer at a time (µs since 1970 UTC); before the first activation, the first."""
    at = activation.c
    newest_first = select(at.fingerprint).order_by(at.activation_id.desc())
    then = uow.connection.execute(newest_first.where(at.activated_at <= moment).limit(1)).scalar_one_or_none()
    first = select(at.fingerprint).order_by(at.activation_id).limit(1)
    return then or uow.connection.execute(first).scalar_one_or_none()


def get_active(uow: UnitOfWork) -> KnownCriteria:
    """The set that is the registry's answer. Raises CriteriaUnknown before the first was made so."""
    return get_criteria(uow, find_active(uow) or FIRST_ACTIVE)


def make_active(uow: UnitOfWork, known: KnownCriteria, now: int, kind: Kind = Kind.ACTIVATED) -> int:
    """Let a set be the registry's answer; gives the number of the activation. ``now`` is µs since 1970 UTC."""
    previous = find_active(uow)
    row = (1, known.fingerprint, now)
    bulk.upsert(uow.connection, active_criteria, ("only", "fingerprint", "activated_at"), [row])
    return activations.record(uow, known.fingerprint, previous, now, Kind.FIRST if previous is None else kind)
