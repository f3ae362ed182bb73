"""A replay under hegade-2011-strict by DuckDB, with two threads: windows choose, and a reduction over each patient's series walks.

A series is a list of whole numbers (day, value and limit in one, which sorts by day), and where the walk stands is one, too. Lists
of structures took five times as long, a recursive query over visits ten times.
"""

from __future__ import annotations

from typing import Final

import duckdb

from tests.benchmarks.replay_facts import Facts, States

THREADS: Final = 2

IN_FORCE: Final = """
CREATE TEMP TABLE said AS SELECT patient, kind, day, value, "limit" FROM facts
QUALIFY row_number() OVER (PARTITION BY fact ORDER BY time DESC, rank DESC, "offset") = 1 AND rank IN (1, 2)
"""

# An element is days since the start << 32 | value << 16 | limit. The baseline is the last reading of its window.
SERIES: Final = """
CREATE TEMP TABLE series AS
WITH start AS (SELECT patient, min(day)::BIGINT AS start FROM said WHERE kind = 2 AND value = 1 GROUP BY patient),
reading AS (
    SELECT patient, day, value, "limit" FROM said WHERE kind = 1
    QUALIFY row_number() OVER (PARTITION BY patient, day ORDER BY value / "limit" DESC, value DESC) = 1
)
SELECT patient, start,
    max(day::BIGINT << 24 | value) FILTER (day BETWEEN start - 28 AND start) & 16777215 AS baseline,
    list_sort(list((day - start) * 4294967296 + (value::BIGINT << 16 | "limit")) FILTER (day > start)) AS elements
FROM start LEFT JOIN reading USING (patient) GROUP BY patient, start
"""

# Where the walk stands: the state in 3 bits, whether there is a run in 1, the best state in 3, the number of relapses in 8, the first
# day of the run in 14, the day since which the state is told of in 14, the peak in the rest.
DAY, VALUE, LIMIT = "(e >> 32)", "((e >> 16) & 65535)", "(e & 65535)"
STATE, RUN, BEST, FIRST, PEAK = "(a & 7)", "(a & 8)", "((a >> 4) & 7)", "((a >> 15) & 16383)", "(a >> 43)"
RELAPSES, SINCE = "((a >> 7) & 255)", "((a >> 29) & 16383)"
OF_BEST, OF_RELAPSES = 7 << 4, 255 << 7
STAYS = f"(a & {7 | OF_BEST | OF_RELAPSES | 16383 << 29})"
CR, RELAPSED = (
    f"((a & {OF_RELAPSES}) | 17 | ({FIRST} << 29))",
    f"((a & {OF_BEST}) | 5 | (({RELAPSES} + 1) << 7) | ({DAY} << 29))",
)
PR, NR, UD = (f"((a & {OF_RELAPSES}) | {state} | (least({BEST}, {state}) << 4) | ({DAY} << 29))" for state in (2, 3, 4))
WALK: Final = f"""
SELECT patient, a & 7 AS state, start + {SINCE} AS since, {BEST} AS best, {RELAPSES} AS relapses FROM (
SELECT patient, start, coalesce(list_reduce(elements, lambda a, e:
    (CASE
        WHEN {STATE} <> 1 AND {RUN} <> 0 AND {VALUE} <= {LIMIT} AND {DAY} - {FIRST} >= 90 THEN {CR}
        WHEN {STATE} = 1 THEN CASE WHEN {VALUE} > 2 * {LIMIT} THEN {RELAPSED} ELSE {STAYS} END
        WHEN {STATE} = 2 THEN CASE WHEN baseline <= 2 * {VALUE} THEN {RELAPSED} ELSE {STAYS} END
        WHEN {STATE} = 5 THEN CASE WHEN 2 * {VALUE} < {PEAK} THEN {PR} ELSE {STAYS} END
        WHEN 2 * {VALUE} < baseline THEN {PR}
        WHEN {DAY} >= 28 AND 2 * {VALUE} > baseline THEN CASE WHEN {STATE} = 3 THEN {STAYS} ELSE {NR} END
        WHEN {DAY} >= 28 AND 2 * {VALUE} = baseline THEN CASE WHEN {STATE} = 4 THEN {STAYS} ELSE {UD} END
        ELSE {STAYS}
    END)
    | (CASE WHEN {VALUE} > {LIMIT} THEN 0 WHEN {RUN} <> 0 THEN ({FIRST} << 15) | 8 ELSE ({DAY} << 15) | 8 END)
    | ((CASE WHEN {STATE} = 5 THEN greatest({PEAK}, {VALUE}) ELSE {VALUE} END) << 43),
    7::BIGINT << 4), 7::BIGINT << 4) AS a
FROM series)
"""  # noqa: S608 - all of it stands here


def states(facts: Facts) -> States:
    """Where every patient stands who was given tacrolimus."""
    with duckdb.connect(config={"threads": THREADS}) as connection:
        connection.register("facts", facts._asdict())
        connection.execute(IN_FORCE)
        connection.execute(SERIES)
        answer = connection.execute(WALK).fetchnumpy()
    return States(*(answer[name] for name in States._fields))
