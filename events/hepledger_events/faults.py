"""What is wrong with an input, said so that its author can mend it: where, what was found, what was expected."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

Loc = tuple[int | str, ...]

NOTHING: Final = "nothing"
_LONGEST: Final = 60

_EXPECTED: Final[Mapping[str, str]] = {
    "missing": "a value: this key is required",
    "string_type": "text",
    "string_unicode": "text that can be written as UTF-8",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "model_type": "a table of keys and values",
    "dict_type": "a table of keys and values",
}


class ContractBroken(ValueError):
    """An input does not follow the published language."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (self.__doc__ or "").strip())


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: its place (``data.reference_high.value``), what was found there, what was expected."""

    place: str
    found: str
    expected: str

    def __str__(self) -> str:
        return f"{self.place}: found {self.found}, expected {self.expected}"


def told(faults: tuple[Fault, ...]) -> str:
    """All faults in one message, a line each."""
    return "\n".join(map(str, faults))


def expectation(expected: str) -> PydanticCustomError:
    """What a validator raises: pydantic adds the place and the input."""
    return PydanticCustomError("expectation", "{expected}", {"expected": expected})


def one_of(words: Iterable[str], found: object = None) -> str:
    """``one of A, B, C``, and before it the word that was probably meant; for a single word, the word."""
    listed = list(words)
    if len(listed) == 1:
        return listed[0]
    near = get_close_matches(found, listed, n=1) if isinstance(found, str) else []
    return (f"{near[0]}? " if near else "") + "one of " + ", ".join(listed)


def place_of(loc: Loc) -> str:
    """``transition[2].when.fall_percent``. Steps in angle brackets name the shape taken, not a place."""
    place = ""
    for step in loc:
        if isinstance(step, int):
            place += f"[{step}]"
        elif not is_shape(step):
            name = step if step.isprintable() else repr(step)
            place += f".{name}" if place else name
    return place


def is_shape(step: int | str) -> bool:
    """Whether a step of a place only says which of several shapes was taken there."""
    return isinstance(step, str) and step.startswith("<")


def describe(found: object) -> str:
    """An input in a few words, safe to print whatever it is."""
    match found:
        case None:
            return "null"
        case bool():
            return "true" if found else "false"
        case str():
            text = found if len(found) <= _LONGEST else found[:_LONGEST] + "…"
            return repr(text)
        case Mapping():
            return "a table"
        case list() | tuple():
            return "an empty list" if not found else f"a list of {len(found)}"
        case _:
            text = str(found)
            return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


def faults_of(
    error: ValidationError, model: type[BaseModel], shapes: Mapping[str, type[BaseModel]], prefix: Loc = ()
) -> tuple[Fault, ...]:
    """The faults behind a pydantic error on ``model``; ``shapes`` are the models that tags in angle brackets stand for."""
    return tuple(_fault(details, model, shapes, prefix) for details in error.errors(include_url=False))


def _fault(details: ErrorDetails, model: type[BaseModel], shapes: Mapping[str, type[BaseModel]], prefix: Loc) -> Fault:
    place = place_of(prefix + details["loc"])
    match details["type"]:
        case "missing":
            return Fault(place, NOTHING, _EXPECTED["missing"])
        case "extra_forbidden":
            keys = keys_at(model, details["loc"][:-1], shapes)
            return stray_key(place, str(details["loc"][-1]), keys)
        case _:
            return Fault(place, describe(details["input"]), _expected(details))


def _expected(details: ErrorDetails) -> str:
    context: dict[str, Any] = details.get("ctx", {})
    match details["type"]:
        case "expectation":
            return str(context["expected"])
        case "enum" | "literal_error":
            words = str(context["expected"]).replace(" or ", ", ").replace("'", "")
            return one_of(words.split(", "), details["input"])
        case "greater_than_equal":
            return f"a number of at least {context['ge']}"
        case "less_than_equal":
            return f"a number of at most {context['le']}"
        case "too_short":
            return f"a list of at least {context['min_length']}"
        case "too_long":
            return f"a list of at most {context['max_length']}"
        case known:
            return _EXPECTED.get(known, details["msg"])


def stray_key(place: str, key: str, keys: Iterable[str]) -> Fault:
    """The fault of a key that no table of this kind has."""
    return Fault(place, "a key that does not belong here", one_of(keys, key))


def keys_at(model: type[BaseModel], loc: Loc, shapes: Mapping[str, type[BaseModel]]) -> list[str]:
    """The keys that the table at ``loc`` may hold, as they are written."""
    current = model
    for step in loc:
        if is_shape(step):
            current = shapes[str(step)]
        elif isinstance(step, str):
            current = _table_within(_field_types(current)[step]) or current
    return list(_field_types(current))


def _field_types(model: type[BaseModel]) -> dict[str, Any]:
    return {field.alias or name: field.annotation for name, field in model.model_fields.items()}


def _table_within(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _table_within(part)) is not None), None)
