"""What is known of a patient up to a clinical day: a data cut may have a last one, and later results must not reach into it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from hepledger.clinical.facts import Prescription, Version, standing
from hepledger.clinical.history import by_fact

_MONTH, _YEAR = len("2024-03"), len("2024")


def known_until(versions: Sequence[Version], last_day: int) -> list[Version]:
    """The versions of the facts that are not dated after ``last_day`` (ordinal), in their order.

    A fact stays or goes whole. Without the version in force that moved a result to a later day, the one before it would
    come into force again, and without its retraction a result that was taken back.
    """
    later = {key for key, said in by_fact(versions).items() if _begins_after(said, last_day)}
    return [version for version in versions if version.key not in later]


def _begins_after(said: Sequence[Version], last_day: int) -> bool:
    """By the version in force, or where that has no date (a retraction) the newest that has one; a fact without any stays."""
    days = (_first_day(version) for version in _newest_first(said))
    return next((day for day in days if day is not None), last_day) > last_day


def _newest_first(said: Sequence[Version]) -> Iterator[Version]:
    in_force = standing(said).version
    if in_force is not None:
        yield in_force
    yield from sorted(said, key=lambda version: (version.time, version.rank, -version.offset), reverse=True)


def _first_day(version: Version) -> int | None:
    """The first day (ordinal) that the date of a version can mean; None without a date."""
    content = version.content
    text = str(content.data["started_on"]) if isinstance(content, Prescription) else version.occurred_at
    if text is None:
        return None
    whole = {_YEAR: f"{text}-01-01", _MONTH: f"{text}-01"}.get(len(text), text[:10])
    return date.fromisoformat(whole).toordinal()
