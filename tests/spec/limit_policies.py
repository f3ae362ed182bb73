"""By whose limit a reading is judged."""

from __future__ import annotations

from tests.spec.in_force import NORMAL_OR_HIGH
from tests.support.drawn import Chapter, Example

BY_BASELINE = f"""
reading = {{ uln = "baseline" }}
{NORMAL_OR_HIGH.strip()}
"""

CHAPTER = Chapter(
    title="Limit policies",
    text="""
Under `uln = "reported"` each reading is held against the limit that was printed with it. Under `uln = "baseline"` the limit of the baseline
serves for all readings of its analyte, converted where units differ. Which result is the reading of its day is decided before,
by the limits as printed.
""",
    criteria=BY_BASELINE,
    examples=(
        Example(
            rule="as reported, each limit counts for its own result",
            criteria=NORMAL_OR_HIGH,
            facts="""
                day | ALT | limit | state
                0   | 200 | ≤40   |
                10  | 45  | ≤50   | normal
                20  | 45  | ≤40   | high
            """,
        ),
        Example(
            rule="by the baseline, the limit of the baseline reading counts for all",
            facts="""
                day | ALT | limit | state
                0   | 200 | ≤40   |
                10  | 45  | ≤50   | high
                20  | 40  | <40   | normal
            """,
        ),
        Example(
            rule="by the baseline, a result without a limit of its own is judged too",
            facts="""
                day | ALT | limit | state
                0   | 200 | ≤40   |
                10  | 45  |       | high
            """,
        ),
        Example(
            rule="the limit of the baseline is taken over into other units",
            facts="""
                day | ALT           | limit | state
                0   | 5 ukat/L      | ≤0.7  |
                10  | 42            | ≤40   | normal
                20  | 42.1          | ≤50   | high
            """,
            why="0.7 ukat/L are 42 U/L.",
        ),
        Example(
            rule="without a baseline every multiple of the limit is unknown",
            facts="""
                day | ALT | limit | state | unknown
                10  | 45  | ≤40   | start | normal/high
            """,
        ),
        Example(
            rule="without a limit on the baseline every multiple of the limit is unknown",
            facts="""
                day | ALT | limit | state | unknown
                0   | 200 |       |       |
                10  | 45  | ≤40   | start | normal/high
            """,
        ),
        Example(
            rule="the reading of a day is chosen by the limits as printed",
            facts="""
                day | ALT | limit | state
                0   | 200 | ≤40   |
                10  | 45  | ≤60   |
                10  | 39  | ≤40   | normal
            """,
            why="39 is the higher multiple of its own limit, so it is the reading; only then it is held against the limit of day 0.",
        ),
    ),
)
