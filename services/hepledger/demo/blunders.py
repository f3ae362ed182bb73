"""The mistakes that every registry gets, a few of each: units that are no units, dates that are no dates, limits in the wrong unit.

Some are refused at the door, the others go in and are raised as queries; none of them may reach an answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, Final

from hepledger.demo.letters import Sent

REFUSED: Final = 6
"""How many of them the door refuses: those of `refused`."""
QUERIED: Final = 4
"""How many of them go in and become queries: those of `queried`."""


def blunders(centre: str) -> Iterator[Sent]:
    """What one centre got wrong."""
    for sent in (*refused(), *queried()):
        if sent.submission["centre"] == centre:
            yield sent


def refused() -> Iterator[Sent]:
    """Statements that cannot be understood without guessing."""
    yield _result("LEE", 3, date(2021, 3, 2), "b1", value="88", unit="u/L")  # atomic mass units per litre
    yield _result("LEE", 7, date(2021, 3, 2), "b2", value="61", unit="u/L")
    yield _result("BOS", 5, date(2022, 5, 17), "b1", analyte="LDH", value="310")
    yield _result("GUT", 4, date(2022, 2, 28), "b1", value="44", taken="2022-02-30")
    yield _result("HAM", 2, date(2021, 9, 14), "b1", analyte="Cholinesterase", value="4310")
    yield _result("HAM", 9, date(2021, 9, 14), "b2", value="4l2")


def queried() -> Iterator[Sent]:
    """Statements that are understood and cannot be right, or not both of them."""
    yield _result("UPS", 6, date(2021, 6, 8), "b1", value="0.62", limit="0.76")  # ukat/L, said to be U/L
    yield _result("HAM", 3, date(2022, 1, 18), "b3", analyte="PLT", value="231", unit="10*3/uL", limit="0.4")
    yield _result("BOS", 8, date(2021, 11, 30), "b2", analyte="BILI", value="96", unit="mg/dL", limit="1.2")
    for version, value in ((1, "64"), (2, "46")):  # both final, both reported at the same minute
        yield _result("LEE", 11, date(2022, 10, 4), "b3", value=value, version=version)


def _result(  # noqa: PLR0913 - what may be wrong
    centre: str,
    number: int,
    on: date,
    name: str,
    *,
    analyte: str = "ALT",
    value: str,
    unit: str = "U/L",
    limit: str = "40",
    taken: str = "",
    version: int = 1,
) -> Sent:
    patient = f"{centre}-{number:03d}"
    offset = {"BOS": "-05:00", "HAM": "+01:00", "UPS": "+01:00"}.get(centre, "+00:00")
    data: dict[str, Any] = {
        "result_id": f"{patient}/{name}",
        "analyte": analyte,
        "value": value,
        "unit": unit,
        "reference_high": {"value": limit, "comparator": "<="},
        "status": "final",
        "reported_at": f"{on}T12:00:00{offset}",
    }
    said = {
        "type": "lab_result_recorded",
        "centre": centre,
        "patient": patient,
        "occurred_at": taken or f"{on}T08:00:00{offset}",
        "source": f"lims/{patient}/{name}/{version}",
        "data": data,
    }
    return Sent(on, said, limit.replace(".", ",") if centre == "HAM" else limit)
