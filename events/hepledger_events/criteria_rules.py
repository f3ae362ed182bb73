"""Faults of a criteria document that no key has alone: bands, units, tables that must hold exactly one of two keys.

They are looked for in the raw document, broken or not, so that they are told together with every other fault.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

from pydantic_core import PydanticCustomError

from hepledger_events.conditions import BANDS, CONDITIONS, number_text
from hepledger_events.faults import Fault, Loc, describe, one_of, place_of, stray_key
from hepledger_events.vocabulary import UNITS

_LOWER: Final = ("more_than", "at_least")
_UPPER: Final = ("less_than", "at_most")

Found = tuple[Loc, Any]


def faults_between_keys(document: Mapping[str, Any]) -> Iterator[Fault]:
    """Every fault between the keys of a table, by place."""
    yield from _either(("index",), document.get("index"), ("drugs", "event"))
    refractory = document.get("refractory")
    if isinstance(refractory, Mapping):
        yield from _exposure_faults(("refractory", "exposure"), refractory.get("exposure"))
    for loc, condition in _conditions(document):
        yield from _shape_faults(loc, condition)
        yield from _band_faults(loc, condition)
        yield from _bounds_out_of_reach(loc, condition)
        yield from _unit_faults(loc, condition)


def _either(loc: Loc, table: object, keys: tuple[str, str]) -> Iterator[Fault]:
    if isinstance(table, Mapping):
        held = [key for key in keys if table.get(key) is not None]
        if len(held) != 1:
            found = f"both {keys[0]} and {keys[1]}" if held else f"neither {keys[0]} nor {keys[1]}"
            yield Fault(place_of(loc), found, "exactly one of the two")


def _exposure_faults(loc: Loc, exposure: object) -> Iterator[Fault]:
    waiting = [(loc, exposure)]
    while waiting:
        place, table = waiting.pop()
        if isinstance(table, Mapping):
            yield from _either(place, table, ("all", "any"))
            waiting += reversed(list(_parts(place, table)))


def _conditions(document: Mapping[str, Any]) -> Iterator[Found]:
    """Every table of every condition, outer before inner."""
    waiting = list(reversed(list(_outermost(document))))
    while waiting:
        loc, condition = waiting.pop()
        if isinstance(condition, Mapping):
            yield loc, condition
            waiting += reversed(list(_parts(loc, condition)))


def _outermost(document: Mapping[str, Any]) -> Iterator[Found]:
    for section in ("transition", "landmark"):
        entries = document.get(section)
        for number, entry in enumerate(entries if isinstance(entries, list) else ()):
            if isinstance(entry, Mapping):
                yield (section, number, "when"), entry.get("when")
    match document.get("refractory"):
        case {"persistent": {"when": when}}:
            yield ("refractory", "persistent", "when"), when


def _parts(loc: Loc, table: Mapping[str, Any]) -> Iterator[Found]:
    for key in ("all", "any"):
        parts = table.get(key)
        for number, part in enumerate(parts if isinstance(parts, list) else ()):
            yield (*loc, key, number), part
    yield (*loc, "not"), table.get("not")


def _shape_faults(loc: Loc, condition: Mapping[str, Any]) -> Iterator[Fault]:
    if CONDITIONS.keys().isdisjoint(condition):
        strays = [key for key in condition if key != "analyte"]
        for key in strays:
            yield stray_key(place_of((*loc, key)), key, CONDITIONS)
        if not strays:
            yield Fault(place_of(loc), "a table without a condition", one_of(CONDITIONS))


def _band_faults(loc: Loc, condition: Mapping[str, Any]) -> Iterator[Fault]:
    for key in BANDS:
        band = condition.get(key)
        if isinstance(band, Mapping):
            place = place_of((*loc, key))
            lower = [relation for relation in _LOWER if relation in band]
            upper = [relation for relation in _UPPER if relation in band]
            if set(band) <= {"unit"}:
                yield Fault(place, "nothing to compare with", f"one or two of {', '.join((*_LOWER, *_UPPER))}")
            for relation in (*lower, *upper):
                if band[relation] is None:
                    yield Fault(f"{place}.{relation}", describe(None), "a number, or no key at all")
            for side, name in ((lower, "lower"), (upper, "upper")):
                if len(side) > 1:
                    yield Fault(place, " and ".join(side), f"only one {name} bound")
            if len(lower) == len(upper) == 1 and _is_impossible(band, lower[0], upper[0]):
                found = f"{lower[0]} {describe(band[lower[0]])} and {upper[0]} {describe(band[upper[0]])}"
                yield Fault(place, found, "a band that some number can be in")


def _is_impossible(band: Mapping[str, Any], lower: str, upper: str) -> bool:
    low, high = _number(band[lower]), _number(band[upper])
    if low is None or high is None:
        return False
    return low > high or (low == high and (lower, upper) != ("at_least", "at_most"))


def _bounds_out_of_reach(loc: Loc, condition: Mapping[str, Any]) -> Iterator[Fault]:
    """Nothing falls by more than all of it, and no value is below nothing: a bound beyond that is met by no reading."""
    for key in BANDS:
        band, falls = condition.get(key), key.startswith("fall_")
        if isinstance(band, Mapping):
            end, why = (100, "nothing falls by more than all of it") if falls else (0, "nothing is below 0")
            for relation in _LOWER if falls else _UPPER:
                number = _number(band.get(relation))
                if number is not None and _is_beyond(number - end if falls else end - number, relation):
                    expected = f"a bound that a reading can meet: {why}"
                    yield Fault(place_of((*loc, key, relation)), describe(band[relation]), expected)


def _is_beyond(excess: Decimal, relation: str) -> bool:
    return excess > 0 or (excess == 0 and relation in ("more_than", "less_than"))


def _number(value: object) -> Decimal | None:
    try:
        return Decimal(number_text(value))
    except PydanticCustomError:
        return None


def _unit_faults(loc: Loc, condition: Mapping[str, Any]) -> Iterator[Fault]:
    match condition:
        case {"analyte": str(analyte), "value": {"unit": str(unit)}} if analyte in UNITS:
            units = UNITS[analyte]  # type: ignore[index]
            if unit not in units:
                expected = f"{one_of(sorted(units))}: the units of {analyte}"
                yield Fault(place_of((*loc, "value", "unit")), describe(unit), expected)
