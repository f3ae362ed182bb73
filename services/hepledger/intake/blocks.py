"""What one ``[[file]]`` block of a mapping may say: which column is what, and how codes, numbers, dates and bytes are written."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from fnmatch import fnmatchcase
from string import Formatter
from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, StrictStr

from hepledger.intake.decimals import Decimal
from hepledger_events.strict import Strict

SubmissionType = Literal[
    "patient_enrolled",
    "lab_result_recorded",
    "lab_result_corrected",
    "lab_result_retracted",
    "lab_result_finalised",
    "prescription_recorded",
    "prescription_corrected",
    "prescription_retracted",
    "adverse_event_recorded",
    "adverse_event_retracted",
    "biopsy_recorded",
    "biopsy_retracted",
    "transplant_recorded",
    "death_recorded",
]


def _as_text(written: object) -> object:
    """A whole number or date of TOML as the text it stands for. A float stays one and is refused: it has lost its digits."""
    if isinstance(written, date):
        return written.isoformat()
    if isinstance(written, int) and not isinstance(written, bool):
        return str(written)
    return written


def _as_list(written: object) -> object:
    return [written] if isinstance(written, str) else written


Texts = Annotated[tuple[StrictStr, ...], BeforeValidator(_as_list)]
FixedText = Annotated[StrictStr, BeforeValidator(_as_text)]
_EMPTY: Final[Mapping[str, Mapping[str, str]]] = {}


class Block(Strict):
    """How the rows of matching files become submissions of one type. Several blocks may read the same file."""

    type: SubmissionType
    name: StrictStr = ""
    match: Texts = ("*",)
    encoding: StrictStr | None = None
    delimiter: StrictStr | None = None
    decimal: Decimal = "."
    thousands: StrictStr = ""
    dates: Texts = ()
    timezone: StrictStr | None = None
    list_separator: StrictStr = ";"
    skip_when_empty: Texts = ()
    columns: Mapping[str, StrictStr] = {}
    fixed: Mapping[str, FixedText] = {}
    codes: Mapping[str, Mapping[str, StrictStr]] = _EMPTY
    ignore: Mapping[str, Texts] = {}

    def matches(self, file_name: str) -> bool:
        """Whether the block reads files of that name (its folders aside; upper and lower case count as the same)."""
        return matches_any(file_name, self.match)

    def needed_columns(self) -> tuple[str, ...]:
        """Every column of the table that the block looks into, each once."""
        named = [column for written in self.columns.values() for column in columns_of(written)]
        return tuple(dict.fromkeys([*named, *self.skip_when_empty]))


def matches_any(file_name: str, patterns: tuple[str, ...]) -> bool:
    """Whether a file's name fits one of the patterns (``labs*.csv``)."""
    return any(fnmatchcase(file_name.lower(), pattern.lower()) for pattern in patterns)


def is_template(written: str) -> bool:
    """Whether a column is put together from several: ``{USUBJID}/{LBSEQ}``."""
    return "{" in written


def columns_of(written: str) -> list[str]:
    """The columns that a column or a template names. Raises ValueError for a template that is not closed."""
    if not is_template(written):
        return [written]
    return [name for _, name in template_parts(written) if name is not None]


def template_parts(written: str) -> list[tuple[str, str | None]]:
    """A template as texts, each with the column that follows it. Raises ValueError for one that is not closed."""
    return [(text, name) for text, name, _, _ in Formatter().parse(written)]
