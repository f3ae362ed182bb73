"""Results that cannot be."""

from __future__ import annotations

from tests.spec.in_force import NORMAL_OR_HIGH
from tests.support.drawn import Chapter, Example

CHAPTER = Chapter(
    title="Plausibility",
    text="""
A result outside the limits of what can be is stored, kept out of everything that is derived, and raised as a query. What is
judged is the number itself, after conversion, with or without a comparator.
""",
    criteria=NORMAL_OR_HIGH,
    examples=(
        Example(
            rule="an ALT of 50 000 is possible, one above it is not",
            facts="""
                day | ALT   | state
                10  | 50000 | high
                20  | 50001 |
            """,
            answers={"implausible": "row 2"},
        ),
        Example(
            rule="the limit is held against the canonical unit",
            facts="""
                day | ALT        | limit | state
                10  | 834 ukat/L | ≤0.66 |
                20  | 833 ukat/L | ≤0.66 | high
            """,
            answers={"implausible": "row 1"},
        ),
        Example(
            rule="the number counts as stated, whatever its comparator",
            facts="""
                day | ALT    | state
                10  | >50001 |
                20  | <50001 |
                30  | >50000 | high
            """,
            answers={"implausible": "row 1, row 2"},
        ),
        Example(
            rule="a negative value is not possible",
            facts="""
                day | ALT | state
                10  | -1  |
                20  | 0   | normal
            """,
            answers={"implausible": "row 1"},
        ),
        Example(
            rule="an upper limit of ALT below 15 or above 120 U/L is not possible",
            facts="""
                day | ALT | limit | state
                10  | 30  | ≤14   |
                20  | 30  | ≤15   | high
                30  | 30  | ≤120  | normal
                40  | 30  | ≤121  |
                50  | 30  | ≤0    |
            """,
            answers={"implausible": "row 1, row 4, row 5"},
        ),
        Example(
            rule="a limit of platelets that is wrong by a factor of a thousand is not possible",
            facts="""
                day | ALT | PLT | PLT limit | ALT limit | state
                10  | 30  |     |           | ≤40       | normal
                10  |     | 200 | ≤400000   |           |
                10  |     | 200 | ≤400      |           |
            """,
            answers={"implausible": "row 2"},
        ),
        Example(
            rule="an implausible result is no baseline",
            facts="""
                day | ALT   | state
                -10 | 90    |
                0   | 90000 |
            """,
            answers={"baseline ALT": "90 U/L (limit ≤40) on day -10", "implausible": "row 2"},
        ),
        Example(
            rule="a correction makes an implausible result plausible",
            facts="""
                day | result | what       | ALT   | state
                10  | a      |            | 90000 |
                10  | a      | correction | 90    | high
            """,
            answers={"implausible": "none"},
        ),
    ),
)
