"""The tables and keys of a criteria document, and what each may hold."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, StrictBool, StrictInt, Tag, WithJsonSchema

from hepledger_events.conditions import CONDITIONS, Condition, Table
from hepledger_events.faults import expectation, one_of
from hepledger_events.texts import IdentityText, NoteText
from hepledger_events.vocabulary import Drug, DrugClass

ID_PATTERN: Final = r"[a-z0-9]+(-[a-z0-9]+)*"
ANY_STATE: Final = "*"
DRUG_NAMES: Final = (*Drug, *DrugClass)

_ID: Final = re.compile(ID_PATTERN)
_LONGEST_ID: Final = 64
_LONGEST_CODE: Final = 32
_SEPARATORS: Final = frozenset('|,"')


def _id_text(value: str) -> str:
    if _ID.fullmatch(value) is None or len(value) > _LONGEST_ID:
        raise expectation(f"lower-case words and digits joined by hyphens, at most {_LONGEST_ID} characters")
    return value


def _code_text(value: str) -> str:
    if not 0 < len(value) <= _LONGEST_CODE or not value.isprintable() or value != value.strip():
        raise expectation(f"a code of 1 to {_LONGEST_CODE} printable characters")
    if not _SEPARATORS.isdisjoint(value):
        raise expectation("a code without '|', ',' and '\"', which separate codes in exports")
    return value


def _sources(value: object) -> object:
    if value in (ANY_STATE, [ANY_STATE]):
        return ANY_STATE
    if not isinstance(value, list) or not value:
        raise expectation('a list of state codes such as ["start", "NR"], or "*" for any state')
    if ANY_STATE in value:
        raise expectation('either state codes or "*" (any state), not both')
    return value


def _drug_name(value: str) -> str:
    if value not in DRUG_NAMES:
        raise expectation(one_of(DRUG_NAMES, value))
    return value


def _member_shape(member: object) -> str:
    return "<name>" if isinstance(member, str) else "<combination>"


def _sources_shape(sources: object) -> str:
    return "<any_state>" if isinstance(sources, str) else "<codes>"


CriteriaId = Annotated[
    str,
    AfterValidator(_id_text),
    WithJsonSchema({"type": "string", "pattern": f"^{ID_PATTERN}$", "maxLength": _LONGEST_ID}),
]
Code = Annotated[
    str,
    AfterValidator(_code_text),
    WithJsonSchema({"type": "string", "pattern": '^[^|,"]+$', "maxLength": _LONGEST_CODE}),
]
DrugName = Annotated[str, AfterValidator(_drug_name), WithJsonSchema({"type": "string", "enum": [*DRUG_NAMES]})]
Sources = Annotated[
    Annotated[Literal["*"], Tag("<any_state>")] | Annotated[list[Code], Tag("<codes>")],
    Discriminator(_sources_shape),
    BeforeValidator(_sources),
]
Days = Annotated[StrictInt, Field(ge=0)]
Window = Annotated[list[StrictInt], Field(min_length=2, max_length=2)]


class Index(Table):
    """Which day is day 0: the first start of any of the drugs, or an event. Exactly one of the two."""

    drugs: Annotated[list[DrugName], Field(min_length=1)] | None = None
    event: Literal["enrolment", "first_result"] | None = None
    assess_from: StrictInt = 1


class ReadingPolicy(Table):
    """How a reading is chosen and by whose limit it is judged."""

    uln: Literal["reported", "baseline"] = "reported"
    exclude_flags: tuple[IdentityText, ...] = ()
    carry_forward_days: Days = 0


class BaselinePolicy(Table):
    """Which reading around day 0 is the baseline. Days from the index date, ends included."""

    window: Window
    choose: Literal["last", "first", "highest", "lowest"] = "last"


class Combination(Table):
    """All, or any, of its members: drugs, drug classes, combinations. Exactly one of the two."""

    all: Annotated[list[Member], Field(min_length=1)] | None = None
    any: Annotated[list[Member], Field(min_length=1)] | None = None


class Exposure(Combination):
    """What must have been taken for ``overlap_days`` without a break, gaps of ``max_gap_days`` bridged."""

    overlap_days: Annotated[StrictInt, Field(ge=1)]
    max_gap_days: Days = 0


Member = Annotated[
    Annotated[DrugName, Tag("<name>")] | Annotated[Combination, Tag("<combination>")], Discriminator(_member_shape)
]


class Persistence(Table):
    """How long, and how shortly before day 0, a condition must have held."""

    when: Condition
    results: StrictInt
    days: Days
    last_within_days: Days


class RefractoryRule(Table):
    """Whether treatment before day 0 had failed: exposure and persistence."""

    exposure: Exposure
    persistent: Persistence


class State(Table):
    """A response category; the best comes first. Entering a relapse state opens an episode."""

    code: Code
    label: NoteText | None = None
    relapse: StrictBool = False


class Sustained(Table):
    """The condition must have held on so many results in a row, over so many days."""

    results: StrictInt = 1
    days: Days = 0


class Transition(Table):
    """One rule of the course."""

    to: Code
    from_: Annotated[Sources, Field(alias="from")]
    when: Condition
    from_day: StrictInt | None = None
    to_day: StrictInt | None = None
    sustained: Sustained | None = None


class Landmark(Table):
    """One question about one window of days, beside the course."""

    code: Code
    label: NoteText | None = None
    window: Window
    take: Literal["last", "any"] = "last"
    when: Condition


class CriteriaDocument(Table):
    """One version of one set of criteria."""

    id: CriteriaId
    version: Annotated[StrictInt, Field(ge=1)]
    title: NoteText | None = None
    citation: NoteText | None = None
    index: Index
    reading: ReadingPolicy = ReadingPolicy()
    baseline: BaselinePolicy | None = None
    refractory: RefractoryRule | None = None
    state: Annotated[list[State], Field(min_length=1)]
    transition: Annotated[list[Transition], Field(min_length=1)]
    landmark: tuple[Landmark, ...] = ()


Combination.model_rebuild()
Exposure.model_rebuild()

SHAPES: Final[Mapping[str, type[Table]]] = {
    "<combination>": Combination,
    **{f"<{key}>": shape for key, shape in CONDITIONS.items()},
}
"""Tag of a shape → its table."""
