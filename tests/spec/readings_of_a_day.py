"""Which of several results of one day is the reading."""

from __future__ import annotations

from tests.spec.in_force import NORMAL_OR_HIGH
from tests.support.drawn import Chapter, Example

WITHOUT_HAEMOLYSED = f"""
reading = {{ exclude_flags = ["haemolysed"] }}
{NORMAL_OR_HIGH.strip()}
"""

CHAPTER = Chapter(
    title="Readings of a day",
    text="""
Each analyte has one reading a day, however often it was measured: the result that exceeds its own limit by the largest factor. Results
printed without a limit come last. Ties are settled by the value, and between equal values by being above the limit.
""",
    criteria=NORMAL_OR_HIGH,
    examples=(
        Example(
            rule="the highest multiple of the limit is the reading, not the highest value",
            facts="""
                day | ALT | limit
                0   | 90  | ≤60
                0   | 80  | ≤40
            """,
            answers={"baseline ALT": "80 U/L (limit ≤40) on day 0"},
        ),
        Example(
            rule="a result without a limit ranks below every result with one",
            facts="""
                day | ALT | limit
                0   | 500 |
                0   | 20  | ≤40
            """,
            answers={"baseline ALT": "20 U/L (limit ≤40) on day 0"},
        ),
        Example(
            rule="of results without a limit the higher is the reading",
            facts="""
                day | ALT        | limit
                0   | 100        |
                0   | 2 ukat/L   |
            """,
            answers={"baseline ALT": "2 ukat/L (no limit) on day 0"},
        ),
        Example(
            rule="of equal multiples the higher value is the reading",
            facts="""
                day | ALT | limit
                0   | 80  | ≤40
                0   | 120 | ≤60
            """,
            answers={"baseline ALT": "120 U/L (limit ≤60) on day 0"},
        ),
        Example(
            rule="of equal values the one above its limit is the reading",
            facts="""
                day | ALT | limit | state
                10  | 40  | ≤40   |
                10  | 40  | <40   | high
            """,
        ),
        Example(
            rule="a value without an upper end ranks highest",
            facts="""
                day | ALT   | state | unknown
                0   | 2000  |       |
                0   | >1000 |       |
            """,
            answers={"baseline ALT": ">1000 U/L (limit ≤40) on day 0"},
        ),
        Example(
            rule="a value below a number ranks just below that number",
            facts="""
                day | ALT
                0   | <50
                0   | 50
            """,
            answers={"baseline ALT": "50 U/L (limit ≤40) on day 0"},
        ),
        Example(
            rule="results with an excluded flag make no reading",
            criteria=WITHOUT_HAEMOLYSED,
            facts="""
                day | ALT | flags      | state
                10  | 400 | haemolysed |
                10  | 38  |            | normal
                20  | 400 | haemolysed |
                30  | 400 | lipaemic   | high
            """,
        ),
    ),
)
