"""Questions at a fixed time, beside the course."""

from __future__ import annotations

from tests.support.drawn import Chapter, Example

LAST = """
state = [{ code = "normal" }]

[[transition]]
to = "normal"
from = "*"
when = { analyte = "ALT", normal = true }

[[landmark]]
code = "six-months"
window = [155, 211]
take = "last"
when = { analyte = "ALT", normal = true }
"""

LAST_OF_EACH = LAST.replace(
    'take = "last"\nwhen = { analyte = "ALT", normal = true }',
    'take = "last"\nwhen = { all = [{ analyte = "ALT", normal = true }, { analyte = "IGG", normal = true }] }',
)
OF_THE_ENROLLED = 'index = { event = "enrolment" }\n' + LAST.strip() + "\n"
ANY = LAST.replace('take = "last"', 'take = "any"')

CHAPTER = Chapter(
    title="Landmarks",
    text="""
A landmark asks one condition of one window of days: of each analyte's last reading in the window (`last`), or of some day in it
(`any`). The answer is `pending` while the window may still fill; a fact dated on its last day or later, or a death, closes it. Then it is
`met` or `not_met`, and `not_evaluable` where nothing was measured or the condition is unknown.
""",
    criteria=LAST,
    examples=(
        Example(
            rule="the last reading of the window decides",
            facts="""
                day | ALT
                155 | 38
                200 | 90
                211 | 39
            """,
            answers={"landmark six-months": "met"},
        ),
        Example(
            rule="readings outside the window do not count",
            facts="""
                day | ALT
                154 | 38
                155 | 90
                212 | 38
            """,
            answers={"landmark six-months": "not_met"},
        ),
        Example(
            rule="until the window has passed the answer is pending",
            facts="""
                day | ALT
                200 | 38
            """,
            answers={"landmark six-months": "pending"},
        ),
        Example(
            rule="a fact of any kind shows that the window has passed",
            facts="""
                day | ALT | drug         | until
                200 | 38  |              |
                211 |     | azathioprine |
            """,
            answers={"landmark six-months": "met"},
        ),
        Example(
            rule="a preliminary result does not show it",
            facts="""
                day | ALT | what
                200 | 38  |
                300 | 38  | preliminary
            """,
            answers={"landmark six-months": "pending"},
        ),
        Example(
            rule="after a death nothing is pending",
            facts="""
                day | ALT | what
                160 | 38  |
                170 |     | death
            """,
            answers={"landmark six-months": "met"},
        ),
        Example(
            rule="without a reading in the window it cannot be judged",
            facts="""
                day | ALT
                100 | 38
                250 | 38
            """,
            answers={"landmark six-months": "not_evaluable"},
        ),
        Example(
            rule="what is unknown cannot be judged",
            facts="""
                day | ALT | limit
                200 | 38  |
                250 | 38  | ≤40
            """,
            answers={"landmark six-months": "not_evaluable"},
        ),
        Example(
            rule="without an index date it is pending",
            criteria=OF_THE_ENROLLED,
            facts="""
                day | ALT
                200 | 38
                300 | 38
            """,
            answers={"index date": "none", "landmark six-months": "pending"},
        ),
        Example(
            rule="without an index date it cannot be judged once the patient has died",
            criteria=OF_THE_ENROLLED,
            facts="""
                day | ALT | what
                200 | 38  |
                300 |     | death
            """,
            answers={"index date": "none", "landmark six-months": "not_evaluable"},
        ),
        Example(
            rule="each analyte's own last reading in the window counts",
            criteria=LAST_OF_EACH,
            facts="""
                day | ALT | IGG
                160 |     | 12
                200 | 90  |
                210 | 38  |
                250 | 90  | 20
            """,
            answers={"landmark six-months": "met"},
        ),
        Example(
            rule="one day of the window is enough where any is asked for",
            criteria=ANY,
            facts="""
                day | ALT | limit
                160 | 90  | ≤40
                170 | 38  | ≤40
                180 | 38  |
                211 | 90  | ≤40
            """,
            answers={"landmark six-months": "met"},
        ),
        Example(
            rule="if no day is true and one is unknown it cannot be judged",
            criteria=ANY,
            facts="""
                day | ALT | limit
                160 | 90  | ≤40
                180 | 38  |
                211 | 90  | ≤40
            """,
            answers={"landmark six-months": "not_evaluable"},
        ),
        Example(
            rule="if every day is false it is not met",
            criteria=ANY,
            facts="""
                day | ALT
                160 | 90
                211 | 90
            """,
            answers={"landmark six-months": "not_met"},
        ),
        Example(
            rule="the three questions of the international group",
            criteria="iaihg-2022",
            facts="""
                day | drug         | ALT | AST | IGG
                0   | prednisolone | 400 | 300 | 24
                28  |              | 210 | 160 |
                100 |              | 30  | 30  | 15
                170 |              | 60  | 30  | 15
                190 |              | 30  |     |
            """,
            answers={"landmark NR-4w": "met", "landmark CBR-6m": "met", "landmark IR-6m": "met"},
        ),
        Example(
            rule="non-response needs both enzymes to have fallen too little",
            criteria="iaihg-2022",
            facts="""
                day | drug         | ALT | AST | IGG
                0   | prednisolone | 400 | 300 | 24
                27  |              | 210 |     |
                28  |              |     | 150 |
            """,
            answers={"landmark NR-4w": "not_met", "landmark CBR-6m": "pending", "landmark IR-6m": "pending"},
            why="AST fell by exactly 50 %.",
        ),
    ),
)
