"""The columns of the exports, in the order others rely on, with the kind of thing each holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum, StrEnum
from types import MappingProxyType
from typing import Literal

Cell = str | int | bool | date | datetime | Decimal | None
Row = tuple[Cell, ...]


class What(StrEnum):
    """The tables that can be exported."""

    ASSESSMENTS = "assessments"
    TRANSITIONS = "transitions"
    COURSES = "courses"
    LANDMARKS = "landmarks"
    FACTS = "facts"


CourseTable = Literal[What.ASSESSMENTS, What.TRANSITIONS, What.COURSES, What.LANDMARKS]
"""The tables whose rows are answers under some criteria; the facts are there before any."""


class Kind(Enum):
    """What a column holds."""

    TEXT = "text"
    WHOLE = "whole number"
    TRUTH = "true or false"
    DATE = "calendar date"
    MOMENT = "instant"
    DECIMAL = "decimal of four places"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of an export."""

    name: str
    kind: Kind = Kind.TEXT


def _columns(names: str, **kinds: Kind) -> tuple[Column, ...]:
    return tuple(Column(name, kinds.get(name, Kind.TEXT)) for name in names.split(","))


COLUMNS: Mapping[What, tuple[Column, ...]] = MappingProxyType(
    {
        What.ASSESSMENTS: _columns(
            "criteria,centre,patient,day,date,state,onset_on,entered,unknown",
            day=Kind.WHOLE, date=Kind.DATE, onset_on=Kind.DATE, entered=Kind.TRUTH,
        ),
        What.TRANSITIONS: _columns(
            "criteria,centre,patient,from,to,onset_on,confirmed_on,relapse,evidence",
            onset_on=Kind.DATE, confirmed_on=Kind.DATE, relapse=Kind.TRUTH,
        ),
        What.COURSES: _columns(
            "criteria,centre,patient,index_on,baseline_value,baseline_unit,baseline_times_uln,"
            "state,since,best,relapses,refractory,last_assessed_on",
            index_on=Kind.DATE, baseline_times_uln=Kind.DECIMAL, since=Kind.DATE, relapses=Kind.WHOLE,
            last_assessed_on=Kind.DATE,
        ),
        What.LANDMARKS: _columns("criteria,centre,patient,landmark,answer"),
        What.FACTS: _columns(
            "centre,patient,type,identity,occurred_at,reported_at,recorded_at,partition,offset,event_id,in_force,content",
            recorded_at=Kind.MOMENT, partition=Kind.WHOLE, offset=Kind.WHOLE, in_force=Kind.TRUTH,
        ),
    }
)  # fmt: skip
