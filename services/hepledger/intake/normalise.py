"""From what a door took apart to a submission of the published language, or a rejection with all the reasons. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from hepledger.intake.fields import field_of
from hepledger.intake.records import Candidate, Ignored, RawRecord, Reading, Rejection, RowFault
from hepledger_events.reported import InvalidSubmission, Submission, parse_submission
from hepledger_events.texts import CENTRE_PATTERN

_CENTRE: Final = re.compile(CENTRE_PATTERN)


@dataclass(frozen=True, slots=True)
class Accepted:
    """A record that says something valid."""

    record: RawRecord
    submission: Submission


Normal = Accepted | Rejection | Ignored
"""What becomes of a record."""


def normalise(reading: Reading, centre: str | None) -> Normal:
    """What becomes of a record. ``centre`` is filled in where the record names none."""
    if isinstance(reading, Rejection):
        return replace(reading, centre=reading.centre or centre or "")
    if isinstance(reading, Ignored):
        return reading
    said = reading.submission
    if centre is not None and "centre" not in said and "centre" not in reading.faults:
        said = {**said, "centre": centre}
    try:
        submission = parse_submission(said)
    except InvalidSubmission as error:
        faults = (*reading.faults.values(), *_further_faults(reading, error))
        return Rejection(reading.record, faults, _centre_of(said))
    if reading.faults:
        return Rejection(reading.record, tuple(reading.faults.values()), submission.centre)
    return Accepted(reading.record, submission)


def _centre_of(said: Mapping[str, Any]) -> str:
    """Whose a refused record is: its centre if that is one, so that the quarantine can be listed by centre."""
    centre = said.get("centre")
    return centre if isinstance(centre, str) and is_centre(centre) else ""


def is_centre(text: str) -> bool:
    """Whether a text can be the code of a centre."""
    return _CENTRE.fullmatch(text) is not None


def _further_faults(reading: Candidate, error: InvalidSubmission) -> Iterator[RowFault]:
    """The faults the contract finds, by column; a field that could not be read is not also told to be missing."""
    for fault in error.faults:
        field = field_of(fault.place)
        if field not in reading.faults:
            expected = fault.expected
            if fault.place == "centre" and "centre" not in reading.submission:
                expected = f"{expected} (--centre gives one to all records)"
            yield reading.record.fault(reading.columns.get(field, fault.place), fault.found, expected)
