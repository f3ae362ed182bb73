"""The figures of the publication that this registry was first asked about, as data and with their source.

They stand beside what the registry computes and are never an input to it. What the text gives without a number, or leaves
out, says so: nothing is filled in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

NOT_AVAILABLE: Final = "not available"
"""What is printed for a figure that the publication mentions and whose value could not be obtained."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedSeries:
    """One published series: where it is from, the drug that starts the clock, and its figures by the key of their row.

    ``centre`` is the code under which a registry that holds these patients has their unit, ``criteria`` the id of the
    criteria set that says what the publication's categories are. ``reasons`` maps the indication as it is recorded with the
    prescription to the publication's words for it.
    """

    citation: str
    centre: str
    criteria: str
    drug: str
    reasons: Mapping[str, str]
    figures: Mapping[str, str]


TACROLIMUS_2011: Final = PublishedSeries(
    citation="Gut 2011;60(Suppl 1):A233",
    centre="GUT",
    criteria="hegade-2011",
    drug="tacrolimus",
    reasons=MappingProxyType(
        {
            "steroid_refractory": "Steroid-refractory",
            "azathioprine_intolerance": "Intolerance of azathioprine",
            "azathioprine_non_response": "Non-response to azathioprine",
            "mycophenolate_non_response": "Non-response to mycophenolate",
        }
    ),
    figures=MappingProxyType(
        {
            "patients": "6",
            "sexes": "4 / 2",
            "age": "30",
            "reasons": "9 in 6 patients",
            "steroid_refractory": "5",
            "azathioprine_intolerance": "2",
            "azathioprine_non_response": "1",
            "mycophenolate_non_response": "1",
            "refractory": "5",
            "dose": "3.3",
            "treatment": "15.5",
            "follow_up": "14.8",
            "complete": "3",
            "partial": "3",
            "neither": "not stated",
            "fall_ALT": NOT_AVAILABLE,
            "fall_BILI": NOT_AVAILABLE,
            "tremor": "1",
            "renal": "no effect",
        }
    ),
)
"""Six patients with autoimmune hepatitis given tacrolimus after steroids had failed."""
