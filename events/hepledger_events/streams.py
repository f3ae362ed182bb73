"""The streams, what they hold and for how long, and where on a stream a key lives."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

REPORTED: Final = "hepledger.reported"
DERIVED: Final = "hepledger.derived"
PARKED: Final = "hepledger.parked"
REGISTRY: Final = "hepledger.registry"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """What a stream promises. ``partitions`` is None where the operator chooses it, once, at creation."""

    name: str
    title: str
    meaning: str
    key: str
    retention: str
    partitions: int | None = None


STREAMS: Final[tuple[Stream, ...]] = (
    Stream(
        name=REPORTED,
        title="Reported",
        meaning="What the centres reported, in the order it was recorded.",
        key="patient (centre/patient)",
        retention="forever",
    ),
    Stream(
        name=DERIVED,
        title="Derived",
        meaning="What the registry derived from it: at least once, in order per patient, with stable ids.",
        key="patient (centre/patient)",
        retention="chosen by the operator; it can be derived again",
    ),
    Stream(
        name=PARKED,
        title="Parked",
        meaning="Reported events of patients whose projection stopped, as they were, until they are retried.",
        key="patient (centre/patient)",
        retention="until retried",
    ),
    Stream(
        name=REGISTRY,
        title="Registry",
        meaning="What was decided about the registry itself: published criteria, data cuts.",
        key="criteria id, or the name of a data cut",
        retention="forever",
        partitions=1,
    ),
)

_MASK: Final = 0xFFFFFFFF
_MULTIPLIER: Final = 0x5BD1E995
_SEED: Final = 0x9747B28C


def partition_of(key: str, partitions: int) -> int:
    """The partition of a key among ``partitions``: murmur2 of its UTF-8, as Kafka's own clients have it."""
    return (_key_hash(key) & 0x7FFFFFFF) % partitions


@lru_cache(maxsize=65_536)
def _key_hash(key: str) -> int:
    return murmur2(key.encode())


def murmur2(data: bytes) -> int:
    """Kafka's 32-bit murmur2 of ``data``, unsigned (org.apache.kafka.common.utils.Utils.murmur2)."""
    length = len(data)
    mixed = _SEED ^ length
    whole = length & ~3
    for start in range(0, whole, 4):
        word = int.from_bytes(data[start : start + 4], "little") * _MULTIPLIER & _MASK
        word = (word ^ word >> 24) * _MULTIPLIER & _MASK
        mixed = mixed * _MULTIPLIER & _MASK ^ word
    if length > whole:
        mixed = (mixed ^ int.from_bytes(data[whole:], "little")) * _MULTIPLIER & _MASK
    mixed = (mixed ^ mixed >> 13) * _MULTIPLIER & _MASK
    return mixed ^ mixed >> 15
