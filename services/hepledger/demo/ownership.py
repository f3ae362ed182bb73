"""A demonstration never mixes with patients: a registry that holds anything else is left alone."""

from __future__ import annotations

import json

from hepledger.bootstrap import Registry
from hepledger.demo.cohort import series_file
from hepledger.errors import WrongUsage
from hepledger.intake.identity import event_id_of
from hepledger_events.reported import parse_submission


class RegistryHoldsPatients(WrongUsage):
    """This registry holds other data than the demonstration's, and made-up patients must not mix with it: choose another --home."""


def check_own(registry: Registry) -> None:
    """Raises RegistryHoldsPatients unless the registry is empty or was begun by the demonstration, whose first event is then there."""
    if any(registry.reported.heads().values()) and registry.reported.find(_first_event_id()) is None:
        raise RegistryHoldsPatients


def _first_event_id() -> bytes:
    submission = parse_submission(json.loads(series_file().content.splitlines()[0]))
    return event_id_of(submission, submission.content()).bytes
