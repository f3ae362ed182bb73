"""What it costs to replay a million results of ten thousand patients under a second criteria set, with two workers on PostgreSQL.

`python -m tests.benchmarks.bench_replay`. Held against pandas and DuckDB, which derive the same states from the same facts on
the same server, loading included, writing left out, and against one process that reads and decodes the log and does nothing else.
Each is measured from the start of its processes. That all states agree is checked. `--json` prints one object, `--patients N` changes
the number, `--rounds N` gives medians.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from statistics import median
from typing import Any, Final

from tests.benchmarks.replay_facts import client
from tests.benchmarks.replay_rivals import CRITERIA, READ, TOOLS
from tests.benchmarks.replay_runs import PEAKS, WORKERS, Registry, Run
from tests.support.server_postgresql import fresh_database
from tests.support.server_program import Unavailable
from tests.support.servers import NoServer, open_postgresql

PATIENTS, RESULTS, ROUNDS, MEMORY_TARGET_MB = 10_000, 100, 1, 500
THIRD: Final = "relapse-3uln"
OURS, RIVALS = ("first", "later"), (*TOOLS, READ)
NAMES: Final = {
    "fill": "the log is written",
    "project": "projected live, relayed and packed",
    "first": f"first replay: {CRITERIA}",
    "later": f"later replay: {THIRD}",
    "pandas": "pandas",
    "duckdb": "DuckDB",
    READ: "one process reads and decodes",
}

Figures = dict[str, Any]


def measure(registry: Registry, patients: int, rounds: int) -> Figures:
    """The first replay of a registry stands for itself: all that it needs has to be there by then."""
    runs: dict[str, list[Run]] = {name: [] for name in NAMES}
    runs["fill"].append(registry.filled(patients, RESULTS))
    runs["project"].append(registry.projected())
    for number in range(rounds):
        if number:
            registry.forget(CRITERIA, THIRD)
        runs["later" if number else "first"].append(registry.replayed(CRITERIA))
        for name in RIVALS:
            runs[name].append(registry.rival(name))
        runs["later"].append(registry.replayed(THIRD))
    events = runs["fill"][0].told["events"]
    assert events == runs["project"][0].told["events"] == runs[READ][0].told["events"]
    assert all(run.told["courses"] == patients for which in OURS for run in runs[which])
    return {"patients": patients, "results": patients * RESULTS, "events": events, **figures_of(runs)}


def figures_of(runs: dict[str, list[Run]]) -> Figures:
    """Medians; ratios are how many times as long ours took as a rival. Of memory the first run's."""
    figures: Figures = {}
    for name, mine in runs.items():
        figures[f"{name}_s"] = median(run.seconds for run in mine)
        figures[f"{name}_processor_s"] = median(run.processor_s for run in mine)
        if name in RIVALS:
            figures[f"{name}_peak_mb"] = mine[0].told["peak_mb"]
        elif name != "fill":
            figures[f"{name}_{PEAKS}"] = mine[0].told[PEAKS]
        if name in TOOLS:
            for part in ("import_s", "load_s"):
                figures[f"{name}_{part}"] = median(run.told[part] for run in mine)
            figures[f"{name}_differences"] = sum(run.told["differences"] for run in mine)
    for name in RIVALS:
        figures |= {f"{which}_to_{name}": figures[f"{which}_s"] / figures[f"{name}_s"] for which in OURS}
    return {name: round(figure, 3) if isinstance(figure, float) else figure for name, figure in figures.items()}


def show(figures: Figures) -> None:
    events = figures["events"]
    print(
        f"{events} events, {figures['results']} results of {figures['patients']} patients; {WORKERS} workers, PostgreSQL"
    )
    print(f"  {'':34} {'s':>8} {'processor s':>12} {'events/s':>10}   first and later replay")
    for name, title in NAMES.items():
        seconds, processor_s = figures[f"{name}_s"], figures[f"{name}_processor_s"]
        times = f"   {_times(figures, name)} times as long" if name in RIVALS else ""
        print(f"  {title:34} {seconds:8.2f} {processor_s:12.2f} {events / seconds:10.0f}{times}")
    print("  target: less than once as long as each of the last three")
    print("peak memory of each process after each quarter of the run, MB (- where it was not there)")
    for which in ("project", *OURS):
        print(f"  {NAMES[which]:34} {'; '.join(map(_quarters, figures[f'{which}_{PEAKS}']))}")
    others = (f"{NAMES[name]} {figures[f'{name}_peak_mb']}" for name in RIVALS)
    print(f"  target: below {MEMORY_TARGET_MB}, and level; {', '.join(others)}")


def _times(figures: Figures, rival: str) -> str:
    return " and ".join(f"{figures[f'{which}_to_{rival}']:.2f}" for which in OURS)


def _quarters(peaks: Sequence[int | None]) -> str:
    return ", ".join("-" if peak is None else str(peak) for peak in peaks)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--patients", type=int, default=PATIENTS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    try:
        client()
        server = open_postgresql(durable=True)
    except (NoServer, Unavailable) as missing:
        print(f"not measured: {missing}")
        return 0
    with server, fresh_database(server) as url:
        figures = measure(Registry(server, url), asked.patients, asked.rounds)
    if asked.json:
        print(json.dumps(figures))
    else:
        show(figures)
    differing = {name: number for name in TOOLS if (number := figures[f"{name}_differences"])}
    for name, number in differing.items():
        print(f"{NAMES[name]} and the registry differ on {number} patients", file=sys.stderr)
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
