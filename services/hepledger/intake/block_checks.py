"""What a block of a mapping cannot say, beside its shape: faults that would otherwise be met row by row."""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Mapping

from hepledger.intake.blocks import Block, columns_of
from hepledger.intake.cells import cell_parser
from hepledger.intake.dates import faults_of_format, parse_zone
from hepledger.intake.fields import FIELDS, Field, Kind
from hepledger.intake.records import Unreadable
from hepledger_events.faults import NOTHING, Fault, describe, one_of, stray_key

_CODED = (Kind.TEXT, Kind.WORDS)


def faults_of_block(block: Block, place: str) -> Iterator[Fault]:
    """Every fault of a block whose shape is right; ``place`` is where the block stands, ``file[0]``."""
    fields = FIELDS[block.type]
    yield from _unknown_fields(block, fields, place)
    yield from _missing_fields(block, fields, place)
    yield from _column_faults(block, place)
    yield from _fixed_faults(block, fields, place)
    yield from _code_faults(block, fields, place)
    yield from _writing_faults(block, place)


def _unknown_fields(block: Block, fields: Mapping[str, Field], place: str) -> Iterator[Fault]:
    for table in ("columns", "fixed", "codes", "ignore"):
        for name in getattr(block, table):
            if name not in fields:
                yield stray_key(f"{place}.{table}.{name}", name, fields)
            elif table in ("codes", "ignore") and name not in block.columns:
                yield Fault(
                    f"{place}.{table}.{name}",
                    "codes of a field without a column",
                    f"a column for it in {place}.columns",
                )


def _missing_fields(block: Block, fields: Mapping[str, Field], place: str) -> Iterator[Fault]:
    for name, field in fields.items():
        if name in block.columns and name in block.fixed:
            yield Fault(f"{place}.fixed.{name}", "a fixed value for a field that has a column", "one of the two")
        if field.required and name not in block.columns and name not in block.fixed:
            yield Fault(
                f"{place}.columns.{name}", NOTHING, f"a column or a fixed value: {block.type} cannot do without"
            )


def _column_faults(block: Block, place: str) -> Iterator[Fault]:
    for name, written in block.columns.items():
        try:
            named = columns_of(written)
        except ValueError as error:
            yield Fault(f"{place}.columns.{name}", describe(written), f"a column, or a template of columns ({error})")
            continue
        if not all(named):
            yield Fault(f"{place}.columns.{name}", describe(written), "the name of a column")


def _fixed_faults(block: Block, fields: Mapping[str, Field], place: str) -> Iterator[Fault]:
    for name, written in block.fixed.items():
        if name in fields:
            if foreign := list(_word_faults(fields[name], written, f"{place}.fixed.{name}")):
                yield from foreign
                continue
            try:
                cell_parser(fields[name], Block(type=block.type))(written)
            except Unreadable as error:
                yield Fault(f"{place}.fixed.{name}", describe(written), error.expected)


def _code_faults(block: Block, fields: Mapping[str, Field], place: str) -> Iterator[Fault]:
    for name, codes in block.codes.items():
        field = fields.get(name)
        if field is None:
            continue
        if field.kind not in _CODED:
            yield Fault(f"{place}.codes.{name}", "codes", "no codes here: this field is a number or a date")
        for code, ours in codes.items():
            yield from _word_faults(field, ours, f"{place}.codes.{name}.{code}")
        for code in set(codes) & set(block.ignore.get(name, ())):
            yield Fault(f"{place}.ignore.{name}", describe(code), "a code that is not translated as well")


def _word_faults(field: Field, ours: str, place: str) -> Iterator[Fault]:
    if field.words is not None and ours not in field.words:
        yield Fault(place, describe(ours), one_of(sorted(field.words)))


def _writing_faults(block: Block, place: str) -> Iterator[Fault]:
    if block.encoding is not None and not _is_text_encoding(block.encoding):
        yield Fault(f"{place}.encoding", describe(block.encoding), "the name of an encoding, such as utf-8 or cp1252")
    if block.delimiter is not None and (len(block.delimiter) != 1 or block.delimiter in '"\r\n\0'):
        yield Fault(f"{place}.delimiter", describe(block.delimiter), "one character, such as ';'")
    if len(block.thousands) > 1 or block.thousands == block.decimal or block.thousands.isalnum():
        yield Fault(f"{place}.thousands", describe(block.thousands), "one mark other than the decimal mark, or nothing")
    if not block.list_separator:
        yield Fault(f"{place}.list_separator", "an empty text", "what stands between the words of a list")
    for number, pattern in enumerate(block.dates):
        for reason in faults_of_format(pattern):
            yield Fault(f"{place}.dates[{number}]", describe(pattern), reason)
    if block.timezone is not None:
        try:
            parse_zone(block.timezone)
        except Unreadable as error:
            yield Fault(f"{place}.timezone", describe(block.timezone), error.expected)


def _is_text_encoding(name: str) -> bool:
    try:
        return codecs.lookup(name).encode("\n")[0] is not None and isinstance(b"\n".decode(name), str)
    except (LookupError, UnicodeError, TypeError):
        return False
