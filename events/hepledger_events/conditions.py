"""The shapes a condition of a criteria document may have.

A table is known by its keys, so that what is told of a mistake speaks of the shape its author had in mind and not of the
others: ``Discriminator`` picks the shape, and its tag, in angle brackets, is left out of the place.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, ConfigDict, Discriminator, Field, StrictBool, Tag, WithJsonSchema
from pydantic.json_schema import SkipJsonSchema

from hepledger_events.canonical import canonical_decimal
from hepledger_events.faults import expectation
from hepledger_events.strict import Strict
from hepledger_events.texts import DECIMAL_PATTERN
from hepledger_events.vocabulary import Analyte

_DECIMAL: Final = re.compile(DECIMAL_PATTERN)
_LARGEST_EXPONENT: Final = 14
_SMALLEST_EXPONENT: Final = -20


def number_text(value: object) -> str:
    """The exact decimal of a TOML integer, float or decimal string, as canonical text.

    A binary float is taken by its shortest text; ``tomllib.loads(…, parse_float=Decimal)`` keeps the text of the file.
    """
    number = _decimal(value)
    if number == 0:
        return "0"
    if number is not None and number.is_finite() and _SMALLEST_EXPONENT <= number.adjusted() <= _LARGEST_EXPONENT:
        text = canonical_decimal(number)
        if _DECIMAL.fullmatch(text) is not None:
            return text
    raise expectation("a number of at most 15 digits and 20 decimals, such as 50, 2.5 or '2.5'")


def _decimal(value: object) -> Decimal | None:
    match value:
        case bool():
            return None
        case int() | Decimal():
            return Decimal(value)
        case float():
            return Decimal(repr(value))
        case str() if _DECIMAL.fullmatch(value) is not None:
            return Decimal(value)
        case _:
            return None


Number = Annotated[
    str,
    BeforeValidator(number_text),
    WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "string", "pattern": f"^{DECIMAL_PATTERN}$"}]}),
]


class Table(Strict):
    """A table of a criteria document. Unknown keys are refused: a misspelt rule is another rule."""


class Band(Table):
    """One or two bounds; two make a band, one from below and one from above."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [{"required": [relation]} for relation in ("more_than", "at_least", "less_than", "at_most")],
            "not": {"anyOf": [{"required": ["more_than", "at_least"]}, {"required": ["less_than", "at_most"]}]},
        }
    )

    more_than: Number | None = None
    at_least: Number | None = None
    less_than: Number | None = None
    at_most: Number | None = None


class ValueBand(Band):
    """A band of the value itself, in a unit of the analyte."""

    unit: str


class OfAnalyte(Table):
    """A condition on the reading of one analyte."""

    analyte: Analyte


class NormalIs(OfAnalyte):
    """Within (or above) the upper limit, by the limit's own comparator."""

    normal: StrictBool


class BaselineNormalIs(OfAnalyte):
    """The baseline reading was within (or above) its limit."""

    baseline_normal: StrictBool


class TimesUlnIn(OfAnalyte):
    """Value ÷ upper limit."""

    times_uln: Band


class FallPercentIn(OfAnalyte):
    """Fall from the baseline, in percent of the baseline."""

    fall_percent: Band


class FallFromPeakPercentIn(OfAnalyte):
    """Fall from the highest reading since the present state was confirmed, in percent of it."""

    fall_from_peak_percent: Band


class TimesBaselineIn(OfAnalyte):
    """Value ÷ baseline."""

    times_baseline: Band


class TimesNadirIn(OfAnalyte):
    """Value ÷ lowest reading from the index date on, baseline included."""

    times_nadir: Band


class ValueIn(OfAnalyte):
    """The value itself."""

    value: ValueBand


class AllOf(Table):
    """Kleene and."""

    all: Annotated[list[Condition], Field(min_length=1)]


class AnyOf(Table):
    """Kleene or."""

    any: Annotated[list[Condition], Field(min_length=1)]


class NotThat(Table):
    """Kleene not."""

    not_: Annotated[Condition, Field(alias="not")]


class Shapeless(OfAnalyte):
    """A table that has none of the shapes. No document holds one: ``criteria_rules`` tells what is wrong with it."""

    model_config = ConfigDict(extra="allow")


CONDITIONS: Final[Mapping[str, type[Table]]] = {
    "all": AllOf,
    "any": AnyOf,
    "not": NotThat,
    "normal": NormalIs,
    "times_uln": TimesUlnIn,
    "fall_percent": FallPercentIn,
    "fall_from_peak_percent": FallFromPeakPercentIn,
    "times_baseline": TimesBaselineIn,
    "times_nadir": TimesNadirIn,
    "value": ValueIn,
    "baseline_normal": BaselineNormalIs,
}
"""The key that makes the shape → the shape."""

BANDS: Final = ("times_uln", "fall_percent", "fall_from_peak_percent", "times_baseline", "times_nadir", "value")
"""The shapes whose key holds a band."""


def shape_of(condition: Any) -> str:
    """The tag of the shape that a table (or a model made of one) has."""
    if isinstance(condition, Mapping):
        key = next((key for key in CONDITIONS if key in condition), "shapeless")
    else:
        key = next((key for key, shape in CONDITIONS.items() if isinstance(condition, shape)), "shapeless")
    return f"<{key}>"


Condition = Annotated[
    Annotated[AllOf, Tag("<all>")]
    | Annotated[AnyOf, Tag("<any>")]
    | Annotated[NotThat, Tag("<not>")]
    | Annotated[NormalIs, Tag("<normal>")]
    | Annotated[TimesUlnIn, Tag("<times_uln>")]
    | Annotated[FallPercentIn, Tag("<fall_percent>")]
    | Annotated[FallFromPeakPercentIn, Tag("<fall_from_peak_percent>")]
    | Annotated[TimesBaselineIn, Tag("<times_baseline>")]
    | Annotated[TimesNadirIn, Tag("<times_nadir>")]
    | Annotated[ValueIn, Tag("<value>")]
    | Annotated[BaselineNormalIs, Tag("<baseline_normal>")]
    | Annotated[SkipJsonSchema[Shapeless], Tag("<shapeless>")],
    Discriminator(shape_of),
]

AllOf.model_rebuild()
AnyOf.model_rebuild()
NotThat.model_rebuild()
