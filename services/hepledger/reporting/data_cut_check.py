"""Whether a data cut still answers what it answered when it was made; and if it does not, where the two differ."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from hepledger.errors import CheckFailed, NotFound
from hepledger.reporting.columns import Row, What
from hepledger.reporting.data_cut import DataCut, Part, SealedTable
from hepledger.reporting.data_cut_seal import Seal

NAMED = 5


@dataclass(frozen=True, slots=True)
class CutDifference:
    """Lines of a table that are not as they were; ``centre`` is None where it is the file as a whole."""

    what: What
    centre: str | None
    then: Part | None
    now: Part | None

    def __str__(self) -> str:
        then, now = (part.rows if part else 0 for part in (self.then, self.now))
        place = f"{self.what}" if self.centre is None else f"{self.what} of centre {self.centre}"
        if self.centre is None:
            return f"{place}: the columns, or the order of the centres"
        return f"{place}: {then} rows then, {now} now" if then != now else f"{place}: {then} rows, with other content"


class CutDiffers(CheckFailed):
    """A data cut does not answer any more what it answered."""

    def __init__(self, cut: DataCut, differences: Sequence[CutDifference], code_version: str) -> None:
        self.cut, self.differences, self.code_version = cut, tuple(differences), code_version
        told = "; ".join(str(each) for each in differences[:NAMED])
        more = f"; and {len(differences) - NAMED} more (`hepledger cut show`)" if len(differences) > NAMED else ""
        super().__init__(
            f"data cut {cut.name} does not give the bytes it gave on {cut.created_at:%Y-%m-%d}: {told}{more}. "
            + advice(cut, code_version)
        )


class CutNotReached(NotFound):
    """The facts of a data cut were not all taken in."""

    def __init__(self, name: str, partition: int, reached: int, wanted: int) -> None:
        self.name, self.partition = name, partition
        super().__init__(
            f"data cut {name} reaches to offset {wanted} of partition {partition}, and only what is below {reached} was"
            " taken in here: run `hepledger project` first"
        )


def advice(cut: DataCut, code_version: str) -> str:
    """What to do about a cut that differs."""
    checked = "`hepledger verify` says whether the log and what is stored are as they were"
    if cut.code_version == code_version:
        return (
            f"hepledger {code_version} made it and reads it. {checked}; where the log is, `hepledger rebuild` makes the"
            " rest anew from it"
        )
    return (
        f"hepledger {cut.code_version} made it, hepledger {code_version} reads it. {checked}; where they are, the"
        f" difference is the program's: hepledger {cut.code_version} opens the cut as it was"
    )


def check_reached(cut: DataCut, reached: Mapping[int, int]) -> None:
    """Raises CutNotReached if not all facts of a cut were taken in; ``reached`` is partition → next offset."""
    for partition, wanted in cut.offsets.items():
        if reached.get(partition, 0) < wanted:
            raise CutNotReached(cut.name, partition, reached.get(partition, 0), wanted)


def table_differences(what: What, then: SealedTable, now: SealedTable) -> Iterator[CutDifference]:
    """Where a table differs, by centre in plain order."""
    found = False
    for centre in sorted({*then.centres, *now.centres}):
        one, other = then.centres.get(centre), now.centres.get(centre)
        if one != other:
            found = True
            yield CutDifference(what, centre, one, other)
    if not found and then.whole != now.whole:
        yield CutDifference(what, None, then.whole, now.whole)


def differences(cut: DataCut, now: Mapping[What, SealedTable]) -> list[CutDifference]:
    """Where the tables of today differ from those of the cut."""
    return [each for what in now for each in table_differences(what, cut.tables[what], now[what])]


def checked(cut: DataCut, what: What, rows: Iterable[Row], code_version: str) -> Iterator[Row]:
    """The rows of a table as they come. Raises CutDiffers after the last, unless all together are those of the cut."""
    seal = Seal(what)
    for row in rows:
        seal.add(row)
        yield row
    found = differences(cut, {what: seal.table()})
    if found:
        raise CutDiffers(cut, found, code_version)
