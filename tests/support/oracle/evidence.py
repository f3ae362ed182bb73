"""The evidence of a transition: the results by which its condition was true, and those they were held against."""

from collections.abc import Iterator, Mapping
from typing import Any

from tests.support.oracle.conditions import Condition, View, analytes_of, view_on
from tests.support.oracle.readings import Chart, Reading


def comparisons(condition: Condition) -> Iterator[Condition]:
    """The conditions on one analyte each, in the order written."""
    if "analyte" in condition:
        yield condition
        return
    for part in [condition["not"]] if "not" in condition else condition.get("all") or condition["any"]:
        yield from comparisons(part)


def evidence_ids(condition: Condition, run: list[int], confirmed: int | None, chart: Chart, rules: Any) -> list[str]:
    """Event ids in the order of days, then of analytes. `confirmed` is the day the state that is left was confirmed."""
    carry_forward = rules.get("carry_forward_days", 0)
    views = [view_on(chart, day, carry_forward, confirmed) for day in run]
    named = analytes_of(condition)
    used = [reading for view in views for reading in view.current.values() if reading.analyte in named]
    used += [held for each in comparisons(condition) for held in held_against(each, views[-1], rules)]
    return [event_id for *_, event_id in sorted({(it.day, it.analyte, it.result.event_id) for it in used})]


def held_against(comparison: Condition, view: View, rules: Mapping[str, Any]) -> Iterator[Reading]:
    """The baseline, peak or nadir that a comparison looks at, or the baseline whose limit it uses."""
    analyte, found = comparison["analyte"], None
    match comparison:
        case {"fall_percent": _} | {"times_baseline": _} | {"baseline_normal": _}:
            found = view.chart.baselines.get(analyte)
        case {"fall_from_peak_percent": _}:
            found = view.peak(analyte)
        case {"times_nadir": _}:
            found = view.nadir(analyte)
        case {"normal": _} | {"times_uln": _} if rules.get("uln") == "baseline":
            found = view.chart.baselines.get(analyte)
    if found is not None:
        yield found
