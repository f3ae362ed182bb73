"""What the facts of a patient give before the walk begins: the index date, the readings, the baseline, and what is judged by them."""

from __future__ import annotations

from hepledger.clinical.criteria import Criteria
from hepledger.clinical.history import Versions, history_of, index_day, readings_in
from hepledger.clinical.landmarks import Answer, answer_landmarks
from hepledger.clinical.readings import Reading, choose, held_against
from hepledger.clinical.refractory import Verdict, judge_refractory


class Ground:
    """What a course stands on. Days are ordinals; without an ``index_day`` there is no course, and no baseline."""

    __slots__ = ("baseline", "index_day", "landmarks", "readings", "refractory")

    def __init__(self, facts: Versions, criteria: Criteria) -> None:
        history = history_of(facts)
        self.index_day = index_day(history, criteria)
        self.readings = readings_in(history, criteria)
        self.baseline = {} if self.index_day is None else _baselines(self.readings, criteria, self.index_day)
        if criteria.uln == "baseline":
            self.readings = {
                analyte: held_against(self.baseline.get(analyte), days) for analyte, days in self.readings.items()
            }
        self.refractory: Verdict = judge_refractory(
            criteria, history.prescriptions, self.readings, self.baseline, self.index_day
        )
        self.landmarks = self._answered(criteria, history.latest_day, died=history.died)

    def landmarks_now(self, facts: Versions, criteria: Criteria) -> dict[str, Answer]:
        """The answers to the landmarks, asked again of the readings as they are now."""
        history = history_of(facts)
        return self._answered(criteria, history.latest_day, died=history.died)

    def _answered(self, criteria: Criteria, latest_day: int | None, *, died: bool) -> dict[str, Answer]:
        return answer_landmarks(
            criteria, self.readings, self.baseline, self.index_day, latest_day=latest_day, died=died
        )


def _baselines(readings: dict[str, dict[int, Reading]], criteria: Criteria, day_0: int) -> dict[str, Reading]:
    if criteria.window is None:
        return {}
    first, last = day_0 + criteria.window[0], day_0 + criteria.window[1]
    chosen = {
        analyte: choose([reading for day, reading in days.items() if first <= day <= last], criteria.choose)
        for analyte, days in readings.items()
    }
    return {analyte: reading for analyte, reading in chosen.items() if reading is not None}
