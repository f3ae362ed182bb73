"""Relapse episodes, the present state and the best one."""

from __future__ import annotations

from tests.support.drawn import Chapter, Example

CHAPTER = Chapter(
    title="Relapse episodes, present and best state",
    text="""
A state with `relapse = true` opens an episode on the day on which it is confirmed; entering another state closes it. The best state
is the first of the document's list that was ever entered, relapse states aside. The present state holds since its onset.
""",
    criteria="hegade-2011",
    examples=(
        Example(
            rule="an episode is open until another state is entered",
            facts="""
                day | ALT | state | onset
                0   | 180 |       |
                40  | 38  | PR    | 40
                80  | 39  | CR    | 40
                190 | 78  | RP    | 190
                220 | 130 | RP    |
            """,
            answers={"relapse episodes": "day 190 on", "state": "RP", "since": "day 190", "best": "CR"},
        ),
        Example(
            rule="a second response closes the episode on the day it is confirmed",
            facts="""
                day | ALT | state | onset
                0   | 180 |       |
                40  | 38  | PR    | 40
                80  | 39  | CR    | 40
                190 | 90  | RP    | 190
                220 | 39  | PR    | 220
                260 | 38  | CR    | 220
                300 | 41  | RP    | 300
            """,
            answers={"relapse episodes": "day 190 to day 220; day 300 on", "best": "CR", "since": "day 300"},
        ),
        Example(
            rule="the best state is that of the document's order, not the last or the longest",
            facts="""
                day | ALT | state
                0   | 200 |
                28  | 100 | UD
                60  | 150 | NR
            """,
            answers={"best": "NR", "state": "NR", "relapse episodes": "none"},
        ),
        Example(
            rule="without an assessment there is no best state and no since",
            facts="""
                day | ALT | state
                0   | 200 |
            """,
            answers={"state": "start", "best": "none", "since": "none"},
        ),
    ),
)
