"""What a criteria document says that cannot be meant, although each of its parts is well formed.

The structure is checked where documents are parsed; here one part is held against another. Documents are taken raw, and
perhaps broken, so that whoever writes one reads all faults at once: what cannot be judged is passed over, never raised.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from hepledger.clinical.criteria_graph import ANY_STATE, START, Document, entries, sources, table, unreachable_states

FIRST_ASSESSED_DAY = 1
"""Where ``assess_from`` begins when the document does not say."""

_OF_BASELINE = ("fall_percent", "times_baseline", "baseline_normal")


@dataclass(frozen=True, slots=True)
class CriteriaFault:
    """One thing to mend: the place in the document, what stands there, and what was expected."""

    place: str
    found: str
    expected: str

    def __str__(self) -> str:
        return f"{self.place}: found {self.found}, expected {self.expected}"


def faults_of(document: Document) -> tuple[CriteriaFault, ...]:
    """Every fault between the parts of a raw document, by the kind of fault; none if the document can be meant."""
    checks = (
        _reversed_baseline,
        _limits_of_no_baseline,
        _reserved_states,
        _codes_said_twice,
        _states_out_of_reach,
        _undeclared_states,
        _days_nobody_assesses,
        _runs_of_nothing,
        _transitions_said_twice,
        _peaks_before_any_state,
        _conditions_without_baseline,
        _reversed_landmarks,
    )
    return tuple(fault for check in checks for fault in check(document))


def _reversed_baseline(document: Document) -> Iterator[CriteriaFault]:
    yield from _reversed("baseline.window", table(document, "baseline").get("window"))


def _reversed_landmarks(document: Document) -> Iterator[CriteriaFault]:
    for place, landmark in entries(document, "landmark"):
        yield from _reversed(f"{place}.window", landmark.get("window"))


def _reversed(place: str, window: object) -> Iterator[CriteriaFault]:
    match window:
        case [int(first), int(last)] if first > last:
            yield CriteriaFault(place, f"[{first}, {last}]", "the first day of the window not after its last")


def _limits_of_no_baseline(document: Document) -> Iterator[CriteriaFault]:
    if table(document, "reading").get("uln") == "baseline" and "baseline" not in document:
        yield CriteriaFault("reading.uln", '"baseline"', "a [baseline] section whose limits are to be used")


def _reserved_states(document: Document) -> Iterator[CriteriaFault]:
    meanings = {START: "the state before any is entered", ANY_STATE: "any state"}
    for place, state in entries(document, "state"):
        match state.get("code"):
            case str(code) if code in meanings:
                yield CriteriaFault(f"{place}.code", f'"{code}"', f'another code: "{code}" is {meanings[code]}')


def _codes_said_twice(document: Document) -> Iterator[CriteriaFault]:
    for section in ("state", "landmark"):
        first: dict[str, str] = {}
        for place, entry in entries(document, section):
            match entry.get("code"):
                case str(code) if code in first:
                    yield CriteriaFault(f"{place}.code", f'"{code}"', f"a code of its own: {first[code]} has this one")
                case str(code):
                    first[code] = place


def _states_out_of_reach(document: Document) -> Iterator[CriteriaFault]:
    entered = {
        transition.get("to")
        for _, transition in entries(document, "transition")
        if isinstance(transition.get("to"), str)
    }
    for place, code in unreachable_states(document):
        expected = "a way from start: every transition to it leaves a state that is itself never entered"
        if code not in entered:
            expected = "a transition to it: no transition enters this state"
        yield CriteriaFault(f"{place}.code", f'"{code}"', expected)


def _undeclared_states(document: Document) -> Iterator[CriteriaFault]:
    declared = _declared(document)
    listed = ", ".join(declared) or "none is declared"
    for place, transition in entries(document, "transition"):
        match transition.get("to"):
            case str(code) if code == START:
                yield CriteriaFault(
                    f"{place}.to", f'"{START}"', f"a declared state ({listed}): nothing leads back to start"
                )
            case str(code) if code not in declared:
                yield CriteriaFault(f"{place}.to", f'"{code}"', f"a declared state ({listed})")
        for where, code in sources(place, transition):
            if code not in (*declared, START, ANY_STATE):
                yield CriteriaFault(where, f'"{code}"', f'a declared state ({listed}), "start" or "*"')


def _declared(document: Document) -> tuple[str, ...]:
    codes = (state.get("code") for _, state in entries(document, "state"))
    return tuple(dict.fromkeys(code for code in codes if isinstance(code, str) and code not in (START, ANY_STATE)))


def _days_nobody_assesses(document: Document) -> Iterator[CriteriaFault]:
    begin = _day(table(document, "index").get("assess_from"), FIRST_ASSESSED_DAY)
    for place, transition in entries(document, "transition"):
        last = _day(transition.get("to_day"), None)
        first = _day(transition.get("from_day"), begin)
        if last is None or first is None:
            continue
        if last < first and "from_day" in transition:
            yield CriteriaFault(f"{place}.to_day", str(last), f"a day not before from_day ({first})")
        elif begin is not None and last < begin:
            yield CriteriaFault(f"{place}.to_day", str(last), f"a day not before the first assessed day ({begin})")


def _day(value: object, default: int | None) -> int | None:
    """A whole number of days; the default where nothing is said, None where something else is."""
    if value is None:
        return default
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _runs_of_nothing(document: Document) -> Iterator[CriteriaFault]:
    runs = [(f"{place}.sustained", table(entry, "sustained")) for place, entry in entries(document, "transition")]
    runs.append(("refractory.persistent", table(table(document, "refractory"), "persistent")))
    for place, run in runs:
        results = _day(run.get("results"), None)
        if results is not None and results < 1:
            yield CriteriaFault(f"{place}.results", str(results), "at least 1 result")


def _transitions_said_twice(document: Document) -> Iterator[CriteriaFault]:
    seen: list[tuple[str, Mapping[str, object]]] = []
    for place, transition in entries(document, "transition"):
        twin = next((where for where, other in seen if other == transition), None)
        if twin is not None:
            yield CriteriaFault(place, "the same transition again", f"another one: {twin} always decides before it")
        seen.append((place, transition))


def _peaks_before_any_state(document: Document) -> Iterator[CriteriaFault]:
    for place, transition in entries(document, "transition"):
        states = {code for _, code in sources(place, transition)}
        if states != {START} or _may_be_true(transition.get("when")):
            continue
        for where, condition in _conditions(f"{place}.when", transition.get("when")):
            if "fall_from_peak_percent" in condition:
                expected = "a state to leave other than start: the peak is counted from when a state was entered"
                yield CriteriaFault(f"{where}.fall_from_peak_percent", 'from = ["start"]', expected)


def _may_be_true(when: object, wanted: bool = True) -> bool:
    """Whether a condition can come to ``wanted`` where everything asked of a peak is unknown; what cannot be read can."""
    match when:
        case {"fall_from_peak_percent": _}:
            return False
        case {"not": part}:
            return _may_be_true(part, not wanted)
        case {"all": [*parts]}:
            return (all if wanted else any)(_may_be_true(part, wanted) for part in parts)
        case {"any": [*parts]}:
            return (any if wanted else all)(_may_be_true(part, wanted) for part in parts)
        case _:
            return True


def _conditions_without_baseline(document: Document) -> Iterator[CriteriaFault]:
    if "baseline" in document:
        return
    holders = [
        (f"{place}.when", entry.get("when"))
        for section in ("transition", "landmark")
        for place, entry in entries(document, section)
    ]
    holders.append(("refractory.persistent.when", table(table(document, "refractory"), "persistent").get("when")))
    for holder, when in holders:
        for place, condition in _conditions(holder, when):
            for shape in _OF_BASELINE:
                if shape in condition:
                    yield CriteriaFault(f"{place}.{shape}", shape, "a [baseline] section to measure it from")


def _conditions(place: str, when: object) -> Iterator[tuple[str, Mapping[str, object]]]:
    """Every table of a condition with its place, the outer before the inner ones, in the order of the document."""
    waiting = [(place, when)]
    while waiting:
        where, condition = waiting.pop()
        if not isinstance(condition, Mapping):
            continue
        yield where, condition
        inner: list[tuple[str, object]] = []
        for word in ("all", "any"):
            parts = condition.get(word)
            if isinstance(parts, list | tuple):
                inner += [(f"{where}.{word}[{number}]", part) for number, part in enumerate(parts)]
        inner.append((f"{where}.not", condition.get("not")))
        waiting += reversed(inner)
