"""Whether treatment had failed before day 0."""

from __future__ import annotations

from tests.support.drawn import Chapter, Example

STANDARD = """
    day  | drug         | until | ALT | limit
    -120 | prednisolone |       |     |
    -120 | azathioprine |       |     |
    -40  |              |       | 80  | ≤40
    -10  |              |       | 90  | ≤40
"""

CHAPTER = Chapter(
    title="Steroid-refractory at day 0",
    text="""
Two questions, joined by Kleene's *and*. Exposure: was there an unbroken stretch of steroids together with azathioprine or
mycophenolate (their classes), gaps of 14 days bridged, of at least 90 days before day 0? Persistence: was ALT at least twice its limit on an
unbroken run of at least two results over at least 28 days, the last of them at most 28 days before day 0? (`hegade-2011`.)
""",
    criteria="hegade-2011",
    examples=(
        Example(
            rule="exposure and persistence make the answer yes",
            facts=STANDARD,
            answers={"refractory": "yes"},
        ),
        Example(
            rule="steroids alone are not enough",
            facts="""
                day  | drug         | until | ALT | limit
                -120 | prednisolone |       |     |
                -40  |              |       | 80  | ≤40
                -10  |              |       | 90  | ≤40
            """,
            answers={"refractory": "no"},
        ),
        Example(
            rule="ninety days before day 0 are enough, eighty-nine are not",
            facts="""
                day  | drug         | until | ALT | limit
                -120 | prednisolone |       |     |
                -89  | azathioprine |       |     |
                -40  |              |       | 80  | ≤40
                -10  |              |       | 90  | ≤40
            """,
            answers={"refractory": "no"},
            why="Day 0 itself does not count. With azathioprine from day -90 the answer is yes: see the next example.",
        ),
        Example(
            rule="ninety days of both are enough",
            facts="""
                day | drug         | until | ALT | limit
                -90 | prednisolone |       |     |
                -90 | azathioprine |       |     |
                -40 |              |       | 80  | ≤40
                -10 |              |       | 90  | ≤40
            """,
            answers={"refractory": "yes"},
        ),
        Example(
            rule="the last day taken is a day of exposure",
            facts="""
                day  | drug                  | until | ALT | limit
                -300 | prednisolone          |       |     |
                -200 | mycophenolate_mofetil | -111  |     |
                -40  |                       |       | 80  | ≤40
                -10  |                       |       | 90  | ≤40
            """,
            answers={"refractory": "yes"},
            why="From day -200 to day -111, both taken, are 90 days. The stretch need not reach day 0.",
        ),
        Example(
            rule="drugs of one class follow each other without a gap",
            facts="""
                day  | drug           | until | ALT | limit
                -120 | prednisolone   | -61   |     |
                -60  | budesonide     |       |     |
                -120 | azathioprine   | -61   |     |
                -60  | mercaptopurine |       |     |
                -40  |                |       | 80  | ≤40
                -10  |                |       | 90  | ≤40
            """,
            answers={"refractory": "yes"},
        ),
        Example(
            rule="a gap of fourteen days is bridged",
            facts="""
                day  | drug         | until | ALT | limit
                -120 | prednisolone |       |     |
                -120 | azathioprine | -81   |     |
                -66  | azathioprine |       |     |
                -40  |              |       | 80  | ≤40
                -10  |              |       | 90  | ≤40
            """,
            answers={"refractory": "yes"},
            why="Without azathioprine were the days from -80 to -67.",
        ),
        Example(
            rule="a gap of fifteen days is not",
            facts="""
                day  | drug         | until | ALT | limit
                -120 | prednisolone |       |     |
                -120 | azathioprine | -81   |     |
                -65  | azathioprine |       |     |
                -40  |              |       | 80  | ≤40
                -10  |              |       | 90  | ≤40
            """,
            answers={"refractory": "no"},
        ),
        Example(
            rule="a gap between members of an any is bridged too",
            facts="""
                day  | drug                  | until | ALT | limit
                -120 | prednisolone          |       |     |
                -120 | azathioprine          | -81   |     |
                -66  | mycophenolate_mofetil |       |     |
                -40  |                       |       | 80  | ≤40
                -10  |                       |       | 90  | ≤40
            """,
            answers={"refractory": "yes"},
        ),
        Example(
            rule="a result below twice the limit breaks the run",
            facts="""
                day  | drug         | until | ALT | limit
                -120 | prednisolone |       |     |
                -120 | azathioprine |       |     |
                -40  |              |       | 80  | ≤40
                -25  |              |       | 79  | ≤40
                -10  |              |       | 90  | ≤40
            """,
            answers={"refractory": "no"},
        ),
        Example(
            rule="a run of twenty-seven days is too short",
            facts="""
                day  | drug         | until | ALT | limit
                -120 | prednisolone |       |     |
                -120 | azathioprine |       |     |
                -37  |              |       | 80  | ≤40
                -10  |              |       | 90  | ≤40
            """,
            answers={"refractory": "no"},
        ),
        Example(
            rule="the result of day 0 counts",
            facts="""
                day  | drug         | until | ALT | limit
                -120 | prednisolone |       |     |
                -120 | azathioprine |       |     |
                -28  |              |       | 80  | ≤40
                0    |              |       | 90  | ≤40
            """,
            answers={"refractory": "yes"},
        ),
        Example(
            rule="without a result in the last twenty-eight days it cannot be judged",
            facts="""
                day  | drug         | until | ALT | limit
                -120 | prednisolone |       |     |
                -120 | azathioprine |       |     |
                -60  |              |       | 80  | ≤40
                -29  |              |       | 90  | ≤40
            """,
            answers={"refractory": "not_evaluable"},
        ),
        Example(
            rule="a run may be interrupted by what is unknown, and then it is not known whether there is one",
            facts="""
                day  | drug         | until | ALT | limit
                -120 | prednisolone |       |     |
                -120 | azathioprine |       |     |
                -40  |              |       | 80  | ≤40
                -25  |              |       | 90  |
                -10  |              |       | 90  | ≤40
            """,
            answers={"refractory": "not_evaluable"},
        ),
        Example(
            rule="no exposure is no, even where persistence cannot be judged",
            facts="""
                day  | drug         | until | ALT | limit
                -120 | prednisolone |       |     |
                -60  |              |       | 80  | ≤40
            """,
            answers={"refractory": "no"},
        ),
        Example(
            rule="a prescription dated only to the month is no exposure",
            facts="""
                day     | drug         | until | ALT | limit
                2023-06 | prednisolone |       |     |
                -120    | azathioprine |       |     |
                -40     |              |       | 80  | ≤40
                -10     |              |       | 90  | ≤40
            """,
            answers={"refractory": "no"},
        ),
    ),
)
