"""Every drawn example of the spec book, answered by the engine and by the second opinion."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from hepledger.clinical.course import course_of
from hepledger.clinical.criteria import criteria_from
from hepledger.clinical.criteria_checks import faults_of
from hepledger.clinical.passage import Passage
from hepledger.clinical.walk import Plan
from hepledger_events.criteria import canonical_document, parse_criteria
from tests.spec.book import BOOK
from tests.support.drawn import Assessed, Example, events_of, expected_of
from tests.support.judges import JUDGES, Verdict, criteria_document, verdict_on, versions_of
from tests.support.spec_book import differences, pages, write

EXAMPLES = {
    f"{slug}: {example.rule}": (chapter.criteria_of(example), example)
    for slug, chapter in BOOK.items()
    for example in chapter.examples
}
each_example = pytest.mark.parametrize(("criteria", "example"), EXAMPLES.values(), ids=list(EXAMPLES))


def as_far_as_drawn(drawn: list[Assessed], found: list[Assessed]) -> list[Assessed]:
    """What was found, without the columns that the table does not have."""
    has_onset, has_unknown = any(row.onset_on for row in drawn), any(row.unknown is not None for row in drawn)
    return [
        replace(row, onset_on=row.onset_on if has_onset else None, unknown=row.unknown if has_unknown else None)
        for row in found
    ]


def assert_answered(example: Example, verdict: Verdict) -> None:
    drawn = expected_of(example)
    if drawn is not None:
        found = as_far_as_drawn(drawn, verdict.assessments)
        onsets = {row.on for row in drawn if row.onset_on}
        assert [row if row.on in onsets else replace(row, onset_on=None) for row in found] == drawn
    assert {question: verdict.answers.get(question, "none") for question in example.answers} == dict(example.answers)


@each_example
@pytest.mark.parametrize("judge", JUDGES)
def test_the_example_is_answered_as_drawn(judge: str, criteria: str, example: Example) -> None:
    assert_answered(example, JUDGES[judge](events_of(example), criteria_document(criteria)))


@each_example
def test_resuming_event_by_event_comes_to_the_same(criteria: str, example: Example) -> None:
    rules = criteria_from(canonical_document(parse_criteria(criteria_document(criteria))))
    versions = versions_of(events_of(example))
    passage = Passage(Plan(rules), {})
    for version in versions:
        passage.resume(version)

    assert_answered(example, verdict_on(course_of(passage), versions))


@each_example
def test_the_criteria_of_the_example_have_no_fault(criteria: str, example: Example) -> None:
    assert faults_of(criteria_document(criteria)) == (), example.rule


def test_every_rule_is_told_once() -> None:
    assert len(EXAMPLES) == sum(len(chapter.examples) for chapter in BOOK.values())


def test_the_book_stands_as_it_would_be_printed() -> None:
    assert differences(BOOK) == []


def test_an_edited_a_missing_and_a_stray_page_are_noticed(tmp_path: Path) -> None:
    write(BOOK, tmp_path)
    assert differences(BOOK, tmp_path) == []

    edited = next(iter(pages(BOOK)))
    (tmp_path / edited).write_text("edited", "utf-8")
    (tmp_path / "baseline.md").unlink()
    (tmp_path / "stray.md").write_text("", "utf-8")

    assert differences(BOOK, tmp_path) == sorted([edited, "baseline.md", "stray.md"])


def test_an_example_drawn_wrongly_is_noticed() -> None:
    criteria, example = next(iter(EXAMPLES.values()))
    wrong = replace(example, facts=example.facts.replace("PR", "NR"))

    with pytest.raises(AssertionError):
        assert_answered(wrong, JUDGES["engine"](events_of(wrong), criteria_document(criteria)))
