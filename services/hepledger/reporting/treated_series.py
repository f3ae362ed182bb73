"""A published series beside the patients of this registry: picks them, derives their courses, hands them to the table."""

from __future__ import annotations

from collections.abc import Sequence

from hepledger.reporting.exports import Asked, derived_courses
from hepledger.reporting.published import PublishedSeries
from hepledger.reporting.series import SeriesTable, series_table
from hepledger.reporting.series_facts import series_patient
from hepledger.reporting.series_patient import of_centre
from hepledger.reporting.subjects import Patient


def treated_series(asked: Asked, everyone: Sequence[Patient], published: PublishedSeries) -> SeriesTable | None:
    """The table for the patients of the publication's own unit, or, where there are none, for everyone given its drug.

    ``asked`` is under the criteria of the publication; None if nobody in the registry was given the drug.
    """
    own = [who for who in everyone if who.centre == published.centre]
    found = (
        series_patient(who.centre, course, published.drug) for who, course in derived_courses(asked, own or everyone)
    )
    treated = [patient for patient in found if patient is not None and patient.dosings]
    treated = list(of_centre(treated, published.centre)) or treated
    return series_table(treated, published) if treated else None
