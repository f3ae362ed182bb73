"""Small criteria documents, valid and as TOML gives them, that reach every shape of the format."""

from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from tests.support.strategies.contents import rarely

Numbers = tuple[int | str | Decimal, ...]
Table = dict[str, Any]
ANALYTES = ("ALT", "AST", "IGG")
UNITS = {"ALT": ("U/L", "ukat/L"), "AST": ("U/L", "nkat/L"), "IGG": ("g/L", "mg/dL")}
AMOUNTS: dict[str, Numbers] = {
    "U/L": (40, 100, 200),
    "ukat/L": ("0.5", 1, 2),
    "nkat/L": (500, 1000),
    "g/L": (16, 20),
    "mg/dL": (1600, 2000),
}
TIMES: Numbers = (1, 2, 3, "1.5", Decimal("0.5"), Decimal("2.50"), 5)
PERCENT: Numbers = (50, 0, 25, "50.0", Decimal("33.3"), 90)
WINDOWS = ([1, 28], [155, 211], [1, 183], [0, 30], [-28, 0], [28, 28], [29, 90])


@st.composite
def bands(draw: st.DrawFn, numbers: Numbers) -> Table:
    """One bound, or two that leave something between them."""
    first, second = sorted(draw(st.tuples(st.sampled_from(numbers), st.sampled_from(numbers))), key=Decimal)
    shape = draw(st.sampled_from(("lower", "upper", "both")))
    if shape == "lower":
        return {draw(st.sampled_from(("more_than", "at_least"))): first}
    if shape == "upper":
        return {draw(st.sampled_from(("less_than", "at_most"))): first}
    if Decimal(first) == Decimal(second):
        return {"at_least": first, "at_most": second}
    lower, upper = draw(st.sampled_from(("more_than", "at_least"))), draw(st.sampled_from(("less_than", "at_most")))
    return {lower: first, upper: second}


@st.composite
def simple_conditions(draw: st.DrawFn) -> Table:
    """The shapes that name one analyte; the common ones more often."""
    analyte = draw(st.sampled_from(("ALT", "ALT", *ANALYTES)))
    shapes = ("normal", "times_uln", "fall_percent", "fall_from_peak_percent", "times_baseline", "times_nadir", "value")
    shape = draw(st.sampled_from(("normal", "fall_percent", "times_uln", *shapes, "normal", "baseline_normal")))
    if shape in ("normal", "baseline_normal"):
        return {"analyte": analyte, shape: draw(st.booleans())}
    if shape == "value":
        unit = draw(st.sampled_from(UNITS[analyte]))
        return {"analyte": analyte, "value": {**draw(bands(AMOUNTS[unit])), "unit": unit}}
    return {"analyte": analyte, shape: draw(bands(PERCENT if "percent" in shape else TIMES))}


@st.composite
def conditions(draw: st.DrawFn, depth: int = 2) -> Table:
    if depth == 0 or not rarely(draw, 3):
        return draw(simple_conditions())
    join = draw(st.sampled_from(("all", "any", "not")))
    if join == "not":
        return {"not": draw(conditions(depth - 1))}
    return {join: draw(st.lists(conditions(depth - 1), min_size=1, max_size=3))}


@st.composite
def transitions(draw: st.DrawFn, to: str, sources: list[str] | str, assess_from: int) -> Table:
    found: Table = {"to": to, "from": sources, "when": draw(conditions())}
    if draw(st.booleans()):
        results, days = draw(st.sampled_from((2, 1, 2, 3))), draw(st.sampled_from((28, 27, 0, 2, 90)))
        found["sustained"] = {"results": results, "days": days}
    if rarely(draw, 4):
        found["from_day"] = draw(st.sampled_from((28, 2, 29, 60)))
    if rarely(draw, 5):
        found["to_day"] = max(found.get("from_day", 0), assess_from) + draw(st.sampled_from((28, 0, 90)))
    return found


@st.composite
def transition_lists(draw: st.DrawFn, codes: list[str], assess_from: int) -> list[Table]:
    """Every state can be reached; beyond that anything leads anywhere."""
    found = []
    for number, code in enumerate(codes):
        before = draw(st.sampled_from(["start", *codes[:number]]))
        others = draw(st.sets(st.sampled_from(["start", *codes]))) - {code, before}
        found.append(draw(transitions(code, [before, *sorted(others)], assess_from)))
    for _ in range(draw(st.integers(0, 4))):
        code = draw(st.sampled_from(codes))
        others = draw(st.sets(st.sampled_from(["start", *codes]), min_size=1)) - {code}
        sources = "*" if rarely(draw, 4) or not others else sorted(others)
        found.append(draw(transitions(code, sources, assess_from)))
    return draw(st.permutations(found))


@st.composite
def indexes(draw: st.DrawFn) -> Table:
    by_drug: list[Table] = [{"drugs": ["tacrolimus"]}, {"drugs": ["prednisolone", "tacrolimus"]}]
    by_event: list[Table] = [{"event": "enrolment"}, {"event": "first_result"}]
    chosen: Table = dict(draw(st.sampled_from([*by_drug[:1], *by_drug, *by_event])))
    if rarely(draw, 4):
        chosen["assess_from"] = draw(st.sampled_from((0, 14)))
    return chosen


@st.composite
def reading_rules(draw: st.DrawFn) -> Table:
    return {
        "uln": draw(st.sampled_from(("reported", "reported", "baseline"))),
        "exclude_flags": draw(st.sampled_from(([], ["haemolysed"]))),
        "carry_forward_days": draw(st.sampled_from((0, 28, 1))),
    }


@st.composite
def landmark_lists(draw: st.DrawFn) -> list[Table]:
    return [
        {
            "code": f"L{number}",
            "label": f"Landmark {number}",
            "window": list(draw(st.sampled_from(WINDOWS))),
            "take": draw(st.sampled_from(("last", "any"))),
            "when": draw(conditions()),
        }
        for number in range(draw(st.integers(0, 3)))
    ]


@st.composite
def refractory_rules(draw: st.DrawFn) -> Table:
    second_line = {"any": ["thiopurine", "mycophenolate"]}
    exposures: list[Table] = [
        {"all": ["corticosteroid", second_line]},
        {"any": ["corticosteroid", "thiopurine"]},
        {"all": ["corticosteroid"]},
        {"any": [{"all": ["corticosteroid", "thiopurine"]}, "mycophenolate"]},
    ]
    members = draw(st.sampled_from(exposures))
    overlap = {"overlap_days": draw(st.sampled_from((28, 90, 1))), "max_gap_days": draw(st.sampled_from((14, 0)))}
    high = {"analyte": "ALT", "times_uln": {"at_least": draw(st.sampled_from((1, 2)))}}
    persistent = {
        "when": high if draw(st.booleans()) else draw(conditions()),
        "results": draw(st.integers(1, 3)),
        "days": draw(st.sampled_from((0, 28, 27))),
        "last_within_days": draw(st.sampled_from((28, 90, 1))),
    }
    return {"exposure": {**members, **overlap}, "persistent": persistent}


@st.composite
def criteria_documents(draw: st.DrawFn) -> Table:
    """A valid document as tomllib reads it with parse_float=Decimal."""
    codes = list("ABCD")[: draw(st.integers(2, 4))]
    states: list[Table] = [{"code": code, "label": f"State {code}"} for code in codes]
    if not rarely(draw, 3):
        states[-1]["relapse"] = True
    index = draw(indexes())
    document: Table = {
        "id": "random-set",
        "version": 1,
        "title": "A random set",
        "citation": "None: drawn for a test",
        "index": index,
        "reading": draw(reading_rules()),
        "baseline": {
            "window": list(draw(st.sampled_from(([-28, 0], [-90, 0], [0, 0], [-28, 7], [1, 28])))),
            "choose": draw(st.sampled_from(("last", "first", "highest", "lowest"))),
        },
        "state": states,
        "transition": draw(transition_lists(codes, index.get("assess_from", 1))),
        "landmark": draw(landmark_lists()),
    }
    return document | {"refractory": draw(refractory_rules())} if draw(st.booleans()) else document
