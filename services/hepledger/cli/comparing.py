"""The command that holds two criteria sets against each other: `compare`."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import click

from hepledger.bootstrap import Registry
from hepledger.cli.asking import asked_under, facts_meant
from hepledger.cli.output import note, progress, say, say_json_with
from hepledger.cli.session import Session, When, as_of_option, in_session, json_option
from hepledger.clinical.course import Course
from hepledger.clinical.criteria import criteria_from
from hepledger.errors import NotFound, WrongUsage
from hepledger.reporting import queries
from hepledger.reporting.compare import Pair, pair_of
from hepledger.reporting.compare_counts import Comparison, comparison, comparison_document
from hepledger.reporting.compare_patient_text import patient_text
from hepledger.reporting.compare_patients import Difference, difference_document, difference_of, differences
from hepledger.reporting.compare_rows import COLUMNS, difference_row
from hepledger.reporting.compare_text import counts_text
from hepledger.reporting.data_cut import DataCut
from hepledger.reporting.exports import Asked, derived_courses
from hepledger.reporting.status import events_waiting
from hepledger.reporting.subjects import Patient
from hepledger.reporting.writers import write_table, writer_for
from hepledger.state.catalogue import KnownCriteria


def add_to(group: click.Group) -> None:
    """Adds the commands of this module."""
    group.add_command(compare)


@click.command()
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@as_of_option
@click.option("--all", "everything", is_flag=True, help="List also who differs in anything but the state of some day.")
@click.option(
    "--to", "target", type=click.Path(path_type=Path), help="Write the patients to a .csv, .parquet or .ndjson file."
)
@json_option
@in_session
def compare(
    session: Session, old: str, new: str, as_of: When | None, everything: bool, target: Path | None, as_json: bool
) -> None:
    """Show what changes when criteria NEW are read in place of OLD: how many patients move, who, and why."""
    if target is not None:
        writer_for(target)
    with session.registry() as registry, pair_asked(registry, old, new, as_of) as pair:
        everyone = queries.patients(pair.old.snapshot, pair.old.extent)
        with progress("comparing", len(everyone)) as tell:
            found = comparison(pair, everyone, tell)
        if as_json:
            _say_as_json(pair, found, [] if target else _chosen(found, everything))
        else:
            say(counts_text(found, _source(pair)))
            say([] if target else _listed(pair, found, everything))
        if target is not None:
            _write(pair, target, _chosen(found, everything))


def _source(pair: Pair) -> str:
    """From which facts, where it is not from all."""
    cut, recorded_by = pair.old.cut, pair.old.extent.recorded_by
    if cut is not None:
        return f"the facts of data cut {cut.name}"
    return "" if recorded_by is None else f"what was recorded by {recorded_by.isoformat()}"


def _chosen(found: Comparison, everything: bool) -> list[Patient]:
    """Who is listed, in the plain order of their names."""
    chosen = [*found.moved, *found.apart, *(found.others if everything else ())]
    return sorted(chosen, key=lambda who: (who.centre, who.patient))


def _say_as_json(pair: Pair, found: Comparison, chosen: Sequence[Patient]) -> None:
    """The counts, and under ``listed`` the patients; the list is empty where a file takes them."""
    extent, cut = pair.old.extent, pair.old.cut
    head = {
        "recorded_by": extent.recorded_by,
        "cut": None if cut is None else cut.name,
        "offsets": {str(partition): offset for partition, offset in sorted(extent.below.items())},
        **comparison_document(found),
    }
    say_json_with(head, "listed", (difference_document(each) for each in _derived(pair, chosen)))


def _write(pair: Pair, target: Path, chosen: Sequence[Patient]) -> None:
    number = write_table(target, COLUMNS, (difference_row(each) for each in _derived(pair, chosen, to_file=True)))
    note(f"{target}: {number} patient{'' if number == 1 else 's'}")


@contextmanager
def pair_asked(registry: Registry, old: str, new: str, as_of: When | None) -> Iterator[Pair]:
    """The question under two sets on one snapshot, of the facts that both projections have taken in.

    Raises WrongUsage for one set twice, NotFound for a set that is not known, or was not replayed or projected yet.
    """
    facts = facts_meant(registry, as_of)
    with registry.reading() as snapshot:
        one, other = (registry.criteria_named(snapshot, name) for name in (old, new))
        if one.fingerprint == other.fingerprint:
            raise WrongUsage(f"{old} and {new} are one set, {one.name}: name two to compare")
        for each in (one, other):
            if not isinstance(facts, DataCut) and queries.projection_of(snapshot, each.fingerprint) is None:
                raise NotFound(f"nothing was projected under {each.name} yet: run `hepledger replay {each.name}`")
        asked = [asked_under(registry, snapshot, each, facts) for each in (one, other)]
        _say_who_is_ahead((one, other), asked)
        yield pair_of(*asked)


def beside(registry: Registry, asked: Asked, who: Patient, course: Course, other: str) -> Difference:
    """A patient's course and the one that the same facts make under another set, which need not be projected."""
    chosen = registry.criteria_named(asked.snapshot, other)
    mine = asked.criteria
    if (chosen.id, chosen.version) == (mine.id, mine.version):
        raise WrongUsage(f"the course is that under {chosen.name}: --compare names another set")
    twin = replace(asked, criteria=criteria_from(chosen.document))
    ((_, theirs),) = derived_courses(twin, [who])
    return difference_of(who, course, theirs)


def _say_who_is_ahead(sets: Sequence[KnownCriteria], asked: Sequence[Asked]) -> None:
    for ahead, behind, mine, theirs in zip(sets, reversed(sets), asked, reversed(asked), strict=True):
        further = events_waiting(mine.extent.below, theirs.extent.below)
        if further:
            note(
                f"note: {ahead.name} has taken in {further} events that {behind.name} has not (`hepledger project` does);"
                " both are compared without them"
            )


def _derived(pair: Pair, chosen: Sequence[Patient], *, to_file: bool = False) -> Iterator[Difference]:
    """The patients with their reasons; where they are printed on a terminal they are the progress themselves."""
    total = len(chosen) if to_file or not sys.stdout.isatty() else 0
    with progress("finding the reasons", total) as tell:
        yield from differences(pair, chosen, tell)


def _listed(pair: Pair, found: Comparison, everything: bool) -> Iterator[str]:
    """The patients who moved, who stood apart on some day, and where asked for who differs in anything else."""
    new = pair.names[1]
    lists = [
        (found.moved, f"Stand elsewhere now under {new}"),
        (found.apart, "Stood elsewhere on some day, and stand alike now"),
    ]
    if everything:
        lists.append((found.others, "Never stood elsewhere, and differ in something else"))
    for patients, title in lists:
        if patients:
            yield from ("", f"{title}: {len(patients)}")
        for each in _derived(pair, patients):
            yield ""
            yield from patient_text(each)
