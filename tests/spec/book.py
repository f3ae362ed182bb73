"""The chapters of the spec book, in the order in which a reader needs them."""

from __future__ import annotations

from collections.abc import Mapping

from tests.spec import (
    baseline,
    calendar_days,
    carry_forward,
    censored_values,
    exact_multiples,
    finalisation,
    in_force,
    landmarks,
    limit_policies,
    peak_and_nadir,
    plausibility,
    readings_of_a_day,
    refractory,
    relapse_episodes,
    sustained_runs,
    transitions,
    worked_examples,
)
from tests.support.drawn import Chapter

BOOK: Mapping[str, Chapter] = {
    "worked-examples": worked_examples.CHAPTER,
    "versions-in-force": in_force.CHAPTER,
    "finalisation": finalisation.CHAPTER,
    "calendar-days": calendar_days.CHAPTER,
    "censored-values": censored_values.CHAPTER,
    "exact-multiples": exact_multiples.CHAPTER,
    "plausibility": plausibility.CHAPTER,
    "readings-of-a-day": readings_of_a_day.CHAPTER,
    "limit-policies": limit_policies.CHAPTER,
    "baseline": baseline.CHAPTER,
    "transitions": transitions.CHAPTER,
    "sustained-runs": sustained_runs.CHAPTER,
    "carry-forward": carry_forward.CHAPTER,
    "peak-and-nadir": peak_and_nadir.CHAPTER,
    "relapse-episodes": relapse_episodes.CHAPTER,
    "landmarks": landmarks.CHAPTER,
    "refractory": refractory.CHAPTER,
}
"""Name of the page → chapter."""
