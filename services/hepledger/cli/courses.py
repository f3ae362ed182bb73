"""Commands that answer from the courses: `course`, `export`, `report`."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from hepledger.bootstrap import Registry
from hepledger.cli.asking import asked_under, asking, asking_facts, patient_named
from hepledger.cli.output import progress, say, say_json
from hepledger.cli.session import Session, as_of_option, criteria_option, in_session, json_option
from hepledger.clinical.explain import explain
from hepledger.errors import NotFound, WrongUsage
from hepledger.reporting import queries
from hepledger.reporting.columns import COLUMNS, CourseTable, What
from hepledger.reporting.course_document import course_document
from hepledger.reporting.course_text import course_text
from hepledger.reporting.exports import Asked, derived_courses, rows_of
from hepledger.reporting.fact_rows import fact_rows
from hepledger.reporting.published import TACROLIMUS_2011
from hepledger.reporting.report import cohort_report
from hepledger.reporting.report_text import report_text
from hepledger.reporting.series import SeriesTable
from hepledger.reporting.series_text import series_lines
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
@click.option("--on", metavar="DATE", callback=lambda _c, _p, text: _day(text), help="With --explain: only this day.")
@json_option
@in_session
def course(
    session: Session,
    patient: str,
    criteria: str | None,
    as_of: datetime | None,
    why: bool,
    on: int | None,
    as_json: bool,
) -> None:
    """Show the course of one patient: CENTRE/PATIENT, or PATIENT where only one centre has it."""
    if on is not None and not why:
        raise WrongUsage("--on says which day to explain: give --explain, too")
    with session.registry() as registry, asking(registry, criteria, as_of) as asked:
        who = patient_named(asked.snapshot, patient)
        ((_, found),) = derived_courses(asked, [who])
        answer: dict[str, Any] = {"recorded_by": as_of, **course_document(who, found)}
        lines = list(course_text(answer))
        if why:
            explanation = explain(found, who.centre, who.patient, on)
            answer["explanation"] = explanation.to_dict()
            lines += ["", explanation.to_text()]
    if as_json:
        say_json(answer)
    else:
        say(lines)


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
@in_session
def export(session: Session, what: str, target: Path, criteria: str | None, as_of: datetime | None) -> None:
    """Write a table to a file: assessments, transitions, courses, landmarks or facts."""
    table = What(what)
    writer_for(target)
    with session.registry() as registry:
        number = (
            _export_facts(registry, target, criteria, as_of)
            if table is What.FACTS
            else _export_courses(registry, table, target, criteria, as_of)
        )
    say(f"{target}: {number} rows of {table}")


def _export_facts(registry: Registry, target: Path, criteria: str | None, as_of: datetime | None) -> int:
    with asking_facts(registry, criteria, as_of) as (snapshot, extent):
        everyone = queries.patients(snapshot, extent)
        with progress(f"exporting {What.FACTS}", len(everyone)) as tell:
            return write_table(target, COLUMNS[What.FACTS], fact_rows(snapshot, everyone, extent, tell))


def _export_courses(
    registry: Registry, table: CourseTable, target: Path, criteria: str | None, as_of: datetime | None
) -> int:
    with asking(registry, criteria, as_of) as asked:
        everyone = queries.patients(asked.snapshot, asked.extent)
        with progress(f"exporting {table}", len(everyone)) as tell:
            return write_table(target, COLUMNS[table], rows_of(table, asked, everyone, tell))


@click.command()
@criteria_option
@as_of_option
@json_option
@in_session
def report(session: Session, criteria: str | None, as_of: datetime | None, as_json: bool) -> None:
    """Print the cohort report, and the published series beside the one computed from this registry."""
    with session.registry() as registry, asking(registry, criteria, as_of) as asked:
        everyone = queries.patients(asked.snapshot, asked.extent)
        found = cohort_report(asked, everyone)
        series = _series(registry, asked, as_of)
    if as_json:
        say_json({**found, "series": None if series is None else asdict(series)})
        return
    say(report_text(found))
    if series is not None:
        say(["", *series_lines(series)])


def _series(registry: Registry, asked: Asked, as_of: datetime | None) -> SeriesTable | None:
    """The published series, under its own criteria; left out where those were never projected."""
    published = TACROLIMUS_2011
    chosen = registry.criteria_named(asked.snapshot, published.criteria)
    if (chosen.id, chosen.version) != (asked.criteria.id, asked.criteria.version):
        try:
            asked = asked_under(registry, asked.snapshot, chosen, as_of)
        except NotFound:
            return None
    return treated_series(asked, queries.patients(asked.snapshot, asked.extent), published)
