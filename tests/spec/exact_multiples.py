"""Multiples and falls in exact arithmetic."""

from __future__ import annotations

from tests.support.drawn import Chapter, Example

THREE_TIMES = """
state = [{ code = "below" }, { code = "exactly" }, { code = "above" }]

[[transition]]
to = "above"
from = "*"
when = { analyte = "ALT", times_uln = { more_than = 3 } }

[[transition]]
to = "exactly"
from = "*"
when = { analyte = "ALT", times_uln = { at_least = 3, at_most = 3 } }

[[transition]]
to = "below"
from = "*"
when = { analyte = "ALT", times_uln = { less_than = 3 } }
"""

HALF = """
state = [{ code = "more" }, { code = "half" }, { code = "less" }]

[[transition]]
to = "more"
from = "*"
when = { analyte = "ALT", fall_percent = { more_than = 50 } }

[[transition]]
to = "half"
from = "*"
when = { analyte = "ALT", fall_percent = { at_least = 50, at_most = 50 } }

[[transition]]
to = "less"
from = "*"
when = { analyte = "ALT", fall_percent = { less_than = 50 } }
"""

VALUE = """
state = [{ code = "low" }, { code = "high" }]

[[transition]]
to = "high"
from = "*"
when = { analyte = "BILI", value = { at_least = 1, unit = "mg/dL" } }

[[transition]]
to = "low"
from = "*"
when = { analyte = "BILI", value = { less_than = 1, unit = "mg/dL" } }
"""

CHAPTER = Chapter(
    title="Exact multiples and falls",
    text="""
Values and limits are decimal numbers, kept as their text. Nothing is rounded and nothing divided: a value is three times its
limit if it equals three times the limit. A multiple of the limit is taken in the unit of the report; falls and multiples of a
baseline in the analyte's canonical unit, converted exactly.
""",
    criteria=THREE_TIMES,
    examples=(
        Example(
            rule="3.30 is exactly three times 1.10",
            facts="""
                day | ALT            | limit | state
                10  | 3.30 ukat/L    | ≤1.10 | exactly
                20  | 3.3 ukat/L     | ≤1.1  | exactly
                30  | 3.3000001 ukat/L | ≤1.1 | above
                40  | 3.2999999 ukat/L | ≤1.1 | below
            """,
        ),
        Example(
            rule="0.9 is exactly three times 0.3, which binary floating point denies",
            facts="""
                day | ALT        | limit | state
                10  | 0.9 ukat/L | ≤0.3  | exactly
                20  | 120        | ≤40   | exactly
            """,
        ),
        Example(
            rule="IU/L is U/L for the enzymes",
            facts="""
                day | ALT      | limit | state
                10  | 120 IU/L | ≤40   | exactly
            """,
        ),
        Example(
            rule="without a limit a multiple of it is unknown",
            facts="""
                day | ALT | limit | state | unknown
                10  | 120 |       | start | above/exactly/below
            """,
        ),
        Example(
            rule="a fall is measured across units",
            criteria=HALF,
            facts="""
                day | ALT         | limit | state
                0   | 4 ukat/L    | ≤0.66 |
                10  | 120 U/L     | ≤40   | half
                20  | 119.9 U/L   | ≤40   | more
                30  | 2000 nkat/L | ≤660  | half
            """,
            why="4 ukat/L are 240 U/L.",
        ),
        Example(
            rule="a fall that is no fall is less than half",
            criteria=HALF,
            facts="""
                day | ALT | state
                0   | 100 |
                10  | 300 | less
            """,
        ),
        Example(
            rule="a baseline of zero is compared by multiplication like any other",
            criteria=HALF,
            facts="""
                day | ALT | state
                0   | 0   |
                10  | 0   | half
                20  | 5   | less
            """,
            why="There is no percent of zero; but 0 equals half of 0, and 5 is more than it.",
        ),
        Example(
            rule="a value is held against a number in any unit of its analyte",
            criteria=VALUE,
            facts="""
                day | BILI       | limit | state
                10  | 17.1036    |       | high
                20  | 17.1035999 |       | low
                30  | 1.0 mg/dL  |       | high
            """,
        ),
    ),
)
