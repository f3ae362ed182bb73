"""Which door a file goes through. What is not yet supported is said, not half-read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import BinaryIO, assert_never

from hepledger.errors import WrongUsage
from hepledger.intake.csv import open_table
from hepledger.intake.mapping import CentreMapping
from hepledger.intake.ndjson import read_ndjson
from hepledger.intake.normalise import is_centre
from hepledger.intake.recognise import SAMPLE, Format, readable, recognise
from hepledger.intake.records import FileRefused, Reading, RowFault

_SUPPORTED = "NDJSON or CSV"


class CentreInvalid(WrongUsage):
    """The code of the centre is none."""

    def __init__(self, centre: str) -> None:
        self.centre = centre
        super().__init__(f"{centre!r} is no code of a centre: up to 32 letters, digits, '.', '_' or '-'")


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestRequest:
    """What is wanted beside the files: the centre of records that name none, the mapping of tables, the format where it is
    not to be recognised, and whether nothing is to be written."""

    centre: str | None = None
    mapping: CentreMapping | None = None
    format: Format | None = None
    dry_run: bool = False

    def __post_init__(self) -> None:
        if self.centre is not None and not is_centre(self.centre):
            raise CentreInvalid(self.centre)


def open_door(stream: BinaryIO, file: str, request: IngestRequest) -> tuple[Format, Iterator[Reading]]:
    """The format of a file, and what its records say; each is read when it is asked for.

    Raises NotOurs and FileRefused, the latter also while reading.
    """
    sample = stream.read(SAMPLE)
    encoding = _encoding_of(file, request.mapping)
    if request.format is None:
        format_ = recognise(file, sample, encoding)
    else:
        readable(file, sample, encoding)
        format_ = request.format
    return format_, _readings(stream, file, sample, format_, request)


def _readings(stream: BinaryIO, file: str, sample: bytes, format_: Format, request: IngestRequest) -> Iterator[Reading]:
    match format_:
        case Format.NDJSON:
            return read_ndjson(stream, file, sample)
        case Format.CSV:
            return open_table(stream, file, sample, _mapping_for(file, request)).read()
        case Format.FHIR:
            raise FileRefused(RowFault(file, None, None, "FHIR resources, which are not yet supported", _SUPPORTED))
        case Format.HL7:
            raise FileRefused(RowFault(file, None, None, "HL7 messages, which are not yet supported", _SUPPORTED))
        case unexpected:
            assert_never(unexpected)


def _mapping_for(file: str, request: IngestRequest) -> CentreMapping:
    if request.mapping is None:
        expected = "a mapping file that says which column is what (--mapping FILE)"
        raise FileRefused(RowFault(file, None, None, "a table, and no mapping for it", expected))
    blocks = request.mapping.blocks_for(PurePath(file).name)
    if request.centre is None and any("centre" not in {*block.columns, *block.fixed} for block in blocks):
        expected = "a centre for its records: --centre CODE, or `centre` in the mapping"
        raise FileRefused(RowFault(file, None, None, "a table that does not say whose it is", expected))
    return request.mapping


def _encoding_of(file: str, mapping: CentreMapping | None) -> str | None:
    blocks = mapping.blocks_for(PurePath(file).name) if mapping else ()
    return next((block.encoding for block in blocks if block.encoding is not None), None)
