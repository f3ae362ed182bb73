"""The mapping file of a centre. It is checked whole before the first row is read: every fault at once, each with its place."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any, Final

from pydantic import StrictStr, ValidationError

from hepledger.errors import InputRefused, NotFound
from hepledger.intake.block_checks import faults_of_block
from hepledger.intake.blocks import Block, Texts, matches_any
from hepledger_events.faults import NOTHING, Fault, describe, faults_of
from hepledger_events.strict import Strict

_A_BLOCK: Final = "a [[file]] block that says which files it matches and what their columns are"


class InvalidMapping(InputRefused):
    """A mapping file cannot be used."""

    def __init__(self, name: str, faults: Sequence[Fault]) -> None:
        self.name, self.faults = name, tuple(faults)
        super().__init__("\n".join([f"{name} cannot be used as a mapping:", *(f"  {fault}" for fault in self.faults)]))


class MappingNotFound(NotFound):
    """There is no mapping file of that name."""

    def __init__(self, name: str, reason: str) -> None:
        self.name = name
        super().__init__(f"The mapping file {name} cannot be read: {reason}")


class CentreMapping(Strict):
    """A whole mapping file."""

    title: StrictStr = ""
    ignore_files: Texts = ()
    file: tuple[Block, ...] = ()

    def blocks_for(self, file_name: str) -> tuple[Block, ...]:
        """The blocks that read a file of that name, in their order."""
        return tuple(block for block in self.file if block.matches(file_name))

    def leaves_out(self, file_name: str) -> bool:
        """Whether files of that name are left out on purpose."""
        return matches_any(file_name, self.ignore_files)


def load_mapping(path: Path) -> CentreMapping:
    """The mapping in a TOML file. Raises InvalidMapping with every fault, MappingNotFound if the file cannot be read."""
    try:
        document = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise MappingNotFound(str(path), error.strerror or str(error)) from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        fault = Fault(f"line {line}", f"byte 0x{error.object[error.start]:02x}, which is not UTF-8", "TOML in UTF-8")
        raise InvalidMapping(str(path), [fault]) from None
    except tomllib.TOMLDecodeError as error:
        raise InvalidMapping(str(path), [Fault("file", f"text that is not TOML ({error})", "TOML")]) from None
    return parse_mapping(document, str(path))


def parse_mapping(document: Mapping[str, Any], name: str = "mapping") -> CentreMapping:
    """The mapping that a document states; blocks without a name get one. Raises InvalidMapping with every fault."""
    written = document.get("file")
    blocks = written if isinstance(written, list) else []
    faults = [
        *_faults_of_frame(document),
        *(fault for number, block in enumerate(blocks) for fault in _faults_of_one(block, f"file[{number}]")),
    ]
    if not blocks:
        faults.append(Fault("file", NOTHING if written is None else describe(written), _A_BLOCK))
    if faults:
        raise InvalidMapping(name, faults)
    mapping = CentreMapping.model_validate(document)
    named = tuple(_named(mapping.file))
    if repeated := [block.name for number, block in enumerate(named) if block.name in {b.name for b in named[:number]}]:
        raise InvalidMapping(
            name, [Fault("file", f"two blocks named {again!r}", "a name of its own") for again in repeated]
        )
    return mapping.model_copy(update={"file": named})


def _faults_of_frame(document: Mapping[str, Any]) -> tuple[Fault, ...]:
    try:
        CentreMapping.model_validate({**document, "file": ()})
    except ValidationError as error:
        return faults_of(error, CentreMapping, {})
    return ()


def _faults_of_one(written: object, place: str) -> Iterator[Fault]:
    """The faults of a block's shape, and those of what it says as far as its shape allows to ask."""
    if not isinstance(written, dict):
        yield Fault(place, describe(written), _A_BLOCK)
        return
    sound: dict[str, Any] = {key: dict(value) if isinstance(value, dict) else value for key, value in written.items()}
    told: set[str] = set()
    try:
        Block.model_validate(written)
    except ValidationError as error:
        for fault in faults_of(error, Block, {}):
            yield Fault(f"{place}.{fault.place}", fault.found, fault.expected)
        told = {_taken_out(sound, details["loc"]) for details in error.errors()}
    if told & {"type", "columns", "fixed"}:  # nothing else can be asked of it
        return
    for fault in faults_of_block(Block.model_validate(sound), place):
        if fault.place.rpartition(".")[2] not in told:
            yield fault


def _taken_out(sound: dict[str, Any], loc: tuple[int | str, ...]) -> str:
    """Take what stands at a place out of a block, as near to it as a table's key; the key is told."""
    key, *rest = loc
    table = sound.get(str(key))
    if rest and isinstance(table, dict):
        table.pop(rest[0], None)
        return str(rest[0])
    sound.pop(str(key), None)
    return str(key)


def _named(blocks: Sequence[Block]) -> Iterator[Block]:
    taken = {block.name for block in blocks}
    for block in blocks:
        if block.name:
            yield block
            continue
        analyte = block.fixed.get("analyte")
        plain = f"{block.type}/{analyte}" if analyte else block.type
        name = next(name for name in _numbered(plain) if name not in taken)
        taken.add(name)
        yield block.model_copy(update={"name": name})


def _numbered(plain: str) -> Iterator[str]:
    yield plain
    yield from (f"{plain} {number}" for number in count(2))
