"""What the facts of a patient give before the walk begins: the index date, the readings, the baseline, and what is judged by them."""

from __future__ import annotations

from hepledger.clinical.criteria import Criteria
from hepledger.clinical.history import History, index_day, readings_in
from hepledger.clinical.landmarks import Answer, answer_landmarks
from hepledger.clinical.readings import Reading, choose, held_against
from hepledger.clinical.refractory import Verdict, judge_refractory


class Ground:
    """What a course stands on. Days are ordinals; without an ``index_day`` there is no course, and no baseline."""

    __slots__ = ("_criteria", "_prescriptions", "_verdict", "baseline", "index_day", "landmarks", "readings")

    def __init__(self, history: History, criteria: Criteria) -> None:
        self.index_day = index_day(history, criteria)
        readings = readings_in(history.results, criteria)
        self.baseline = {} if self.index_day is None else _baselines(readings, criteria, self.index_day)
        self.readings = self.held(readings, criteria)
        self._criteria, self._prescriptions = criteria, history.prescriptions
        self._verdict: Verdict | None = None
        self.landmarks = self.landmarks_now(history, criteria)

    @property
    def refractory(self) -> Verdict:
        """Whether treatment had failed before the index date: judged when it is asked for first."""
        found = self._verdict
        if found is None:
            found = self._verdict = judge_refractory(
                self._criteria, self._prescriptions, self.readings, self.baseline, self.index_day
            )
        return found

    def landmarks_now(self, history: History, criteria: Criteria) -> dict[str, Answer]:
        """The answers to the landmarks, asked again of the readings as they are now."""
        return answer_landmarks(
            criteria, self.readings, self.baseline, self.index_day, latest_day=history.latest_day, died=history.died
        )

    def held(self, readings: dict[str, dict[int, Reading]], criteria: Criteria) -> dict[str, dict[int, Reading]]:
        """Readings as the criteria see them: against their own limits, or all against that of the baseline."""
        if criteria.uln != "baseline":
            return readings
        return {analyte: held_against(self.baseline.get(analyte), days) for analyte, days in readings.items()}


def _baselines(readings: dict[str, dict[int, Reading]], criteria: Criteria, day_0: int) -> dict[str, Reading]:
    if criteria.window is None:
        return {}
    first, last = day_0 + criteria.window[0], day_0 + criteria.window[1]
    chosen = {
        analyte: choose([reading for day, reading in days.items() if first <= day <= last], criteria.choose)
        for analyte, days in readings.items()
    }
    return {analyte: reading for analyte, reading in chosen.items() if reading is not None}
