"""On which day a fact counts."""

from __future__ import annotations

from tests.spec.in_force import NORMAL_OR_HIGH
from tests.support.drawn import Chapter, Example

CHAPTER = Chapter(
    title="Calendar days",
    text="""
The clinical day is the calendar date as the source wrote it, whatever the offset beside it. All windows count such days.
""",
    criteria=NORMAL_OR_HIGH,
    examples=(
        Example(
            rule="the date counts as written, not as it was elsewhere",
            facts="""
                day                       | ALT | state
                2024-03-29T06:00:00+09:00 | 400 | high
            """,
            why="In UTC it was still 28 March.",
        ),
        Example(
            rule="two results of one written day are one day, however far apart in time",
            facts="""
                day                       | ALT | state
                2024-03-29T00:30:00+09:00 | 38  |
                2024-03-29T23:30:00-05:00 | 400 | high
            """,
        ),
        Example(
            rule="a date given only to the month is never used",
            facts="""
                day     | ALT | state
                2024-03 | 400 |
                20      | 38  | normal
            """,
        ),
        Example(
            rule="29 February is a day like any other",
            facts="""
                day        | ALT | state
                2024-02-29 | 400 |
                2024-03-02 | 38  | normal
            """,
            answers={"baseline ALT": "400 U/L (limit ≤40) on day -1"},
        ),
    ),
)
