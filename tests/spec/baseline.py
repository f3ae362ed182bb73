"""Day 0, and what everything is measured from."""

from __future__ import annotations

from tests.spec.in_force import NORMAL_OR_HIGH
from tests.support.drawn import Chapter, Example

FIRST = 'baseline = { window = [-28, 0], choose = "first" }\n' + NORMAL_OR_HIGH.strip() + "\n"
HIGHEST = 'baseline = { window = [-28, 0], choose = "highest" }\n' + NORMAL_OR_HIGH.strip() + "\n"
LOWEST = 'baseline = { window = [-28, 0], choose = "lowest" }\n' + NORMAL_OR_HIGH.strip() + "\n"
ENROLMENT = 'index = { event = "enrolment" }\n' + NORMAL_OR_HIGH.strip() + "\n"
FIRST_RESULT = 'index = { event = "first_result" }\n' + NORMAL_OR_HIGH.strip() + "\n"
FROM_DAY_0 = 'index = { drugs = ["tacrolimus"], assess_from = 0 }\n' + NORMAL_OR_HIGH.strip() + "\n"

COURSE = """
    day | ALT | state
    -29 | 999 |
    -28 | 90  |
    -14 | 300 |
    -7  | 60  |
    -3  | 300 |
    0   | 60  |
    10  | 38  | normal
"""

CHAPTER = Chapter(
    title="Index date and baseline",
    text="""
Day 0 is the first start of one of the criteria's drugs, or enrolment, or the first usable result. The baseline of an analyte is
one of its readings in the document's window of days around it, ends included; a sample of day 0 counts as taken before the first
dose.
""",
    criteria=NORMAL_OR_HIGH,
    examples=(
        Example(
            rule="the last reading of the window is the one of day 0",
            facts=COURSE,
            answers={"baseline ALT": "60 U/L (limit ≤40) on day 0"},
        ),
        Example(
            rule="the first reading of the window is the one of its first day, not the one before",
            criteria=FIRST,
            facts=COURSE,
            answers={"baseline ALT": "90 U/L (limit ≤40) on day -28"},
        ),
        Example(
            rule="of equally high readings the earliest is the highest",
            criteria=HIGHEST,
            facts=COURSE,
            answers={"baseline ALT": "300 U/L (limit ≤40) on day -14"},
        ),
        Example(
            rule="of equally low readings the earliest is the lowest",
            criteria=LOWEST,
            facts=COURSE,
            answers={"baseline ALT": "60 U/L (limit ≤40) on day -7"},
        ),
        Example(
            rule="without a reading in the window there is no baseline, and what needs none goes on",
            facts="""
                day | ALT | state
                -29 | 200 |
                10  | 38  | normal
            """,
            answers={"baseline ALT": "none"},
        ),
        Example(
            rule="day 0 is the first start of any index drug",
            facts="""
                day | drug       | until | ALT | state
                5   | tacrolimus |       |     |
                -5  | tacrolimus | 4     |     |
                -5  |            |       | 300 |
                0   |            |       | 38  | normal
            """,
            answers={"index date": "day -5", "baseline ALT": "300 U/L (limit ≤40) on day -5"},
        ),
        Example(
            rule="a start known only to the month gives no day 0",
            facts="""
                day     | drug       | ALT
                2024-03 | tacrolimus |
                10      |            | 38
            """,
            answers={"index date": "none", "state": "start", "baseline ALT": "none"},
        ),
        Example(
            rule="without an index date there is no course",
            criteria=ENROLMENT,
            facts="""
                day | ALT
                0   | 300
                10  | 38
            """,
            answers={"index date": "none", "refractory": ""},
        ),
        Example(
            rule="enrolment can be day 0",
            criteria=ENROLMENT,
            facts="""
                day | what      | ALT | state
                3   | enrolment |     |
                3   |           | 300 |
                10  |           | 38  | normal
            """,
            answers={"index date": "day 3", "baseline ALT": "300 U/L (limit ≤40) on day 3"},
        ),
        Example(
            rule="the first usable result can be day 0, of whatever analyte",
            criteria=FIRST_RESULT,
            facts="""
                day     | what        | ALT | IGG | state
                2024-01 |             | 300 |     |
                1       | preliminary | 300 |     |
                3       |             |     | 20  |
                4       |             | 38  |     | normal
            """,
            answers={"index date": "day 3"},
        ),
        Example(
            rule="assessment begins on day 1 unless the document says otherwise",
            criteria=FROM_DAY_0,
            facts="""
                day | ALT | state
                -1  | 38  |
                0   | 38  | normal
                1   | 300 | high
            """,
        ),
    ),
)
