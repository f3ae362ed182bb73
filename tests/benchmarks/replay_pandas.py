"""A replay under hegade-2011-strict by pandas: versions in force and readings as frames, then all patients walk together.

A loop over patients in Python would be the slowest way. Here the loop is over visits: a hundred steps of numpy, each for everybody.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from tests.benchmarks.replay_facts import CR, NO_BEST, NR, PR, RP, START, UD, Facts, Numbers, States

DAY_BITS, NO_BASELINE = 24, -1
ASSESSED_FROM, NR_FROM, WINDOW, SUSTAINED_DAYS = 1, 28, 28, 90


def states(facts: Facts) -> States:
    """Where every patient stands who was given tacrolimus."""
    said = _in_force(pd.DataFrame(facts._asdict(), copy=False))
    start = said[(said["kind"] == 2) & (said["value"] == 1)].groupby("patient")["day"].min()
    readings = _readings(said[said["kind"] == 1])
    who = start.index.get_indexer(readings["patient"])  # the place of a patient among those with a start, -1 for none
    readings = readings[who >= 0]
    who = who[who >= 0]
    day = readings["day"].to_numpy() - start.to_numpy()[who]
    value, limit = readings["value"].to_numpy(), readings["limit"].to_numpy()
    baseline = np.full(len(start), NO_BASELINE, np.int32)
    before = (day >= -WINDOW) & (day <= 0)
    baseline[who[before]] = value[before]  # in the order of days: the last of a patient stays
    walked = day >= ASSESSED_FROM
    visits = _by_visit(who[walked], len(start), day[walked], value[walked], limit[walked])
    state, since, best, relapses = _walk(baseline, *visits)
    return States(start.index.to_numpy(), state, start.to_numpy() + since, best, relapses)


def _in_force(versions: pd.DataFrame) -> pd.DataFrame:
    """Few facts have several versions, and only those are sorted."""
    several = versions.duplicated("fact", keep=False)
    ordered = versions[several].sort_values(["time", "rank", "offset"], ascending=[True, True, False])
    chosen = ~several
    chosen[ordered.drop_duplicates("fact", keep="last").index] = True
    return versions.loc[chosen & versions["rank"].isin((1, 2)), ["patient", "kind", "day", "value", "limit"]]


def _readings(results: pd.DataFrame) -> pd.DataFrame:
    """One of each day, of the highest multiple of its limit, then of the highest value, by patient and day."""
    key = results["patient"].to_numpy(np.int64) << DAY_BITS | results["day"].to_numpy()
    order = np.argsort(key)
    results, key = results.take(order), key[order]
    rival = np.zeros(len(key), bool)
    rival[1:] = key[1:] == key[:-1]
    rival[:-1] |= rival[1:]
    rivals = results[rival].assign(times_uln=lambda frame: frame["value"] / frame["limit"])
    rivals = rivals.sort_values(["patient", "day", "times_uln", "value"])
    chosen = ~rival
    chosen[results.index.get_indexer(rivals.drop_duplicates(["patient", "day"], keep="last").index)] = True
    return results[chosen]


def _by_visit(who: Numbers, patients: int, *columns: Numbers) -> list[Numbers]:
    """Each column as a table, a row per visit and a column per patient; 0 where there are no more visits."""
    counts = np.bincount(who, minlength=patients)
    visit = np.arange(len(who)) - np.repeat(np.cumsum(counts) - counts, counts)
    tables = []
    for column in columns:
        table = np.zeros((counts.max(initial=0), patients), np.int32)
        table[visit, who] = column
        tables.append(table)
    return tables


def _walk(
    baseline: Numbers, days: Numbers, values: Numbers, limits: Numbers
) -> tuple[Numbers, Numbers, Numbers, Numbers]:
    """The rules in the order of the document; the first that is true decides."""
    state, best = np.full(len(baseline), START, np.int8), np.full(len(baseline), NO_BEST, np.int8)
    peak = run = since = relapses = np.zeros(len(baseline), np.int32)
    in_run = np.zeros(len(baseline), bool)
    based = baseline != NO_BASELINE
    for day, value, limit in zip(days, values, limits, strict=True):
        is_visit = limit > 0
        normal = value <= limit
        run = np.where(in_run, run, day)
        sustained = normal & in_run & (day - run >= SUSTAINED_DAYS)
        in_run = normal
        is_cr, is_pr, is_rp = state == CR, state == PR, state == RP
        open_ = ~(is_cr | is_pr | is_rp)
        peak = np.where(is_rp, np.maximum(peak, value), value)
        twice, late = 2 * value, open_ & based & (day >= NR_FROM)
        before = state
        state = np.select(
            [
                ~is_visit,
                sustained & ~is_cr,
                is_cr & (value > 2 * limit),
                is_pr & based & (baseline <= twice),
                open_ & (twice < baseline),
                is_rp & (twice < peak),
                late & (twice > baseline),
                late & (twice == baseline),
            ],
            [state, CR, RP, RP, PR, PR, NR, UD],
            state,
        ).astype(np.int8)
        entered, is_rp = state != before, state == RP
        since = np.where(entered, np.where(state == CR, run, day), since)
        best = np.where(entered & ~is_rp, np.minimum(best, state), best)
        relapses = relapses + (entered & is_rp)
    return state, since, best, relapses
