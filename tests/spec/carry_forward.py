"""How long a reading speaks for its analyte."""

from __future__ import annotations

from tests.support.drawn import Chapter, Example

ON_THE_DAY = """
state = [{ code = "both" }]

[[transition]]
to = "both"
from = ["start"]
when = { all = [{ analyte = "ALT", normal = true }, { analyte = "IGG", normal = true }] }
"""

CHAPTER = Chapter(
    title="Carry forward",
    text="""
The current reading of an analyte is its latest one, no more than `carry_forward_days` old. The default is 0: only the day itself.
The examples are those of `iaihg-2022`, which carries readings 28 days.
""",
    criteria="iaihg-2022",
    examples=(
        Example(
            rule="readings of one day speak together",
            facts="""
                day | drug         | ALT | AST | IGG | state
                0   | prednisolone |     |     |     |
                40  |              | 30  | 30  | 12  | CBR
            """,
        ),
        Example(
            rule="a reading speaks for 28 days more",
            facts="""
                day | drug         | ALT | AST | IGG | state | unknown
                0   | prednisolone |     |     |     |       |
                40  |              |     |     | 12  | start | CBR
                68  |              | 30  | 30  |     | CBR   |
            """,
        ),
        Example(
            rule="on the 29th day it is no longer known",
            facts="""
                day | drug         | ALT | AST | IGG | state | unknown
                0   | prednisolone |     |     |     |       |
                40  |              |     |     | 12  | start | CBR
                69  |              | 30  | 30  |     | start | CBR
            """,
        ),
        Example(
            rule="the latest reading speaks, not the best",
            facts="""
                day | drug         | ALT | AST | IGG | state | unknown
                0   | prednisolone |     |     |     |       |
                40  |              |     |     | 12  | start | CBR
                50  |              |     |     | 20  | start |
                60  |              | 30  | 30  |     | start |
                65  |              |     |     | 13  | CBR   |
            """,
            why="On day 50 IgG is high, so the condition is false although ALT and AST are not known.",
        ),
        Example(
            rule="readings from before the first assessed day are carried too",
            facts="""
                day | drug         | ALT | AST | IGG | state
                0   | prednisolone |     |     |     |
                -3  |              |     |     | 12  |
                20  |              | 30  | 30  |     | CBR
            """,
        ),
        Example(
            rule="without carry forward each analyte speaks on its own day only",
            criteria=ON_THE_DAY,
            facts="""
                day | ALT | IGG | state | unknown
                40  |     | 12  | start | both
                41  | 30  |     | start | both
                42  | 30  | 12  | both  |
            """,
        ),
    ),
)
