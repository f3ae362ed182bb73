"""Values known only as a range."""

from __future__ import annotations

from tests.spec.in_force import NORMAL_OR_HIGH
from tests.support.drawn import Chapter, Example

FALLEN = """
state = [{ code = "response" }, { code = "none" }]

[[transition]]
to = "response"
from = "*"
when = { analyte = "ALT", fall_percent = { more_than = 50 } }

[[transition]]
to = "none"
from = "*"
when = { analyte = "ALT", fall_percent = { at_most = 50 } }
"""

BOTH = """
state = [{ code = "both" }, { code = "either" }, { code = "not-AST" }]

[[transition]]
to = "both"
from = "*"
when = { all = [{ analyte = "ALT", normal = true }, { analyte = "AST", normal = true }] }

[[transition]]
to = "either"
from = "*"
when = { any = [{ analyte = "ALT", normal = true }, { analyte = "AST", normal = true }] }

[[transition]]
to = "not-AST"
from = "*"
when = { not = { analyte = "AST", normal = true } }
"""

CHAPTER = Chapter(
    title="Censored values",
    text="""
`<5` is every value from 0 up to, and without, 5; `>1000` every value above 1000. Only what all of these values agree on is
known; the rest is unknown. Unknown is no state: the state holds, and the doubt is recorded. Conditions combine in Kleene's
logic. Nothing is ever imputed.
""",
    criteria=NORMAL_OR_HIGH,
    examples=(
        Example(
            rule="a value below a number that is itself normal is normal",
            facts="""
                day | ALT | state  | unknown
                10  | <5  | normal |
            """,
        ),
        Example(
            rule="a value below a number above the limit may be either",
            facts="""
                day | ALT | state | unknown
                10  | <50 | start | normal/high
            """,
        ),
        Example(
            rule="a value below the limit is normal, however the limit is printed",
            facts="""
                day | ALT | limit | state  | unknown
                10  | <40 | ≤40   | normal |
                20  | <40 | <40   | normal |
            """,
        ),
        Example(
            rule="a value of at most the limit is normal only if the limit is included",
            facts="""
                day | ALT | limit | state  | unknown
                10  | ≤40 | ≤40   | normal |
                20  | ≤40 | <40   | normal | normal/high
            """,
        ),
        Example(
            rule="a value above the limit is not normal, one of at least the limit may be",
            facts="""
                day | ALT | limit | state | unknown
                10  | >40 | ≤40   | high  |
                20  | ≥40 | ≤40   | high  | normal/high
                30  | ≥40 | <40   | high  |
            """,
        ),
        Example(
            rule="a fall from a censored baseline is judged where every baseline it may be agrees",
            criteria=FALLEN,
            facts="""
                day | ALT   | state    | unknown
                0   | >1000 |          |
                28  | 500   | response |
                56  | 501   | response | response/none
            """,
        ),
        Example(
            rule="two censored values are compared as two ranges",
            criteria=FALLEN,
            facts="""
                day | ALT  | state    | unknown
                0   | >100 |          |
                10  | <50  | response |
                20  | <60  | response | response/none
                30  | >200 | response | response/none
            """,
        ),
        Example(
            rule="false and unknown is false, true or unknown is true, not unknown is unknown",
            criteria=BOTH,
            facts="""
                day | ALT | AST | state  | unknown
                10  | 90  | <50 | start  | either/not-AST
                20  | 30  | <50 | either | both
            """,
            why="""
On day 10 ALT is high, so `both` is false whatever AST is. On day 20 ALT is normal, so `either` is true whatever AST is.
""",
        ),
        Example(
            rule="an analyte that was not measured is unknown",
            criteria=BOTH,
            facts="""
                day | ALT | AST | state | unknown
                10  | 30  |     | either | both
                20  |     | 30  | either | both
            """,
        ),
    ),
)
