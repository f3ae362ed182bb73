"""The command for what comes from the centres: `ingest`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from hepledger.bootstrap import Registry
from hepledger.cli.output import note, progress_to, say, say_json
from hepledger.cli.session import Session, in_session, json_option
from hepledger.errors import InputRefused, exit_code_of
from hepledger.intake.doors import IngestRequest
from hepledger.intake.ingest import ingest as ingest_files
from hepledger.intake.mapping import load_mapping
from hepledger.intake.recognise import Format
from hepledger.intake.report import COUNTS, FileOutcome, FileReport, IngestReport
from hepledger.intake.submit import Intake
from hepledger.reporting.text_table import aligned

REFUSED = exit_code_of(InputRefused())


def add_to(group: click.Group) -> None:
    """Adds the commands of this module."""
    group.add_command(ingest)


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--centre", metavar="CODE", help="The centre of records that name none.")
@click.option("--mapping", type=click.Path(path_type=Path), help="TOML file that says how to read the centre's tables.")
@click.option(
    "--format", "format_", type=click.Choice([f.value for f in Format]), help="Do not recognise: read as this."
)
@click.option("--dry-run", is_flag=True, help="Say what would happen; write nothing.")
@json_option
@in_session
def ingest(
    session: Session,
    paths: tuple[Path, ...],
    centre: str | None,
    mapping: Path | None,
    format_: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Take in files or folders of a centre; tell of each record what became of it, and of each fault where it is."""
    request = IngestRequest(
        centre=centre,
        mapping=None if mapping is None else load_mapping(mapping),
        format=None if format_ is None else Format(format_),
        dry_run=dry_run,
    )
    with session.registry() as registry, _stop_explained(dry_run), progress_to("reading") as tell:
        report = ingest_files(door_of(registry), paths, request, tell)
    session.exit_code = REFUSED if report.refused else 0
    if as_json:
        say_json(report.to_dict())
    else:
        say(ingest_text(report))


@contextmanager
def _stop_explained(dry_run: bool) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        if not dry_run:
            note("note: what was read so far is in the registry; the same ingest again goes on from there")
        raise


def door_of(registry: Registry) -> Intake:
    """What the use cases of intake work on."""
    return Intake(registry.reported, registry.quarantine, registry.clock)


def ingest_text(report: IngestReport) -> Iterator[str]:
    """Every fault, then the counts of each file and of all."""
    for file in report.files:
        yield from (str(fault) for fault in file.faults)
        if file.faults_beyond:
            yield f"{file.file}: {file.faults_beyond} more faults; `hepledger quarantine list` has them"
    yield from aligned(("", "records", *COUNTS), [*map(_counts, report.files), _totals(report)])
    for file in report.files:
        yield from (f"{file.file}: ignored {number} ({why})" for why, number in file.reasons_ignored.items())
        if file.outcome is FileOutcome.SKIPPED:
            yield f"{file.file}: skipped"
    if report.dry_run:
        yield "dry run: nothing was written"


def _counts(file: FileReport) -> Sequence[object]:
    return (file.file, file.records, *(getattr(file, count) for count in COUNTS))


def _totals(report: IngestReport) -> Sequence[object]:
    return ("all", report.total("records"), *(report.total(count) for count in COUNTS))
