"""What is measured from the worst and from the best."""

from __future__ import annotations

from tests.support.drawn import Chapter, Example

PEAK = """
state = [{ code = "PR" }, { code = "RP", relapse = true }]

[[transition]]
to = "PR"
from = ["start", "RP"]
when = { analyte = "ALT", fall_from_peak_percent = { more_than = 50 } }

[[transition]]
to = "RP"
from = ["start", "PR"]
when = { analyte = "ALT", times_uln = { at_least = 3 } }
"""

PEAK_SUSTAINED = PEAK.replace("more_than = 50 } }\n", "more_than = 50 } }\nsustained = { results = 2, days = 0 }\n")

NADIR = """
state = [{ code = "OK" }, { code = "UP", relapse = true }]

[[transition]]
to = "UP"
from = "*"
when = { analyte = "ALT", times_nadir = { at_least = 2 } }

[[transition]]
to = "OK"
from = "*"
when = { analyte = "ALT", times_nadir = { less_than = 2 } }
"""

CHAPTER = Chapter(
    title="Peak and nadir",
    text="""
The peak is the highest reading since the day on which the present state was confirmed, today included; in `start` there is none.
The nadir is the lowest reading from day 0 to today, baseline included. Of equals the earliest day counts.
""",
    criteria=PEAK,
    examples=(
        Example(
            rule="before any state is entered a fall from the peak is unknown",
            facts="""
                day | ALT | state | unknown
                10  | 100 | start | PR
                20  | 10  | start | PR
            """,
        ),
        Example(
            rule="the fall is measured from the highest reading of the present state",
            facts="""
                day | ALT | state | onset
                10  | 130 | RP    | 10
                20  | 300 | RP    |
                30  | 150 | RP    |
                40  | 149 | PR    | 40
            """,
        ),
        Example(
            rule="the peak begins anew with each state",
            facts="""
                day | ALT | state | onset
                10  | 500 | RP    | 10
                20  | 200 | PR    | 20
                30  | 130 | RP    | 30
                40  | 66  | RP    |
                50  | 64  | PR    | 50
            """,
            why="The second relapse is measured from its own 130, not from the 500 of the first.",
        ),
        Example(
            rule="a higher reading today is the peak itself, and no fall",
            facts="""
                day | ALT | state
                10  | 130 | RP
                20  | 600 | RP
            """,
        ),
        Example(
            rule="a censored reading that is the peak itself has not fallen, whatever it is",
            facts="""
                day | ALT  | state | unknown
                10  | 130  | RP    | PR
                20  | >600 | RP    |
                30  | >600 | RP    | PR
                40  | 301  | RP    | PR
                50  | 300  | PR    |
            """,
            why="""
On day 20 the reading is held against itself: one number, though nobody knows which. On day 30 it is another result, and what lies
between the two is unknown. On day 50 even the smallest peak there can have been is more than twice the value.
""",
        ),
        Example(
            rule="on a run's days before the state was confirmed the fall is unknown, so the run begins after it",
            criteria=PEAK_SUSTAINED,
            facts="""
                day | ALT | state | onset
                10  | 400 | RP    | 10
                20  | 100 | RP    |
                30  | 100 | PR    | 20
                40  | 200 | RP    | 40
                50  | 90  | RP    |
                60  | 90  | PR    | 50
            """,
        ),
        Example(
            rule="the nadir includes the baseline and today",
            criteria=NADIR,
            facts="""
                day | ALT | state
                -7  | 50  |
                10  | 100 | UP
                20  | 99  | OK
                30  | 30  | OK
                40  | 60  | UP
                50  | 59  | OK
            """,
        ),
        Example(
            rule="a reading before day 0 that is not the baseline is no nadir",
            criteria=NADIR,
            facts="""
                day | ALT | state
                -20 | 20  |
                -7  | 50  |
                10  | 60  | OK
            """,
        ),
        Example(
            rule="without a baseline the nadir is the lowest reading since day 0",
            criteria=NADIR,
            facts="""
                day | ALT | state
                -40 | 20  |
                10  | 60  | OK
                20  | 120 | UP
            """,
        ),
    ),
)
