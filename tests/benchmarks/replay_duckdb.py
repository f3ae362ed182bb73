"""A replay under hegade-2011-strict by DuckDB, with two threads: windows choose, and a reduction over each patient's series walks.

A series is a list of whole numbers (day, value and limit in one, which sorts by day), and so is where the walk stands. Lists of
structures took five times as long, a recursive query over visits ten times.
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

# An element is day << 40 | value << 16 | limit. The baseline is the last reading of its window, so the greatest element.
SERIES: Final = """
CREATE TEMP TABLE series AS
WITH start AS (SELECT patient, min(day)::BIGINT AS start FROM said WHERE kind = 2 AND value = 1 GROUP BY patient),
reading AS (
    SELECT patient, day, (day::BIGINT << 40) | (value::BIGINT << 16) | "limit" AS element FROM said WHERE kind = 1
    QUALIFY row_number() OVER (PARTITION BY patient, day ORDER BY value / "limit" DESC, value DESC) = 1
)
SELECT patient, start,
    (max(element) FILTER (day BETWEEN start - 28 AND start) >> 16) & 16777215 AS baseline,
    list_sort(list(element) FILTER (day > start)) AS elements
FROM start LEFT JOIN reading USING (patient) GROUP BY patient, start
"""

# Where the walk stands is peak << 32 | first day of the run << 8 | whether there is a run << 3 | state.
DAY, VALUE, LIMIT = "(e >> 40)", "((e >> 16) & 16777215)", "(e & 65535)"
STATE, RUN, FIRST, PEAK = "(a & 7)", "(a & 8)", "((a >> 8) & 16777215)", "(a >> 32)"
WALK: Final = f"""
SELECT patient, coalesce(list_reduce(elements, lambda a, e:
    (CASE
        WHEN {STATE} <> 1 AND {RUN} <> 0 AND {VALUE} <= {LIMIT} AND {DAY} - {FIRST} >= 90 THEN 1
        WHEN {STATE} = 1 THEN CASE WHEN {VALUE} > 2 * {LIMIT} THEN 5 ELSE 1 END
        WHEN {STATE} = 2 THEN CASE WHEN baseline <= 2 * {VALUE} THEN 5 ELSE 2 END
        WHEN {STATE} = 5 THEN CASE WHEN 2 * {VALUE} < {PEAK} THEN 2 ELSE 5 END
        WHEN 2 * {VALUE} < baseline THEN 2
        WHEN {DAY} - start >= 28 AND 2 * {VALUE} > baseline THEN 3
        WHEN {DAY} - start >= 28 AND 2 * {VALUE} = baseline THEN 4
        ELSE {STATE}
    END)
    | (CASE WHEN {VALUE} > {LIMIT} THEN 0 WHEN {RUN} <> 0 THEN ({FIRST} << 8) | 8 ELSE ({DAY} << 8) | 8 END)
    | (CASE WHEN {STATE} = 5 THEN greatest({PEAK}, {VALUE}) ELSE {VALUE} END << 32),
    0::BIGINT) & 7, 0) AS state
FROM series
"""  # noqa: S608 - all of it stands here


def states(facts: Facts) -> States:
    """The present state of every patient who was given tacrolimus."""
    with duckdb.connect(config={"threads": THREADS}) as connection:
        connection.register("facts", facts._asdict())
        connection.execute(IN_FORCE)
        connection.execute(SERIES)
        answer = connection.execute(WALK).fetchnumpy()
    return States(answer["patient"], answer["state"])
