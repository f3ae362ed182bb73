"""What the clinical engine costs: `derive` per result, and `resume` of one new result beside `derive` of the history it joins,
whether it comes last, or late and is dated before nearly all others.

`python -m tests.benchmarks.bench_clinical`. Facts are decoded beforehand, as a worker holds them. `--json` prints one object.
"""

from __future__ import annotations

import gc
import json
import sys
import time
import tomllib
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from importlib.resources import files
from random import Random
from statistics import median

from hepledger.clinical.course import derive
from hepledger.clinical.criteria import criteria_from
from hepledger.clinical.facts import Version, version_from
from hepledger.clinical.history import by_fact
from hepledger.clinical.passage import Passage
from hepledger.clinical.walk import Plan

PATIENTS, RESULTS, ROUNDS = 1_000, 100, 5
RATE_TARGET, RESUME_TARGET, LATE_TARGET = 200_000, 1 / 20, 1
DAY_0 = date(2020, 1, 1)
LATE = {"late_after_baseline": 2, "late_in_baseline_window": -3}
"""Days, from the start of tacrolimus, of results that come last: the one before every assessment, the other a new baseline."""


def plan_of(criteria_id: str) -> Plan:
    """The plan of a criteria set that ships."""
    text = files("hepledger.clinical").joinpath("criteria_sets", f"{criteria_id}.toml").read_text()
    return Plan(criteria_from(tomllib.loads(text, parse_float=Decimal)))


def history(random: Random) -> list[Version]:
    """One patient: a start of tacrolimus, and a hundred ALTs that fall, rise and fall again."""
    start = {"prescription_id": "P", "drug": "tacrolimus", "started_on": DAY_0.isoformat(), "stopped_on": None}
    said = [version_from("prescription_recorded", start, offset=0, event_id="0", occurred_at=None, recorded_at=0)]
    level = 400.0
    for number in range(RESULTS):
        level = min(600.0, max(15.0, level * random.choice((0.7, 0.8, 0.9, 1.0, 1.1, 1.3))))
        said.append(result(number, str(int(level)), 14 * number - 10))
    return said


def result(number: int, value: str, after: int) -> Version:
    """One ALT, so many days after the start; the first of a history is its baseline, the others are a fortnight apart."""
    data = {
        "result_id": str(number),
        "analyte": "ALT",
        "value": value,
        "comparator": "=",
        "unit": "U/L",
        "reference_high": {"value": "40", "comparator": "<="},
        "status": "final",
        "flags": [],
    }
    day = (DAY_0 + timedelta(days=after)).isoformat()
    return version_from(
        "lab_result_recorded", data, offset=number + 1, event_id=f"r{number}", occurred_at=day, recorded_at=number
    )


def seconds(work: Callable[[], object]) -> float:
    """Processor seconds of one call, garbage left alone meanwhile."""
    gc.collect()
    gc.disable()
    begun = time.process_time()
    work()
    spent = time.process_time() - begun
    gc.enable()
    return spent


def late_to_derive(histories: list[list[Version]], plan: Plan, after: int) -> float:
    """What `resume` of a late result takes, as a share of `derive` of all results with it."""
    late = result(RESULTS, "200", after)
    whole = [[*versions, late] for versions in histories]

    def derive_all() -> None:
        for versions in whole:
            derive(versions, plan)

    return median(resumed_seconds(histories, plan, [late] * PATIENTS) / seconds(derive_all) for _ in range(ROUNDS))


def resumed_seconds(histories: list[list[Version]], plan: Plan, more: list[Version]) -> float:
    """Processor seconds of taking in one more result for each of some histories."""
    passages = [Passage(plan, by_fact(versions)) for versions in histories]

    def resume_all() -> None:
        for passage, version in zip(passages, more, strict=True):
            passage.resume(version)

    return seconds(resume_all)


def main() -> None:
    """Measure, and print what was found."""
    random = Random(20240301)
    plan = plan_of("hegade-2011")
    histories = [history(random) for _ in range(PATIENTS)]

    def derive_all() -> None:
        for versions in histories:
            derive(versions, plan)

    derived = [seconds(derive_all) for _ in range(ROUNDS)]
    resumed = [
        resumed_seconds([each[:-1] for each in histories], plan, [each[-1] for each in histories])
        for _ in range(ROUNDS)
    ]
    found = {
        "results_per_second": round(PATIENTS * RESULTS / median(derived)),
        "resume_to_derive": round(median(resumed) / median(derived), 4),
        **{name: round(late_to_derive(histories, plan, after), 4) for name, after in LATE.items()},
    }
    if "--json" in sys.argv:
        print(json.dumps(found))
        return
    print(f"derive: {found['results_per_second']:,} results/s (asked: {RATE_TARGET:,})")
    print(f"resume of one result on {RESULTS - 1}: {found['resume_to_derive']} of derive (asked: {RESUME_TARGET})")
    for name in LATE:
        print(f"{name.replace('_', ' ')}, on {RESULTS} results: {found[name]} of derive (asked: {LATE_TARGET})")


if __name__ == "__main__":
    main()
