"""What random facts say: values at the edges of limits, days at the edges of windows, in the forms centres write."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

from hypothesis import strategies as st

DAY_ZERO = date(2024, 3, 1)
EDGES = (1, 28, 0, 27, 29, 2, 20, 30, 55, 56, 57, 60, 88, 90, 118, 155, 183, 211, 240)
BEFORE = (0, -1, -28, -27, -29, -14, -56, -90)
STARTS = (-90, -91, -89, -104, -120, -200, -120, -30, 0, 1)
LENGTHS = (None, 90, None, 89, 200, 91, 45, 30, 1)
GAPS = (14, 15, 13, 0, 1)
DRUGS = ("tacrolimus", "prednisolone", "budesonide", "azathioprine", "mycophenolate_mofetil")

# (analyte, unit): ordinary values, ordinary limits, and what is not plausible in that unit
LABORATORY: dict[tuple[str, str], tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    ("ALT", "U/L"): (
        ("40", "41", "39.9", "80", "100", "99", "101", "120", "200", "240", "60", "20", "400", "5", "0", "1000"),
        ("40", "45", "30"),
        ("-1", "50001"),
    ),
    ("ALT", "IU/L"): (("40", "100", "200", "60.0", "240"), ("40", "40.0"), ("60000",)),
    ("ALT", "ukat/L"): (("1", "2", "4", "0.5", "0.66", "0.67", "1.5"), ("0.5", "0.75"), ("840",)),
    ("ALT", "nkat/L"): (("1000", "2000", "4000", "500", "667"), ("500", "750"), ("900000",)),
    ("AST", "U/L"): (("35", "36", "70", "34.5", "105", "200", "18"), ("35", "40"), ("50000.1",)),
    ("AST", "ukat/L"): (("0.5", "1", "2", "3.5"), ("0.5", "0.6"), ("-0.1",)),
    ("IGG", "g/L"): (("16", "16.1", "15.9", "20", "32", "8"), ("16", "16.0"), ("201",)),
    ("IGG", "mg/dL"): (("1600", "1601", "2000", "3200", "800"), ("1600",), ("20001",)),
}
OFTEN = ("none", "none", "none", "none", "none", "none", "censored", "no limit", "preliminary")
SELDOM = ("status", "status", "flags", "flags", "defaults", "defaults", "date", "value", "limit")
ODDITIES = st.sampled_from(OFTEN * 4 + SELDOM)
ODD_LIMITS = {"ALT": ("0", "-40", "1000", "0.1"), "AST": ("0",), "IGG": ("0",)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What one version says, and the clinical date it says it of."""

    occurred_at: str | None
    data: dict[str, Any]


def rarely(draw: st.DrawFn, one_in: int) -> bool:
    return draw(st.integers(0, one_in - 1)) == one_in - 1


def days() -> st.SearchStrategy[int]:
    """Days from DAY_ZERO, mostly where some window begins or ends."""
    edges = st.sampled_from(EDGES)
    before = st.sampled_from(BEFORE)
    return st.one_of(edges, before, edges, before, edges, st.integers(-130, 250))


def written(draw: st.DrawFn, day: int) -> str:
    """The date as a centre writes it; its time zone moves no clinical day."""
    return on_full_date(day) + draw(st.sampled_from(("", "T08:30:00+00:00", "T06:00:00+09:00", "T23:30:00-05:00")))


def perhaps_to_the_month(draw: st.DrawFn, day: int) -> str:
    return on_full_date(day)[:7] if rarely(draw, 4) else written(draw, day)


def on_full_date(day: int) -> str:
    return (DAY_ZERO + timedelta(days=day)).isoformat()


@st.composite
def laboratory(draw: st.DrawFn, analytes: tuple[str, ...]) -> Content:
    """A laboratory result without its `result_id`; half of them are of the first analyte."""
    analyte, unit = draw(st.sampled_from(units_of(analytes)))
    values, limits, odd_values = LABORATORY[analyte, unit]
    odd = {draw(ODDITIES), draw(ODDITIES)}
    data: dict[str, Any] = {"analyte": analyte, "unit": unit}
    data["value"] = draw(st.sampled_from(odd_values if "value" in odd else values))
    if data["value"] != "0" and "censored" in odd:
        data["comparator"] = draw(st.sampled_from(("<", ">", "<=", ">=")))
    if "no limit" not in odd:
        data["reference_high"] = draw(reference_high(ODD_LIMITS[analyte] if "limit" in odd else limits))
    if "status" in odd:
        data["status"] = draw(st.sampled_from(("preliminary", "corrected", "amended", "final")))
    if "preliminary" in odd:
        data["status"] = "preliminary"
    if "flags" in odd:
        data["flags"] = ["haemolysed"]
    if "defaults" in odd:
        data = {"comparator": "=", "status": "final", "flags": []} | data
    day = draw(days())
    occurred_at = on_full_date(day)[: draw(st.sampled_from((4, 7)))] if "date" in odd else written(draw, day)
    return Content(occurred_at=occurred_at, data=data)


@cache
def units_of(analytes: tuple[str, ...]) -> list[tuple[str, str]]:
    """The analytes with their units, the first analyte as often as all the others."""
    first = [key for key in LABORATORY if key[0] == analytes[0]]
    others = [key for key in LABORATORY if key[0] in analytes[1:]]
    return [*(first * len(others)), *(others * len(first))] or first


@st.composite
def first_sample(draw: st.DrawFn, analyte: str) -> Content:
    """An ordinary result where baselines are looked for."""
    unit = next(key[1] for key in LABORATORY if key[0] == analyte)
    values, limits, _ = LABORATORY[analyte, unit]
    data = {"analyte": analyte, "unit": unit, "value": draw(st.sampled_from(values))}
    day = draw(st.sampled_from((0, -1, -14, -28, -29)))
    return Content(occurred_at=on_full_date(day), data=data | {"reference_high": draw(reference_high(limits))})


@st.composite
def reference_high(draw: st.DrawFn, limits: tuple[str, ...]) -> dict[str, str]:
    comparator = draw(st.sampled_from(({}, {"comparator": "<="}, {"comparator": "<"})))
    return {"value": draw(st.sampled_from(limits)), **comparator}


@st.composite
def prescription(draw: st.DrawFn, drug: str, start: int) -> tuple[Content, int | None]:
    """A prescription without its `prescription_id`, and the last day taken (None: still running)."""
    length = draw(st.sampled_from(LENGTHS))
    stop = None if length is None else start + length - 1
    started_on = on_full_date(start)
    stopped_on = None if stop is None else on_full_date(stop)
    if rarely(draw, 20):
        started_on = started_on[:7]
    if stopped_on is not None and rarely(draw, 20) and stopped_on[:7] > started_on[:7]:
        stopped_on = stopped_on[:7]
    data = {"drug": drug, "started_on": started_on, "stopped_on": stopped_on}
    return Content(occurred_at=started_on if rarely(draw, 3) else None, data=data), stop


@st.composite
def treatments(draw: st.DrawFn) -> list[Content]:
    """Prescriptions of a few drugs, some resumed after a gap of about fourteen days."""
    found = []
    if not rarely(draw, 8):
        found.append(draw(prescription("tacrolimus", draw(st.sampled_from((0, 0, 0, 1, -28)))))[0])
    plans = st.just(("prednisolone", "azathioprine")) | st.lists(st.sampled_from(DRUGS), max_size=3)
    for drug in draw(plans):
        first, stop = draw(prescription(drug, draw(st.sampled_from(STARTS))))
        found.append(first)
        if stop is not None and draw(st.booleans()):
            found.append(draw(prescription(drug, stop + 1 + draw(st.sampled_from(GAPS))))[0])
    return found


@st.composite
def enrolment(draw: st.DrawFn) -> Content:
    day = draw(st.sampled_from((0, 0, -1, 1, -28)))
    data: dict[str, Any] = {"sex": "female", "birth_year": 1980}
    if draw(st.booleans()):
        return Content(occurred_at=written(draw, day), data=data)
    return Content(occurred_at=None, data=data | {"enrolled_on": on_full_date(day)})


@st.composite
def dated(draw: st.DrawFn, /, **data: Any) -> Content:
    """A death or a transplant: the day is in `on`."""
    on = perhaps_to_the_month(draw, draw(days()))
    return Content(occurred_at=None, data={"on": on[:10], **data})
