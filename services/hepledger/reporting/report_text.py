"""The cohort report in words and tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hepledger.reporting.text_table import aligned


def report_text(report: Mapping[str, Any]) -> Iterator[str]:
    """The lines of a report as `cohort_report` gives it."""
    criteria = report["criteria"]
    yield f"{criteria['title'] or criteria['id']} ({criteria['id']} version {criteria['version']})"
    if report["recorded_by"]:
        yield f"from what was recorded by {report['recorded_by'].isoformat()}"
    if "cut" in report:
        yield _of_cut(report["cut"])
    yield ""
    yield f"{report['patients']} patients, {report['with_index']} with an index date, {report['assessed']} assessed"
    yield f"{report['relapsed']} patients with {report['relapses']} relapses"
    if report["refractory"]:
        answers = (f"{answer.replace('_', ' ')} {number}" for answer, number in report["refractory"].items())
        yield f"refractory at the index date: {', '.join(answers)}"
    yield ""
    yield from aligned(
        ("state", "", "now", "best", "ever", "median days to it"),
        ((s["state"], s["label"], s["present"], s["best"], s["ever"], s["median_days_to"]) for s in report["states"]),
    )
    yield from _landmarks(report)
    yield from _centres(report)


def _of_cut(cut: Mapping[str, Any]) -> str:
    until = f", up to {cut['until']}" if cut["until"] else ""
    verified = ": hash verified" if cut["verified"] else ", under other criteria than its own"
    return f"from data cut {cut['name']}, made on {cut['created_at']:%Y-%m-%d}{until}{verified}"


def _landmarks(report: Mapping[str, Any]) -> Iterator[str]:
    if not report["landmarks"]:
        return
    yield ""
    answers = ("met", "not_met", "not_evaluable", "pending")
    header = ("landmark", "", *(answer.replace("_", " ") for answer in answers))
    asked = (
        (given["landmark"], given["label"], *(given[answer] for answer in answers)) for given in report["landmarks"]
    )
    yield from aligned(header, asked)


def _centres(report: Mapping[str, Any]) -> Iterator[str]:
    if not report["centres"]:
        return
    yield ""
    codes = list(report["centres"][0]["present"])
    header = ("centre", "patients", "indexed", "assessed", "relapsed", *codes)
    yield from aligned(
        header,
        (
            (
                c["centre"],
                c["patients"],
                c["with_index"],
                c["assessed"],
                c["relapsed"],
                *(c["present"][s] for s in codes),
            )
            for c in report["centres"]
        ),
    )
