"""Preliminary results, and what makes them count."""

from __future__ import annotations

from tests.spec.in_force import NORMAL_OR_HIGH
from tests.support.drawn import Chapter, Example

CHAPTER = Chapter(
    title="Preliminary results and finalisation",
    text="""
A preliminary result never counts. A finalisation ("now final, the value is not sent again") makes it count, if the preliminary
version in force is not newer than the finalisation.
""",
    criteria=NORMAL_OR_HIGH,
    examples=(
        Example(
            rule="a preliminary result does not count",
            facts="""
                day | what        | ALT | state
                10  | preliminary | 38  |
                20  |             | 400 | high
            """,
        ),
        Example(
            rule="a finalisation makes it count",
            facts="""
                day | result | what         | ALT | state
                10  | a      | preliminary  | 38  | normal
                10  | a      | finalisation |     |
            """,
        ),
        Example(
            rule="a finalisation that arrives first makes it count as well",
            facts="""
                day | result | what         | reported | ALT | state
                10  | a      | finalisation | 12       |     |
                10  | a      | preliminary  | 11       | 38  | normal
            """,
        ),
        Example(
            rule="a finalisation of the same time makes it count",
            facts="""
                day | result | what         | reported | ALT | state
                10  | a      | preliminary  | 12       | 38  | normal
                10  | a      | finalisation | 12       |     |
            """,
        ),
        Example(
            rule="a finalisation does not reach a preliminary version that is newer than itself",
            facts="""
                day | result | what         | reported | ALT | state
                10  | a      | finalisation | 11       |     |
                10  | a      | preliminary  | 12       | 38  |
            """,
            answers={"state": "start"},
        ),
        Example(
            rule="a finalisation alone says nothing",
            facts="""
                day | result | what         | ALT | state
                10  | a      | finalisation |     |
            """,
            answers={"state": "start"},
        ),
        Example(
            rule="a final result takes the place of the preliminary one",
            facts="""
                day | result | what        | ALT | state
                10  | a      | preliminary | 400 |
                10  | a      |             | 38  | normal
            """,
        ),
        Example(
            rule="at the same time the final result outranks the preliminary one",
            facts="""
                day | result | what        | reported | ALT | state
                10  | a      |             | 12       | 38  | normal
                10  | a      | preliminary | 12       | 400 |
            """,
            answers={"conflicts": "none"},
        ),
        Example(
            rule="a preliminary version that is newer than the final one is in force, and does not count",
            facts="""
                day | result | what        | reported | ALT | state
                10  | a      |             | 12       | 38  |
                10  | a      | preliminary | 13       | 400 |
            """,
            answers={"state": "start"},
            why="The laboratory has reopened its result: until it says what it is now, there is none.",
        ),
    ),
)
