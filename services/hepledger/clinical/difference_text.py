"""The words, and the plain data, for why two criteria sets put one patient in different states on a day."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hepledger.clinical.clauses import clauses_text, reading_data, run_text
from hepledger.clinical.criteria import START, Criteria
from hepledger.clinical.difference_reasons import Reason
from hepledger.clinical.difference_sides import Side
from hepledger.clinical.evaluable import NOT_EVALUABLE
from hepledger.clinical.history import date_of
from hepledger.clinical.trace import Trial
from hepledger.clinical.wording import asked_text, comparison_text, truth_text


def names_of(old: Criteria, new: Criteria) -> tuple[str, str]:
    """What to call two sets beside each other: their ids, with the version where the id alone is that of both."""
    if old.id != new.id:
        return old.id, new.id
    return f"{old.id}@{old.version}", f"{new.id}@{new.version}"


def reason_lines(reason: Reason) -> Iterator[str]:
    """Why they differ, for a clinician: under each set what decided, and below it what the state of the other failed on."""
    names = names_of(*(side.course.plan.criteria for side in reason.sides))
    for name, side in zip(names, reason.sides, strict=True):
        yield f"{name}: {side_text(side)}."
        if side.not_given:
            yield f"  Not {side.wanted}: {side.not_given}."


def reason_text(reason: Reason) -> str:
    """The same in one line."""
    return " ".join(line.strip() for line in reason_lines(reason))


def side_text(side: Side) -> str:
    """How one set came to its state."""
    if side.course.index_day is None:
        return f"{NOT_EVALUABLE}, {side.gap}"
    if side.gap:
        return f"{_held(side)}, {side.gap}"
    if side.day is None or side.decided is None:
        return f"{_held(side)}, no rule was met"
    stays = "" if side.day.entered else "remains, "
    return f"{side.state} {stays}by rule {side.decided.rule.number + 1}: {rule_text(side, side.decided)}"


def rule_text(side: Side, trial: Trial) -> str:
    """What a rule asked and found, with its run where it asks for one."""
    return "" if side.day is None else f"{clauses_text(trial, side.day)}{run_text(trial)}"


def _held(side: Side) -> str:
    return "no state entered yet" if side.state == START else f"{side.state} remains"


def reason_data(reason: Reason, centre: str) -> dict[str, Any]:
    """The same for a program: the comparisons of each rule, and every reading with its limit and event id."""
    return {
        "on": date_of(reason.date),
        "cause": reason.cause.value,
        "old": _side_data(reason.old, centre),
        "new": _side_data(reason.new, centre),
        "text": reason_text(reason),
    }


def _side_data(side: Side, centre: str) -> dict[str, Any]:
    return {
        "state": None if side.course.index_day is None else side.state,
        "day": None if side.day is None else side.day.day,
        "not_assessed": side.gap or None,
        "decided": None if side.decided is None else _rule_data(side, side.decided),
        "not_given": side.wanted if side.not_given else None,
        "not_given_because": side.not_given or None,
        "failed": [_rule_data(side, trial) for trial in side.failed],
        "readings": [reading_data(reading, centre) for reading in side.evidence],
    }


def _rule_data(side: Side, trial: Trial) -> dict[str, Any]:
    asked = trial.rule.sustained
    return {
        "rule": trial.rule.number + 1,
        "to": trial.rule.to,
        "passed_over": trial.passed_over,
        "condition": truth_text(trial.truth),
        "run": None if trial.run is None else {"since": date_of(trial.run[0]), "results": trial.run[1]},
        "sustained": None if asked is None else {"results": asked.results, "days": asked.days},
        "clauses": [
            {
                "asked": asked_text(each.atom),
                "answer": truth_text(each.truth),
                "doubt": each.doubt or None,
                "text": "" if side.day is None else comparison_text(each, side.day.moment),
            }
            for each in side.clauses(trial)
        ],
    }
