"""Six made-up patients who, counted as a series, give the figures of Gut 2011;60(Suppl 1):A233.

None of them is a patient of the publication: only its figures are known, and these six were built to have them. Nothing here
says what the figures are; they come out of the facts, under the criteria set `hegade-2011`. Days count from the first dose of
tacrolimus. Each row of a table is one sample: day, ALT (U/L), bilirubin and creatinine (umol/L), tacrolimus (ug/L).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from hepledger.demo.centres import GUT, Habits
from hepledger.demo.laboratory import results_of
from hepledger.demo.letters import Sent, letters_about, submission
from hepledger.demo.person import Adverse, Draw, Given, Person
from hepledger.demo.treatment import Course, Trouble

CENTRE: Final = GUT.code
RELAPSING: Final = "GUT-T3"
"""The one whose relapse is worth explaining: the dose was halved in complete remission."""

_PLAIN: Final = replace(
    GUT, habits=Habits(corrected=0, retracted=0, resent=0, late=0, without_limit=0, haemolysed=0, to_the_month=0)
)
_REFRACTORY: Final = "steroid_refractory"
_NO_AZA, _AZA_FAILED, _MMF_FAILED = (
    "azathioprine_intolerance",
    "azathioprine_non_response",
    "mycophenolate_non_response",
)

_Row = tuple[float, ...]


def six() -> tuple[Person, ...]:
    """The six, as the clinic knows them."""
    return (_complete(), _intolerant_and_complete(), _relapsing(), _trembling(), _slow(), _intolerant())


def letters_of_the_six() -> Iterator[Sent]:
    """What their unit reported of them: plainly, but for one result of another patient that was taken back."""
    for person in six():
        yield from letters_about(person)
        yield from results_of(person, _PLAIN)
    yield from _taken_back(next(person for person in six() if person.patient == RELAPSING))


def _complete() -> Person:
    """Refractory on prednisolone and azathioprine; complete response on 3 mg."""
    rows: tuple[_Row, ...] = (
        (-112, 318, 46, 66), (-56, 290, 44, 68), (-14, 276, 41, 67), (0, 262, 38, 67),
        (21, 158, 30, 68, 6.1), (49, 98, 22, 70, 6.8), (91, 56, 17, 69, 7.2), (140, 37, 14, 68, 6.9),
        (189, 31, 12, 67, 7.4), (252, 28, 11, 69, 6.5), (336, 33, 12, 70, 6.2), (441, 27, 11, 68, 6.6),
        (547, 25, 10, 69, 6.4),
    )  # fmt: skip
    courses = (
        Course("prednisolone", "40", -240, -201), Course("prednisolone", "20", -200, -1), Course("prednisolone", "10", 0, None),
        Course("azathioprine", "100", -210, None),
        Course("tacrolimus", "3", 0, None, None, (_REFRACTORY,)),
    )  # fmt: skip
    return _person(1, "female", 1979, date(2006, 3, 14), date(2008, 2, 4), rows, courses)


def _intolerant_and_complete() -> Person:
    """Azathioprine not borne, refractory on prednisolone and mycophenolate; complete response on 3 mg."""
    rows: tuple[_Row, ...] = (
        (-98, 356, 52, 60), (-49, 344, 50, 61), (-21, 330, 47, 62), (-3, 338, 48, 61),
        (18, 190, 34, 62, 4.8), (46, 142, 25, 63, 5.1), (88, 74, 18, 62, 7.0), (130, 39, 14, 61, 7.3),
        (172, 35, 12, 63, 6.7), (228, 30, 11, 62, 6.9), (302, 34, 11, 61, 6.4), (395, 28, 10, 62, 6.6),
    )  # fmt: skip
    courses = (
        Course("prednisolone", "30", -260, -200), Course("prednisolone", "20", -199, None),
        Course("azathioprine", "50", -240, -222, "intolerance"), Course("mycophenolate_mofetil", "2000", -215, None),
        Course("tacrolimus", "2", 0, 45, "dose_changed", (_REFRACTORY, _NO_AZA)),
        Course("tacrolimus", "3", 46, None, None, (_REFRACTORY, _NO_AZA)),
    )  # fmt: skip
    troubles = (Trouble(-222, "nausea", 2, "azathioprine", "drug_withdrawn"),)
    return _person(2, "female", 1988, date(2007, 5, 22), date(2008, 6, 16), rows, courses, troubles)


def _relapsing() -> Person:
    """Complete response on 4 mg; 2 mg at the patient's wish; relapse at a low level; complete response on 4 mg again."""
    rows: tuple[_Row, ...] = (
        (-120, 214, 30, 84), (-63, 232, 33, 85), (-28, 226, 31, 86), (-7, 240, 34, 85),
        (24, 148, 26, 86, 8.1), (52, 92, 19, 87, 7.7), (101, 48, 14, 86, 7.4), (150, 34, 12, 85, 7.9),
        (185, 30, 11, 87, 7.5), (240, 27, 11, 86, 7.2), (278, 29, 10, 86, 7.4), (322, 38, 12, 85, 3.1),
        (364, 68, 15, 86, 2.6), (384, 134, 22, 85, 2.8), (413, 82, 18, 86, 7.2), (441, 55, 14, 87, 7.6),
        (490, 37, 12, 86, 7.3), (532, 32, 11, 85, 7.1), (611, 30, 11, 86, 7.0), (699, 28, 10, 86, 7.2),
    )  # fmt: skip
    courses = (
        Course("prednisolone", "40", -360, -301), Course("prednisolone", "20", -300, 30), Course("prednisolone", "5", 31, None),
        Course("azathioprine", "150", -330, -1, "non_response"),
        Course("tacrolimus", "4", 0, 279, "patient_wish", (_REFRACTORY, _AZA_FAILED)),
        Course("tacrolimus", "2", 280, 384, "relapse", (_REFRACTORY, _AZA_FAILED)),
        Course("tacrolimus", "4", 385, None, None, (_REFRACTORY, _AZA_FAILED)),
    )  # fmt: skip
    return _person(3, "male", 1969, date(2005, 9, 6), date(2007, 11, 12), rows, courses)


def _trembling() -> Person:
    """Mycophenolate failed; on 5 mg a tremor at a level of 16.4; on 3 mg the level falls and the tremor goes; partial response."""
    rows: tuple[_Row, ...] = (
        (-90, 388, 62, 70), (-45, 402, 65, 71), (-14, 374, 58, 70), (0, 380, 60, 71),
        (20, 236, 44, 72, 9.2), (55, 170, 35, 73, 16.4), (76, 150, 31, 72, 6.8), (110, 128, 27, 71, 6.5),
        (166, 104, 24, 72, 6.9), (222, 92, 22, 71, 6.3), (300, 85, 21, 72, 6.6), (380, 78, 20, 71, 6.4), (454, 74, 19, 72, 6.7),
    )  # fmt: skip
    courses = (
        Course("prednisolone", "40", -540, -480), Course("prednisolone", "15", -479, None),
        Course("azathioprine", "100", -500, -301, "switched"), Course("mycophenolate_mofetil", "2000", -290, -1, "non_response"),
        Course("tacrolimus", "5", 0, 60, "adverse_event", (_REFRACTORY, _MMF_FAILED)),
        Course("tacrolimus", "3", 61, None, None, (_REFRACTORY, _MMF_FAILED)),
    )  # fmt: skip
    troubles = (
        Trouble(58, "tremor", 2, "tacrolimus", "dose_reduced"),
        Trouble(76, "tremor", 1, "tacrolimus", "none"),
    )
    return _person(4, "female", 1963, date(2006, 11, 20), date(2008, 9, 1), rows, courses, troubles)


def _slow() -> Person:
    """Refractory; by day 42 not yet half; partial response on 4 mg, then care elsewhere."""
    rows: tuple[_Row, ...] = (
        (-84, 300, 34, 88), (-42, 286, 33, 90), (-10, 292, 34, 89),
        (14, 200, 28, 90, 6.0), (42, 160, 24, 91, 7.8), (70, 130, 21, 90, 8.4), (126, 102, 18, 89, 8.0),
        (182, 88, 17, 91, 7.7), (245, 76, 16, 90, 8.1), (300, 70, 15, 89, 7.9), (358, 66, 15, 90, 7.8),
    )  # fmt: skip
    courses = (
        Course("prednisolone", "30", -250, -150), Course("prednisolone", "15", -149, None), Course("azathioprine", "125", -230, None),
        Course("tacrolimus", "4", 0, 365, "care_elsewhere", (_REFRACTORY,)),
    )  # fmt: skip
    return _person(5, "male", 1977, date(2008, 2, 12), date(2009, 1, 19), rows, courses)


def _intolerant() -> Person:
    """Azathioprine not borne and steroids alone not enough, so not refractory by the definition; partial response on 3 mg.

    ALT was normal once, on day 207; once is not sustained.
    """
    rows: tuple[_Row, ...] = (
        (-60, 148, 24, 58), (-30, 160, 25, 59), (-2, 152, 24, 58),
        (17, 104, 20, 59, 6.3), (45, 70, 16, 60, 6.7), (95, 52, 14, 59, 6.5), (151, 46, 13, 58, 6.8),
        (207, 39, 12, 60, 6.4), (263, 47, 13, 59, 6.6), (320, 44, 12, 59, 6.5), (364, 43, 12, 58, 6.7),
    )  # fmt: skip
    courses = (
        Course("prednisolone", "30", -200, -120), Course("prednisolone", "20", -119, None),
        Course("azathioprine", "50", -170, -155, "intolerance"),
        Course("tacrolimus", "3", 0, None, None, (_NO_AZA,)),
    )  # fmt: skip
    troubles = (Trouble(-155, "pancreatitis", 3, "azathioprine", "drug_withdrawn"),)
    return _person(6, "female", 1984, date(2008, 8, 5), date(2009, 3, 9), rows, courses, troubles)


def _person(
    number: int,
    sex: str,
    birth_year: int,
    diagnosed: date,
    first_dose: date,
    rows: tuple[_Row, ...],
    courses: tuple[Course, ...],
    troubles: tuple[Trouble, ...] = (),
) -> Person:
    return Person(
        centre=CENTRE,
        patient=f"{CENTRE}-T{number}",
        sex=sex,
        birth_year=birth_year,
        diagnosed_on=diagnosed,
        enrolled_on=first_dose,
        draws=tuple(_draw(first_dose, row) for row in rows),
        given=tuple(_given(first_dose, course) for course in courses),
        adverse=tuple(_adverse(first_dose, trouble) for trouble in troubles),
    )


def _draw(first_dose: date, row: _Row) -> Draw:
    day, *values = row
    return Draw(first_dose + timedelta(days=day), dict(zip(("ALT", "BILI", "CREA", "TAC"), values, strict=False)))


def _given(first_dose: date, course: Course) -> Given:
    return Given(
        drug=course.drug,
        dose=course.dose,
        started=first_dose + timedelta(days=course.day),
        stopped=None if course.until is None else first_dose + timedelta(days=course.until),
        stop_reason=course.stop_reason,
        indications=course.indications,
    )


def _adverse(first_dose: date, trouble: Trouble) -> Adverse:
    on = first_dose + timedelta(days=trouble.day)
    return Adverse(on=on, term=trouble.term, grade=trouble.grade, suspected_drug=trouble.drug, action=trouble.action)


def _taken_back(person: Person) -> Iterator[Sent]:
    """In complete remission an ALT of 96 that was somebody else's: a relapse announced, and withdrawn five days later."""
    drawn = person.enrolled_on + timedelta(days=255)
    told, identity = drawn + timedelta(days=5), f"{person.patient}/9001"
    data = {
        "result_id": identity,
        "analyte": "ALT",
        "value": "96",
        "unit": "U/L",
        "reference_high": {"value": "40", "comparator": "<="},
        "status": "final",
        "reported_at": f"{drawn}T15:00:00{GUT.offset}",
    }
    yield Sent(
        drawn, submission(person, "lab_result_recorded", data, f"{drawn}T09:10:00{GUT.offset}", f"lims/{identity}/1")
    )
    taken = {"result_id": identity, "reason": "wrong_patient", "reported_at": f"{told}T11:30:00{GUT.offset}"}
    yield Sent(told, submission(person, "lab_result_retracted", taken, source=f"lims/{identity}/2"))
