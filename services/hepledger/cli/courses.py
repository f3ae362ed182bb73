"""Commands that answer from the courses: `course`, `export`, `report`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import click

from hepledger.bootstrap import Registry
from hepledger.cli.asking import asked_under, asking, asking_facts, patient_named
from hepledger.cli.comparing import beside
from hepledger.cli.cutting import held_to, verified
from hepledger.cli.output import progress, say, say_json
from hepledger.cli.session import (
    Session,
    When,
    as_of_option,
    asked_when,
    criteria_option,
    cut_option,
    in_session,
    json_option,
)
from hepledger.clinical.explain import explain
from hepledger.errors import NotFound, WrongUsage
from hepledger.reporting import queries
from hepledger.reporting.columns import COLUMNS, CourseTable, Row, What
from hepledger.reporting.compare_patient_text import beside_text
from hepledger.reporting.compare_patients import difference_document
from hepledger.reporting.course_document import course_document
from hepledger.reporting.course_text import course_text
from hepledger.reporting.data_cut import DataCut
from hepledger.reporting.exports import Asked, derived_courses, rows_of
from hepledger.reporting.fact_rows import fact_rows
from hepledger.reporting.published import TACROLIMUS_2011
from hepledger.reporting.report import cohort_report
from hepledger.reporting.report_text import report_text
from hepledger.reporting.series import SeriesTable
from hepledger.reporting.series_text import series_lines
from hepledger.reporting.subjects import Patient
from hepledger.reporting.treated_series import treated_series
from hepledger.reporting.writers import write_table, writer_for


def add_to(group: click.Group) -> None:
    """Adds the commands of this module."""
    for command in (course, export, report):
        group.add_command(command)


@click.command()
@click.argument("patient")
@criteria_option
@as_of_option
@click.option("--explain", "why", is_flag=True, help="Say why: readings, baseline, each rule and what it came to.")
@click.option(
    "--compare", "other", metavar="ID", help="With --explain: say why another set puts the patient elsewhere."
)
@click.option("--on", metavar="DATE", callback=lambda _c, _p, text: _day(text), help="With --explain: only this day.")
@json_option
@in_session
def course(
    session: Session,
    patient: str,
    criteria: str | None,
    as_of: When | None,
    why: bool,
    other: str | None,
    on: int | None,
    as_json: bool,
) -> None:
    """Show the course of one patient: CENTRE/PATIENT, or PATIENT where only one centre has it."""
    if other is not None and not why:
        raise WrongUsage("--compare says which set to explain the course against: give --explain, too")
    if on is not None and not why:
        raise WrongUsage("--on says which day to explain: give --explain, too")
    with session.registry() as registry, asking(registry, criteria, as_of) as asked:
        who = patient_named(asked.snapshot, patient)
        ((_, found),) = derived_courses(asked, [who])
        answer: dict[str, Any] = {**_as_of_what(asked), **course_document(who, found)}
        lines = list(course_text(answer))
        if why:
            explanation = explain(found, who.centre, who.patient, on)
            answer["explanation"] = explanation.to_dict()
            lines += ["", explanation.to_text()]
        if other is not None:
            twin = beside(registry, asked, who, found, other)
            answer["comparison"] = difference_document(twin, on)
            lines += ["", *beside_text(twin, on)]
    if as_json:
        say_json(answer)
    else:
        say(lines)


def _as_of_what(asked: Asked) -> dict[str, Any]:
    recorded_by = {"recorded_by": asked.extent.recorded_by}
    return recorded_by if asked.cut is None else {**recorded_by, "cut": asked.cut.name}


def _day(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text).toordinal()
    except ValueError:
        raise WrongUsage(f"--on {text}: not a date (2024-03-01)") from None


@click.command()
@click.argument("what", type=click.Choice([what.value for what in What]))
@click.option(
    "--to", "target", required=True, type=click.Path(path_type=Path), help="A .csv, .parquet or .ndjson file."
)
@criteria_option
@as_of_option
@cut_option
@in_session
def export(
    session: Session, what: str, target: Path, criteria: str | None, as_of: When | None, cut: str | None
) -> None:
    """Write a table to a file: assessments, transitions, courses, landmarks or facts."""
    table, when = What(what), asked_when(criteria, as_of, cut)
    writer_for(target)
    with session.registry() as registry:
        number, sealed = (
            _export_facts(registry, target, criteria, when)
            if table is What.FACTS
            else _export_courses(registry, table, target, criteria, when)
        )
    say(f"{target}: {number} rows of {table}")
    if sealed is not None:
        say(verified(sealed, table))


Exported = tuple[int, DataCut | None]


def _export_facts(registry: Registry, target: Path, criteria: str | None, when: When | None) -> Exported:
    with asking_facts(registry, criteria, when) as (snapshot, extent, cut):
        everyone = queries.patients(snapshot, extent)
        with progress(f"exporting {What.FACTS}", len(everyone)) as tell:
            rows = fact_rows(snapshot, everyone, extent, tell)
            return write_table(target, COLUMNS[What.FACTS], held_to(cut, What.FACTS, rows)), cut


def _export_courses(
    registry: Registry, table: CourseTable, target: Path, criteria: str | None, when: When | None
) -> Exported:
    with asking(registry, criteria, when) as asked:
        everyone = queries.patients(asked.snapshot, asked.extent)
        with progress(f"exporting {table}", len(everyone)) as tell:
            rows = rows_of(table, asked, everyone, tell)
            return write_table(target, COLUMNS[table], held_to(asked.sealed, table, rows)), asked.sealed


@click.command()
@criteria_option
@as_of_option
@cut_option
@json_option
@in_session
def report(session: Session, criteria: str | None, as_of: When | None, cut: str | None, as_json: bool) -> None:
    """Print the cohort report, and the published series beside the one computed from this registry."""
    when = asked_when(criteria, as_of, cut)
    with session.registry() as registry, asking(registry, criteria, when) as asked:
        everyone = queries.patients(asked.snapshot, asked.extent)
        found = cohort_report(asked, everyone, partial(_held_rows, asked))
        series = _series(registry, asked)
    if as_json:
        say_json({**found, "series": None if series is None else asdict(series)})
        return
    say(report_text(found))
    if series is not None:
        say(["", *series_lines(series)])


def _held_rows(asked: Asked, table: CourseTable, everyone: Sequence[Patient]) -> Iterator[Row]:
    return held_to(asked.sealed, table, rows_of(table, asked, everyone))


def _series(registry: Registry, asked: Asked) -> SeriesTable | None:
    """The published series, under its own criteria; left out where those were never projected."""
    published = TACROLIMUS_2011
    chosen = registry.criteria_named(asked.snapshot, published.criteria)
    if (chosen.id, chosen.version) != (asked.criteria.id, asked.criteria.version):
        try:
            asked = asked_under(registry, asked.snapshot, chosen, asked.cut or asked.extent.recorded_by)
        except NotFound:
            return None
    return treated_series(asked, queries.patients(asked.snapshot, asked.extent), published)
