"""A course in words, for a clinician at a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

WIDTH = 16


def course_text(document: Mapping[str, Any]) -> Iterator[str]:
    """The lines of a course as `course_document` gives it, with the `cut` or the time (`recorded_by`) asked for, if any."""
    criteria = document["criteria"]
    yield f"{document['centre']}/{document['patient']} under {criteria['id']} version {criteria['version']}"
    if document.get("cut"):
        yield f"from the facts of data cut {document['cut']}"
    elif document.get("recorded_by"):
        yield f"from what was recorded by {document['recorded_by'].isoformat()}"
    yield ""
    if document["index_on"] is None:
        yield _line("Index date", f"none: {_index(document, ' or ')} is not on record")
        return
    yield _line("Index date", f"{document['index_on']} ({_index(document, ', ')})")
    yield from _baselines(document)
    yield _line("Present state", _present(document))
    yield _line("Best state", _labelled(document, document["best"]) if document["best"] else "none entered")
    yield _line("Relapses", _relapses(document))
    if document["refractory"]["answer"]:
        yield _line("Refractory", "{answer}: {reason}".format(**document["refractory"]).replace("_", " "))
    if document["nadir"]:
        yield _line("Lowest", f"{document['nadir']['analyte']} {_measured(document['nadir'])}")
    yield _line("Assessments", f"{document['assessments']}, the last on {document['last_assessed_on'] or '-'}")
    yield from _transitions(document)
    yield from _landmarks(document)


def _line(label: str, text: str) -> str:
    return f"{label:<{WIDTH}}{text}"


def _index(document: Mapping[str, Any], joined_by: str) -> str:
    index = document["index"]
    return index.replace("_", " ") if isinstance(index, str) else f"start of {joined_by.join(index)}"


def _labelled(document: Mapping[str, Any], code: str) -> str:
    label = document["states"].get(code)
    return f"{code} ({label})" if label else code


def _present(document: Mapping[str, Any]) -> str:
    if document["state"] == "start":
        return "start: no state was entered yet"
    return f"{_labelled(document, document['state'])} since {document['since']}"


def _baselines(document: Mapping[str, Any]) -> Iterator[str]:
    if document["baseline_rule"] is None:
        yield _line("Baseline", "the criteria name none")
        return
    first, last = document["baseline_rule"]["window"]
    window = f"days {first} to {last}"
    if not document["baseline"]:
        yield _line("Baseline", f"none: no result in {window} of the index date")
    for analyte, reading in document["baseline"].items():
        number = document["baseline_candidates"][analyte]
        chosen = f"the {document['baseline_rule']['choose']} of {number}" if number > 1 else "the only one"
        yield _line("Baseline", f"{analyte} {_measured(reading)}: {chosen} in {window}")


def _measured(reading: Mapping[str, Any]) -> str:
    against = "no limit"
    if limit := reading["limit"]:
        sign = limit["comparator"].replace("<=", "≤")
        against = f"limit {sign}{limit['value']}, {reading['times_uln']} × ULN"
    return f"{reading['value']} {reading['unit']} ({against}) on {reading['date']} (day {reading['day']})"


def _relapses(document: Mapping[str, Any]) -> str:
    spans = (f"{e['opened_on']} to {e['closed_on'] or 'now'}" for e in document["episodes"])
    return f"{document['relapses']}" + (f" ({', '.join(spans)})" if document["episodes"] else "")


def _transitions(document: Mapping[str, Any]) -> Iterator[str]:
    if document["transitions"]:
        yield from ("", "Transitions       onset       confirmed   evidence")
    for change in document["transitions"]:
        states = f"{change['from']} -> {change['to']}"
        results = f"{len(change['evidence'])} results" if len(change["evidence"]) != 1 else "1 result"
        mark = ", relapse" if change["relapse"] else ""
        yield f"  {states:<16}{change['onset_on']}  {change['confirmed_on']}  {results}{mark}"


def _landmarks(document: Mapping[str, Any]) -> Iterator[str]:
    if document["landmarks"]:
        yield from ("", "Landmarks")
    for entry in document["landmarks"]:
        yield f"  {entry['landmark']:<16}{entry['answer'].replace('_', ' ')}"
