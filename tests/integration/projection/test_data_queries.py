"""What a centre should look at is raised when it is heard of and settled when it is mended, whatever the criteria."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.support.builders import Submitted, correction, lab, retraction
from tests.support.projecting import entries_of, shipped, state_with
from tests.support.raw_log import RawLog

ONE, TWO = {"reported_at": "2024-03-02T10:00:00+00:00"}, {"reported_at": "2024-03-03T10:00:00+00:00"}


def queries(said: Sequence[Submitted], limit: int) -> list[tuple[str, int, int | None]]:
    """Problems, since when and until when they were open."""
    state = state_with([shipped("hegade-2011"), shipped("iaihg-2022")])
    state.project(RawLog(entries_of(said)), limit=limit)
    rows = state.rows()["data_query"]
    return sorted((row["problem"].split(" event ")[0], row["known_from"], row["known_to"]) for row in rows)


@pytest.mark.parametrize("limit", [1, 2, 100])
class TestQueries:
    def test_an_implausible_result_is_raised(self, limit: int) -> None:
        assert queries([lab(alt="50001")], limit) == [("value above 50000 U/L", 0, None)]

    def test_a_plausible_result_is_not(self, limit: int) -> None:
        assert queries([lab(alt="2000")], limit) == []

    def test_a_correction_settles_it(self, limit: int) -> None:
        assert queries([lab(alt="50001", **ONE), correction(alt="501", **TWO)], limit) == [
            ("value above 50000 U/L", 0, 1)
        ]

    def test_a_retraction_settles_it(self, limit: int) -> None:
        said = [lab(alt="50001", **ONE), retraction(**TWO)]
        assert queries(said, limit) == [("value above 50000 U/L", 0, 1)]

    def test_two_statements_that_nothing_can_order_are_raised(self, limit: int) -> None:
        assert queries([lab(alt="90", **ONE), lab(alt="95", **ONE)], limit) == [("contradicts", 1, None)]

    def test_two_statements_that_time_can_order_are_not(self, limit: int) -> None:
        assert queries([lab(alt="90", **ONE), lab(alt="95", **TWO)], limit) == []

    def test_a_newer_statement_decides_between_two(self, limit: int) -> None:
        said = [lab(alt="90", **ONE), lab(alt="95", **ONE), lab(alt="97", **TWO)]
        assert queries(said, limit) == [("contradicts", 1, 2)]

    def test_what_is_raised_again_is_open_again(self, limit: int) -> None:
        said = [lab(alt="50001", **ONE), correction(alt="50", **TWO), correction(alt="60000", reported_at="2024-04-01")]
        assert queries(said, limit) == [("value above 50000 U/L", 0, 1), ("value above 50000 U/L", 2, None)]
