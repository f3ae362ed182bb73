"""Which files an ingest means: those named, and all of the folders named, in an order that does not depend on the disk."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from hepledger.errors import NotFound


class PathsNotFound(NotFound):
    """There is no file or folder of that name."""

    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))


@dataclass(frozen=True, slots=True)
class Found:
    """A file to look at, and the folder that was named to mean it; None where the file was named itself."""

    path: Path
    size: int
    folder: Path | None


def name_of(path: Path) -> str:
    """A path as it can be told and stored: whatever in it is not text, or would move a terminal, is escaped."""
    text = os.fsencode(path).decode(errors="backslashreplace")
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)


def find_files(paths: Sequence[Path]) -> tuple[Found, ...]:
    """The files that the paths mean; hidden ones only if named. Raises PathsNotFound, telling every path that is missing."""
    faults = [f"{name_of(path)}: {reason}" for path in paths if (reason := _missing(path)) is not None]
    if faults:
        raise PathsNotFound(faults)
    return tuple(found for path in paths for found in _files_of(path))


def _missing(path: Path) -> str | None:
    try:
        if path.is_file() or path.is_dir():
            return None
        return "not a file or folder that could be read" if path.exists() else "there is no such file or folder"
    except OSError as error:
        return error.strerror or str(error)


def _unreadable(error: OSError) -> None:
    raise PathsNotFound([f"{error.filename}: {error.strerror}"])


def _files_of(path: Path) -> Iterator[Found]:
    if path.is_file():
        yield Found(path, path.stat().st_size, None)
        return
    for folder, folders, files in os.walk(path, onerror=_unreadable):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            file = Path(folder, name)
            if not name.startswith(".") and file.is_file():
                yield Found(file, file.stat().st_size, path)
