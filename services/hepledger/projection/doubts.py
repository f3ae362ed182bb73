"""What a centre should look at: which versions of a fact are in doubt, before and after an event. No criteria are involved."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from hepledger.clinical.facts import LabResult, Version, standing
from hepledger.clinical.history import Versions
from hepledger.projection.sorting import Taken, Touched
from hepledger.state.data_queries import Doubt
from hepledger.state.facts import uuid_bytes

Problems = frozenset[tuple[str, str]]
"""The ids of versions that are in doubt, each with what is the matter."""


@dataclass(frozen=True, slots=True)
class Doubts:
    """Queries that the events of a batch opened and closed, each with the offset of the event."""

    opened: list[tuple[Doubt, int]] = field(default_factory=list)
    closed: list[tuple[Doubt, int]] = field(default_factory=list)

    def raise_on(self, patient: Touched, said: Versions) -> None:
        """Take in the new facts of a patient. ``said`` may hold them already; a fact never heard of need not be there."""
        if _are_plain(patient.events):
            return
        facts = dict(said)
        for event in patient.events:
            version = event.version
            before = [earlier for earlier in facts.get(version.key, ()) if earlier.offset < version.offset]
            after = facts[version.key] = [*before, version]
            if event.new and not _are_plain((event,)):
                self._compare(patient.patient_id, version, problems_of(before), problems_of(after))

    def _compare(self, patient_id: int, version: Version, before: Problems, after: Problems) -> None:
        at = version.offset
        self.opened.extend((_doubt(patient_id, version, *each), at) for each in sorted(after - before))
        self.closed.extend((_doubt(patient_id, version, *each), at) for each in sorted(before - after))


def problems_of(versions: Iterable[Version]) -> Problems:
    """What is the matter with a fact: the version in force is not plausible, or others say something else with equal right."""
    how = standing(list(versions))
    if how.version is None:
        return frozenset()
    content = how.version.content
    implausible = content.measurement.problems if isinstance(content, LabResult) else ()
    said = {(how.version.event_id, problem) for problem in implausible}
    said |= {(other.event_id, f"contradicts event {how.version.event_id}") for other in how.conflicts}
    return frozenset(said)


def _are_plain(events: Iterable[Taken]) -> bool:
    """Whether events can raise or settle no doubt: each the first version of a fact, and plausible."""
    for event in events:
        if not event.fresh:
            return False
        content = event.version.content
        if isinstance(content, LabResult) and content.measurement.problems:
            return False
    return True


def _doubt(patient_id: int, version: Version, event_id: str, problem: str) -> Doubt:
    return Doubt(patient_id, version.kind, version.identity, uuid_bytes(event_id), problem)
