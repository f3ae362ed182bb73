"""The documents say what is so: their tables are held against the code, their links lead somewhere."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import takewhile
from pathlib import Path

import click
import pytest

from hepledger.cli.entry import cli
from hepledger.clinical.difference import Aspect
from hepledger.clinical.difference_reasons import Cause
from hepledger.config import KNOWN_SETTINGS
from hepledger.errors import EXIT_CODES
from hepledger.reporting import compare_rows
from hepledger.reporting.columns import COLUMNS
from hepledger_events.conditions import CONDITIONS
from hepledger_events.derived import DERIVATIONS
from hepledger_events.reported import REPORTS
from hepledger_events.vocabulary import UNITS, Analyte, Drug, DrugClass
from tests.support.judges import SETS
from tests.support.words import ROOT

DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("*/README.md")])
LINK = re.compile(r"\]\(([^)#\s]*)(#[^)\s]*)?\)")
PLACE = re.compile(r"`((?:docs|deploy|events|migrations|services|tests)/[\w./*-]*[\w*])`")
FENCE = re.compile(r"```.*?```", re.DOTALL)


def text_of(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def first_cells(name: str, heading: str) -> list[str]:
    """The first cells of the first table below a heading, without their back quotes."""
    below = text_of(name).partition(heading)[2]
    lines = below[below.index("\n|") :].lstrip().splitlines()
    rows = list(takewhile(lambda line: line.startswith("|"), lines))[2:]
    return [row.split("|")[1].strip().strip("`") for row in rows]


def anchors_of(text: str) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def dead_links(document: Path, text: str) -> Iterator[str]:
    for target, anchor in LINK.findall(FENCE.sub("", text)):
        if "://" in target:
            continue
        path = (document.parent / target) if target else document
        if not path.exists() or (anchor and anchor[1:] not in anchors_of(path.read_text("utf-8"))):
            yield f"{document.name}: {target}{anchor}"


def dead_places(document: Path, text: str) -> Iterator[str]:
    for place in PLACE.findall(text):
        if not any(ROOT.glob(place)):
            yield f"{document.name}: {place}"


def commands_below(group: click.Group) -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None, name
        yield name, command


def commands_of(group: click.Group, prefix: str = "") -> Iterator[str]:
    for name, command in commands_below(group):
        if isinstance(command, click.Group):
            yield from commands_of(command, f"{prefix}{name} ")
        else:
            yield prefix + name


def commands_in(cells: Iterable[str]) -> Iterator[str]:
    """``criteria show ID`` → ``criteria show``; ``parked list · show`` → both; what is no word of a command goes."""
    for cell in cells:
        first, *others = (part.strip() for part in cell.split("·"))
        words = [word for word in first.split() if word.isalpha() and word.islower()]
        yield " ".join(words)
        yield from (" ".join([*words[:-1], other]) for other in others)


def untold_options(group: click.Group, section: str) -> Iterator[str]:
    """Options (but `--json`, which is told once for all) that are not in the rows of their command."""
    for name, command in commands_below(group):
        rows = " ".join(line for line in section.splitlines() if line.startswith(f"| `{name}"))
        commands = command.commands.values() if isinstance(command, click.Group) else [command]
        for option in (each for one in commands for each in one.params if isinstance(each, click.Option)):
            yield from (f"{name} {word}" for word in option.opts if word not in rows and word != "--json")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_and_every_place_named_is_there(document: Path) -> None:
    text = document.read_text("utf-8")

    assert list(dead_links(document, text)) + list(dead_places(document, text)) == []


def test_a_dead_link_a_dead_anchor_and_a_dead_place_are_noticed() -> None:
    document = ROOT / "README.md"
    text = "[a](docs/nowhere.md) [b](docs/glossary.md#nowhere) [c](docs/glossary.md#medicine) `docs/nowhere.py`"

    assert [*dead_links(document, text), *dead_places(document, text)] == [
        "README.md: docs/nowhere.md",
        "README.md: docs/glossary.md#nowhere",
        "README.md: docs/nowhere.py",
    ]


def test_the_readme_is_short() -> None:
    assert len(text_of("README.md").splitlines()) <= 120


@pytest.mark.parametrize("table", COLUMNS)
def test_the_columns_of_the_exports_stand_in_the_document(table: str) -> None:
    header = ",".join(column.name for column in COLUMNS[table])  # type: ignore[index]

    assert f"\n{header}\n" in text_of("docs/interfaces.md").partition(f"**{table}**")[2]


def test_the_columns_of_a_comparison_and_the_words_in_them_stand_in_the_document() -> None:
    told = text_of("docs/interfaces.md").partition("**`compare --to`**")[2].partition("NDJSON and Parquet")[0]

    assert f"\n{','.join(column.name for column in compare_rows.COLUMNS)}\n" in told
    assert set(re.findall(r"`([^`]+)`", told.partition("```\n\n")[2])) == {"differs", "cause", "|", *Aspect, *Cause}


def test_the_commands_of_the_document_are_those_of_the_program() -> None:
    listed = set(commands_in(first_cells("docs/interfaces.md", "## The command line")))

    assert listed == set(commands_of(cli))


def test_every_option_of_a_command_stands_in_its_row() -> None:
    section = text_of("docs/interfaces.md").partition("## The command line")[2].partition("### Settings")[0]

    assert list(untold_options(cli, section)) == []
    assert list(untold_options(cli, section.replace("`--dry-run`", ""))) == ["ingest --dry-run", "quarantine --dry-run"]


def test_the_exit_codes_of_the_document_are_those_of_the_program() -> None:
    codes = [
        row.split("|")[1].strip() for row in text_of("docs/interfaces.md").splitlines() if re.match(r"\| \d \|", row)
    ]

    assert codes == [str(code) for code in sorted({0, *EXIT_CODES.values()})]


def test_the_settings_of_the_document_are_those_of_the_program() -> None:
    assert set(re.findall(r"`(HEPLEDGER_[A-Z_]+)`", text_of("docs/interfaces.md"))) == KNOWN_SETTINGS


def test_every_type_of_event_stands_in_the_document() -> None:
    assert set(REPORTS) <= set(re.findall(r"^\| `(\w+)` \|", text_of("docs/interfaces.md"), re.MULTILINE))
    assert set(DERIVATIONS) == set(re.findall(r"`org\.hepledger\.([\w.]+)\.v1`", text_of("docs/interfaces.md")))


def test_the_keys_of_each_type_stand_in_the_document_bold_where_they_must_be_there() -> None:
    for kind, model in REPORTS.items():
        (row,) = re.findall(rf"^\| `{kind}` \| (.*) \|$", text_of("docs/interfaces.md"), re.MULTILINE)
        if row.startswith("the same"):
            continue
        outer = re.sub(r"\{[^}]*\}|\([^)]*\)", "", row)
        required = {name for name, field in model.model_fields.items() if field.is_required()}

        told, known = set(re.findall(r"`(\w+)`", outer)), set(model.model_fields)
        assert told <= known if "may be repeated" in row else told | {"reported_at"} == known, kind
        assert set(re.findall(r"\*\*`(\w+)`\*\*", outer)) == required, kind


def test_every_word_of_a_criteria_document_stands_in_its_description() -> None:
    text = text_of("docs/criteria-format.md")
    words = [*Analyte, *Drug, *DrugClass]

    assert [word for word in words if f"`{word}`" not in text] == []
    assert [shape for shape in CONDITIONS if not re.search(rf"^\| `{{[^|]*\b{shape} =", text, re.MULTILINE)] == []


def test_every_unit_stands_in_the_clinical_rules() -> None:
    rows = text_of("docs/clinical-rules.md")

    assert sorted({unit for units in UNITS.values() for unit in units if unit not in rows}) == []


def test_the_sets_that_ship_are_those_in_the_document() -> None:
    assert set(first_cells("docs/criteria-format.md", "## Sets that ship")) == {
        path.stem for path in SETS.glob("*.toml")
    }


def test_every_decision_says_its_context_price_and_check() -> None:
    decisions = re.split(r"^### ", text_of("docs/decisions.md"), flags=re.MULTILINE)[1:]
    words = ("*Context.*", "*Decision.*", "*Price.*", "*Check.*")

    assert [decision.splitlines()[0] for decision in decisions if not all(word in decision for word in words)] == []
    assert [int(decision.partition(".")[0]) for decision in decisions] == list(range(1, len(decisions) + 1))
