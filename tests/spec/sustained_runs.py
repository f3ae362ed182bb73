"""Conditions that must hold for a while."""

from __future__ import annotations

from tests.support.drawn import Chapter, Example

TWO_IN_28 = """
state = [{ code = "CR" }]

[[transition]]
to = "CR"
from = ["start"]
when = { analyte = "ALT", normal = true }
sustained = { results = 2, days = 28 }
"""

THREE = TWO_IN_28.replace("results = 2, days = 28", "results = 3, days = 0")

FROM_DAY_60 = """
state = [{ code = "CR" }]

[[transition]]
to = "CR"
from = ["start"]
from_day = 60
when = { analyte = "ALT", normal = true }
sustained = { results = 2, days = 28 }
"""

FROM_PR = """
state = [{ code = "CR" }, { code = "PR" }]

[[transition]]
to = "CR"
from = ["PR"]
when = { analyte = "ALT", normal = true }
sustained = { results = 2, days = 28 }

[[transition]]
to = "PR"
from = ["start"]
when = { analyte = "AST", normal = true }
"""

CHAPTER = Chapter(
    title="Sustained runs",
    text="""
With `sustained = { results, days }` it is not enough that a condition is true today: it must have been true without interruption for so many
of the transition's own days, and for so long. Its own days are those assessment days on which something it names was measured. One
false or unknown day among them, and the count begins anew. The run's first day is the onset of the state, its last the confirmation.
""",
    criteria=TWO_IN_28,
    examples=(
        Example(
            rule="onset is the first day of the run",
            facts="""
                day | ALT | state | onset
                60  | 38  | start |
                88  | 36  | CR    | 60
            """,
            answers={"since": "day 60"},
        ),
        Example(
            rule="27 days are not 28",
            facts="""
                day | ALT | state | onset
                60  | 38  | start |
                87  | 36  | start |
                100 | 36  | CR    | 60
            """,
        ),
        Example(
            rule="one result is not two, however long it stands",
            facts="""
                day | ALT | state
                60  | 38  | start
            """,
        ),
        Example(
            rule="a false day breaks the run",
            facts="""
                day | ALT | state | onset
                60  | 38  | start |
                70  | 50  | start |
                90  | 38  | start |
                118 | 38  | CR    | 90
            """,
        ),
        Example(
            rule="an unknown day breaks the run",
            facts="""
                day | ALT | limit | state | onset
                60  | 38  | ≤40   | start |
                70  | 38  |       | start |
                90  | 38  | ≤40   | start |
                118 | 38  | ≤40   | CR    | 90
            """,
        ),
        Example(
            rule="a transition is found unknown only on a day on which its condition is unknown",
            facts="""
                day | ALT | limit | state | unknown
                60  | 38  | ≤40   | start |
                70  | 38  |       | start | CR
                90  | 38  | ≤40   | start |
            """,
        ),
        Example(
            rule="results may count without days",
            criteria=THREE,
            facts="""
                day | ALT | state | onset
                60  | 38  | start |
                61  | 38  | start |
                62  | 38  | CR    | 60
            """,
        ),
        Example(
            rule="a run may begin before from_day",
            criteria=FROM_DAY_60,
            facts="""
                day | ALT | state | onset
                20  | 38  | start |
                50  | 38  | start |
                60  | 38  | CR    | 20
            """,
        ),
        Example(
            rule="a run may begin in a state that the transition does not leave",
            criteria=FROM_PR,
            facts="""
                day | ALT | AST | state | onset
                20  | 38  |     | start |
                40  |     | 38  | PR    | 40
                60  | 38  |     | CR    | 20
            """,
        ),
        Example(
            rule="days that do not bring what the transition names neither count nor break",
            criteria=FROM_PR,
            facts="""
                day | ALT | AST | state | onset
                10  |     | 38  | PR    | 10
                20  | 38  |     | PR    |
                40  |     | 90  | PR    |
                48  | 38  |     | CR    | 20
            """,
        ),
        Example(
            rule="a run does not begin before the first assessed day",
            facts="""
                day | ALT | state | onset
                -5  | 38  |       |
                0   | 38  |       |
                28  | 38  | start |
                56  | 38  | CR    | 28
            """,
        ),
    ),
)
