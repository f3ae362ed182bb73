"""The exports as the oracle would write them: every cell as text, by the words of the interface."""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from tests.support.oracle import answer
from tests.support.oracle.evidence import comparisons

HEADERS = {
    "assessments": "criteria,centre,patient,day,date,state,onset_on,entered,unknown",
    "transitions": "criteria,centre,patient,from,to,onset_on,confirmed_on,relapse,evidence",
    "courses": "criteria,centre,patient,index_on,baseline_value,baseline_unit,baseline_times_uln,state,since,best,relapses,"
    "refractory,last_assessed_on",
    "landmarks": "criteria,centre,patient,landmark,answer",
}
Events = list[dict[str, Any]]
People = Mapping[tuple[str, str], Events]
"""(centre, patient) → events."""
Cells = list[str]


def exports(document: dict[str, Any], people: People) -> dict[str, list[Cells]]:
    """What: its header and rows, by centre and patient."""
    tables = {what: [header.split(",")] for what, header in HEADERS.items()}
    for (centre, patient), events in sorted(people.items()):
        said = answer(events, document)
        for what, rows in rows_of(document, said).items():
            tables[what] += [[document["id"], centre, patient, *map(cell, row)] for row in rows]
    return tables


def rows_of(document: dict[str, Any], said: dict[str, Any]) -> dict[str, list[list[Any]]]:
    return {
        "assessments": [list(assessment(each)) for each in said["assessments"]],
        "transitions": [list(transition(each)) for each in said["transitions"]],
        "courses": [list(course(document, said))],
        "landmarks": [[code, answered] for code, answered in said["landmarks"].items()],
    }


def assessment(each: dict[str, Any]) -> Iterator[Any]:
    yield from (each["day"], each["date"], each["state"], each["onset_on"])
    yield from ("true" if each["entered"] else "", "|".join(each["unknown"]))


def transition(each: dict[str, Any]) -> Iterator[Any]:
    yield from (each["from"], each["to"], each["onset_on"], each["confirmed_on"])
    yield from ("true" if each["relapse"] else "false", "|".join(each["evidence"]))


def course(document: dict[str, Any], said: dict[str, Any]) -> Iterator[Any]:
    if said["index_on"] is None:
        yield from [""] * 10
        return
    yield said["index_on"]
    yield from baseline(said["baseline"].get(first_analyte(document)))
    yield from (said["state"], said["since"], said["best"], said["relapses"], said["refractory"])
    yield said["last_assessed_on"]


def first_analyte(document: dict[str, Any]) -> str:
    """The one that the document's transitions name first."""
    named = [each["analyte"] for rule in document["transition"] for each in comparisons(rule["when"])]
    return str(named[0])


def baseline(reading: dict[str, Any] | None) -> list[str]:
    if reading is None:
        return ["", "", ""]
    printed = reading["value"] if reading["comparator"] == "=" else reading["comparator"] + reading["value"]
    if reading["limit"] is None:
        return [printed, reading["unit"], ""]
    times_uln = Fraction(reading["value"]) / Fraction(reading["limit"]["value"])
    whole = int(times_uln * 10_000 + Fraction(1, 2))
    return [printed, reading["unit"], f"{whole // 10_000}.{whole % 10_000:04}"]


def cell(value: Any) -> str:
    return "" if value is None else str(value)
