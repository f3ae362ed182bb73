"""Laboratory results as our own doors write them, read the short way: nine events of ten are nothing else.

Whatever is not exactly that is None here, for the codec to read, or to say what is wrong with it. So nothing is refused here,
and nothing is taken for more than it is: an event that is read here is read by the codec to the same.
"""

from __future__ import annotations

from typing import Final

from msgspec import MsgspecError, Struct
from msgspec.json import Decoder

from hepledger_events.catalogue import CURRENT, TYPE_PREFIX
from hepledger_events.codec import SPEC_VERSION

TYPES: Final = {
    f"{TYPE_PREFIX}{name}.v{CURRENT[name]}": name for name in ("lab_result_recorded", "lab_result_corrected")
}
"""The type on the wire → its short name. One that is not current has to be upcast."""


class _Exact(Struct, gc=False, forbid_unknown_fields=True):
    """An object of these members and no others: what is skipped is not looked at, and might not even be text."""


class Limit(_Exact):
    """The upper reference limit as printed."""

    value: str
    comparator: str


class Result(_Exact):
    """What a laboratory said."""

    result_id: str
    analyte: str
    value: str
    comparator: str
    unit: str
    status: str
    flags: list[str]
    reference_high: Limit | None = None
    reported_at: str | None = None


class Told(_Exact):
    """The event that says so."""

    specversion: str
    id: str
    source: str
    type: str
    partitionkey: str
    recordedat: str
    data: Result
    centre: str = ""
    patient: str = ""
    occurredat: str | None = None
    sourceid: str | None = None
    causationid: str | None = None
    correlationid: str | None = None
    datacontenttype: str | None = None


_decode: Final = Decoder(Told).decode


def read_result(raw: bytes) -> Told | None:
    """The result that an event says, if it says one."""
    try:
        told = _decode(raw)
    except MsgspecError:
        return None
    return told if told.type in TYPES and told.specversion == SPEC_VERSION else None
