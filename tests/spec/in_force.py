"""Which version of a fact is in force."""

from __future__ import annotations

from tests.support.drawn import Chapter, Example

NORMAL_OR_HIGH = """
state = [{ code = "normal" }, { code = "high" }]

[[transition]]
to = "normal"
from = "*"
when = { analyte = "ALT", normal = true }

[[transition]]
to = "high"
from = "*"
when = { analyte = "ALT", normal = false }
"""

CHAPTER = Chapter(
    title="Versions in force",
    text="""
Centres say a thing late, twice, otherwise, or take it back. What counts is the version with the latest version time: the time
that the source reports, else the time at which the registry recorded it. Between versions of the same time the rank decides, from the
highest: retraction, correction, final, preliminary. The order of arrival decides nothing, but where nothing else can.
""",
    criteria=NORMAL_OR_HIGH,
    examples=(
        Example(
            rule="a correction replaces what it corrects",
            facts="""
                day | result | what       | ALT | state
                10  | a      |            | 400 |
                10  | a      | correction | 38  | normal
            """,
        ),
        Example(
            rule="a correction that arrives before what it corrects still replaces it",
            facts="""
                day | result | what       | reported | ALT | state
                10  | a      | correction | 12       | 38  |
                10  | a      |            | 11       | 400 | normal
            """,
        ),
        Example(
            rule="the latest version time wins, whatever kind of statement it is",
            facts="""
                day | result | what       | reported | ALT | state
                10  | a      | correction | 12       | 38  |
                10  | a      |            | 13       | 400 | high
            """,
        ),
        Example(
            rule="at the same time a correction outranks a final result",
            facts="""
                day | result | what       | reported | ALT | state
                10  | a      | correction | 12       | 38  |
                10  | a      |            | 12       | 400 | normal
            """,
            answers={"conflicts": "none"},
        ),
        Example(
            rule="a result whose status is amended ranks as a correction",
            facts="""
                day | result | what    | reported | ALT | state
                10  | a      | amended | 12       | 38  |
                10  | a      |         | 12       | 400 | normal
            """,
            answers={"conflicts": "none"},
        ),
        Example(
            rule="a retraction takes the result away as if it had never been said",
            facts="""
                day | result | what       | ALT | state
                10  | a      |            | 400 |
                10  | a      | retraction |     |
                20  | b      |            | 38  | normal
            """,
        ),
        Example(
            rule="at the same time a retraction outranks a correction",
            facts="""
                day | result | what       | reported | ALT | state
                10  | a      | retraction | 12       |     |
                10  | a      | correction | 12       | 38  |
            """,
            answers={"state": "start", "conflicts": "none"},
        ),
        Example(
            rule="what is said again after a retraction counts again",
            facts="""
                day | result | what       | reported | ALT | state
                10  | a      |            | 11       | 400 |
                10  | a      | retraction | 12       |     |
                10  | a      | correction | 13       | 38  | normal
            """,
        ),
        Example(
            rule="a correction may move a result to another day",
            facts="""
                day | result | what       | ALT | state
                10  | a      |            | 400 |
                12  | a      | correction | 400 | high
            """,
        ),
        Example(
            rule="the same content twice at the same time is no conflict",
            facts="""
                day | result | reported | ALT | state
                10  | a      | 12       | 38  |
                10  | a      | 12       | 38  | normal
            """,
            answers={"conflicts": "none"},
        ),
        Example(
            rule="the same content sent again later is no new version",
            facts="""
                day | result | what       | ALT | state
                10  | a      |            | 400 |
                10  | a      | correction | 38  | normal
                10  | a      |            | 400 |
            """,
            why="A centre that sends its whole table every month would else undo its own corrections.",
        ),
        Example(
            rule="of two that neither time nor rank can order the earlier in the log stays in force, and the other is a query",
            facts="""
                day | result | reported | ALT | state
                10  | a      | 12       | 38  | normal
                10  | a      | 12       | 400 |
            """,
            answers={"conflicts": "row 2"},
        ),
        Example(
            rule="a newer version settles the conflict",
            facts="""
                day | result | what       | reported | ALT | state
                10  | a      |            | 12       | 38  |
                10  | a      |            | 12       | 400 |
                10  | a      | correction | 13       | 400 | high
            """,
            answers={"conflicts": "none"},
        ),
        Example(
            rule="results of different identity are different facts, even on one day",
            facts="""
                day | result | ALT | state
                10  | a      | 38  |
                10  | b      | 400 | high
            """,
            answers={"conflicts": "none"},
        ),
    ),
)
