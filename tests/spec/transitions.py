"""In which order transitions are tried, and which are considered at all."""

from __future__ import annotations

from tests.support.drawn import Chapter, Example

ORDER = """
state = [{ code = "A" }, { code = "B" }]

[[transition]]
to = "A"
from = ["start", "B"]
when = { analyte = "ALT", normal = true }

[[transition]]
to = "B"
from = ["start", "A"]
when = { analyte = "ALT", times_uln = { at_most = 2 } }
"""

DAYS = """
state = [{ code = "early" }, { code = "late" }]

[[transition]]
to = "early"
from = ["start"]
to_day = 28
when = { analyte = "ALT", normal = true }

[[transition]]
to = "late"
from = ["start"]
from_day = 56
when = { analyte = "ALT", normal = true }
"""

NAMED = """
state = [{ code = "ALT-normal" }, { code = "AST-normal" }]

[[transition]]
to = "ALT-normal"
from = "*"
when = { analyte = "ALT", normal = true }

[[transition]]
to = "AST-normal"
from = "*"
when = { analyte = "AST", normal = true }
"""

ON_THE_WAY = """
state = [{ code = "fallen" }, { code = "normal" }, { code = "high" }]

[[transition]]
to = "fallen"
from = "*"
when = { analyte = "ALT", fall_percent = { more_than = 50 } }

[[transition]]
to = "normal"
from = "*"
when = { analyte = "ALT", normal = true }

[[transition]]
to = "high"
from = "*"
when = { analyte = "ALT", times_baseline = { at_least = 1 } }
"""

STAYING = """
state = [{ code = "low" }, { code = "high" }]

[[transition]]
to = "low"
from = "*"
when = { analyte = "ALT", normal = true }

[[transition]]
to = "high"
from = ["low"]
when = { analyte = "ALT", times_uln = { at_least = 1 } }
"""

CHAPTER = Chapter(
    title="Transitions",
    text="""
A day is decided by the first transition, in the document's order, that may be tried and is true. It may be tried if something it names
was measured that day, if it leaves the present state, and if the day is not outside its `from_day` and `to_day`. On a day that none
decides the state holds.
""",
    examples=(
        Example(
            rule="the first true transition decides",
            criteria=ORDER,
            facts="""
                day | ALT | state
                10  | 38  | A
            """,
        ),
        Example(
            rule="a transition is considered only from the states it names",
            criteria=ORDER,
            facts="""
                day | ALT | state | onset
                10  | 70  | B     | 10
                20  | 60  | B     |
                30  | 38  | A     | 30
                40  | 30  | B     | 40
            """,
            why="On day 40 the state is A, which the first transition does not name; so the second, true as well, decides.",
        ),
        Example(
            rule="if none is true the state holds",
            criteria=ORDER,
            facts="""
                day | ALT | state
                10  | 38  | A
                20  | 200 | A
            """,
            answers={"since": "day 10"},
        ),
        Example(
            rule="to_day is the last day on which a transition is considered",
            criteria=DAYS,
            facts="""
                day | ALT | state
                28  | 38  | early
            """,
        ),
        Example(
            rule="between to_day of one and from_day of the other nothing is considered",
            criteria=DAYS,
            facts="""
                day | ALT | state
                29  | 38  | start
                55  | 38  | start
                56  | 38  | late
            """,
        ),
        Example(
            rule="a transition is considered only on days that bring what it names",
            criteria=NAMED,
            facts="""
                day | ALT | AST | state
                10  | 38  |     | ALT-normal
                20  |     | 38  | AST-normal
                30  | 38  | 38  | ALT-normal
            """,
        ),
        Example(
            rule="results of analytes that no transition names make no assessment day",
            criteria=NAMED,
            facts="""
                day | ALT | IGG | state
                10  |     | 12  |
                20  | 38  |     | ALT-normal
            """,
        ),
        Example(
            rule="unknown transitions are recorded up to the one that decides",
            criteria=ON_THE_WAY,
            facts="""
                day | ALT | state  | unknown
                10  | 38  | normal | fallen
                20  | 90  | normal | fallen/high
            """,
            why="There is no baseline. On day 10 `normal` decides and `high` is not tried.",
        ),
        Example(
            rule="a true transition to the present state decides too, and nothing is entered",
            criteria=STAYING,
            facts="""
                day | ALT | state | onset
                10  | 38  | low   | 10
                20  | 40  | low   |
                30  | 41  | high  | 30
                40  | 40  | low   | 40
            """,
            answers={"since": "day 40"},
            why="On day 20 the second transition is true as well, but the first one has decided: the state is still that of day 10.",
        ),
    ),
)
